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

/** Accounts whose homes are asked for: `anna` of `~anna/.ssh`. */
export function accountsAt(module: ModuleDefinition, args: Readonly<Args>): readonly string[] {
  if (module.type === "action" && module.runsOn === "controller") return [];
  return pathNames(module).flatMap((name) => accountOf(args[name]) ?? []);
}

/** Puts an account's home directory in place of `~anna`. */
export function expandAccount(module: ModuleDefinition, args: Args, account: string, home: string): void {
  for (const name of pathNames(module)) {
    const path = args[name];
    if (accountOf(path) === account) args[name] = home + (path as string).slice(1 + account.length);
  }
}

function accountOf(path: unknown): string | undefined {
  return typeof path === "string" ? /^~([A-Za-z_][\w.-]*)(?=\/|$)/.exec(path)?.[1] : undefined;
}

/** Puts the home directory in place of `~` and `~/`. */
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
