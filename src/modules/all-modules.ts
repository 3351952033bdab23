import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeModule, type ModuleDescription } from "./describe-module.ts";
import { ModuleRegistry } from "./registry.ts";

export interface ListedModule extends ModuleDescription {
  /** Whether it comes from the project rather than with tsrun. */
  readonly isOwn: boolean;
}

/** Every module there is, each under its own name, sorted. `directories`: where the project's own are, strongest first. */
export async function allModules(directories: readonly string[]): Promise<readonly ListedModule[]> {
  const registry = new ModuleRegistry(directories);
  const modules: ListedModule[] = [];
  for (const name of await registry.names()) {
    const module = await registry.find(name);
    // An alias finds a module of another name.
    if (!module || (module.aliases ?? []).includes(name)) continue;
    const isOwn = directories.some((directory) =>
      [".ts", ".mts", ".js", ".mjs"].some((end) => existsSync(join(directory, name + end))),
    );
    modules.push({ ...describeModule(module), name, isOwn });
  }
  return modules;
}
