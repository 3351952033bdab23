import type { ModuleDefinition } from "../modules/registry.ts";
import { describeArguments } from "../task/args.ts";

type Args = Record<string, unknown>;

/** Whether an argument that is a path on the host begins with `~`: the home of the task's user there. */
export function needsHome(module: ModuleDefinition, args: Readonly<Args>): boolean {
  return (
    !(module.type === "action" && module.runsOn === "controller") &&
    pathNames(module).some((name) => isAtHome(args[name]))
  );
}

/** Puts the home directory in place of `~` and `~/`. Other users' (`~anna`) stay as they are. */
export function expandHome(module: ModuleDefinition, args: Args, home: string): void {
  for (const name of pathNames(module)) {
    const path = args[name];
    if (isAtHome(path)) args[name] = home + (path as string).slice(1);
  }
}

function isAtHome(path: unknown): boolean {
  return typeof path === "string" && (path === "~" || path.startsWith("~/"));
}

function pathNames(module: ModuleDefinition): readonly string[] {
  let names = pathsOf.get(module);
  if (!names) {
    names = describeArguments(module.args).flatMap(({ name, meta }) => (meta.path ? [name] : []));
    pathsOf.set(module, names);
  }
  return names;
}

const pathsOf = new WeakMap<ModuleDefinition, readonly string[]>();
