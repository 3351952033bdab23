import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { ActionDefinition } from "../task/define-action.ts";
import type { ResourceDefinition } from "../task/define-task.ts";
import { loadUserModule } from "./load-user-module.ts";

export type ModuleDefinition = ResourceDefinition | ActionDefinition;

/** Collections whose modules tsrun has under their short names. */
const knownCollections =
  /^(ansible\.(builtin|legacy|posix|utils)|community\.(general|crypto|docker|mysql|postgresql))\./;

/**
 * Finds modules by name: a role's `library/`, the project's `tasks/`, then tsrun's own. Each file is loaded once and only when it is used.
 */
export class ModuleRegistry {
  readonly #projectDirectories: readonly string[];
  readonly #loaded = new Map<string, Promise<ModuleDefinition>>();
  #builtIn: Promise<ReadonlyMap<string, string>> | undefined;
  #aliases: Promise<ReadonlyMap<string, string>> | undefined;

  /** `projectDirectories`: folders with the project's own modules, strongest first. */
  constructor(projectDirectories: readonly string[]) {
    this.#projectDirectories = projectDirectories;
  }

  /** The module of a name, or undefined. `libraries`: `library/` folders of the roles in play. */
  async find(name: string, libraries: readonly string[] = []): Promise<ModuleDefinition | undefined> {
    const short = name.replace(knownCollections, "");
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(short)) return undefined;
    for (const directory of [...libraries, ...this.#projectDirectories]) {
      for (const extension of [".ts", ".mts", ".js", ".mjs"]) {
        const file = join(directory, short + extension);
        if (existsSync(file)) return await this.#load(file, loadUserModule);
      }
    }
    const builtIn = await this.#builtInFiles();
    const file = builtIn.get(short) ?? (await this.#aliasFiles()).get(short);
    return file === undefined ? undefined : await this.#load(file, loadBuiltIn);
  }

  /** As {@link find}, but a missing module is an error with the nearest name. */
  async get(name: string, libraries: readonly string[] = []): Promise<ModuleDefinition> {
    const found = await this.find(name, libraries);
    if (found) return found;
    throw new TsrunError({
      code: "E_UNKNOWN_MODULE",
      message: `unknown module \`${name}\``,
      hint:
        didYouMean(name.replace(knownCollections, ""), await this.names()) ??
        `write it: \`tasks/${name.split(".").at(-1)}.ts\` (docs/write-a-module.md)`,
    });
  }

  /**
   * What is known of a name for which {@link find} has nothing: a file for Ansible, in a language that does not run here, or a module of
   * Ansible's. Undefined for a name that nobody knows.
   */
  async whyMissing(name: string, libraries: readonly string[] = []): Promise<string | undefined> {
    const short = name.replace(knownCollections, "");
    if (/^\w+\.\w+\.\w+$/.test(short)) return `module \`${name}\` is one of a collection that tsrun does not have`;
    if (!/^\w+$/.test(short)) return undefined;
    for (const directory of [...libraries, ...this.#projectDirectories]) {
      for (const extension of [".py", ".sh", ".ps1", ""]) {
        const file = join(directory, short + extension);
        if (existsSync(file)) return `module \`${name}\` is written for Ansible: \`${file}\` does not run in tsrun`;
      }
    }
    const { ansibleModules } = await import("./ansible-modules.ts");
    return ansibleModules.has(short) ? `tsrun does not have Ansible's module \`${name}\`` : undefined;
  }

  /** Every built-in and project module's name, aliases included. */
  async names(): Promise<readonly string[]> {
    const own = await Promise.all(this.#projectDirectories.map(moduleFiles));
    return [
      ...new Set([
        ...own.flatMap((files) => [...files.keys()]),
        ...(await this.#builtInFiles()).keys(),
        ...(await this.#aliasFiles()).keys(),
      ]),
    ].sort();
  }

  #builtInFiles(): Promise<ReadonlyMap<string, string>> {
    this.#builtIn ??= moduleFiles(fileURLToPath(new URL("../../tasks", import.meta.url)));
    return this.#builtIn;
  }

  /** Aliases stand in the modules themselves, so that finding one loads them all: only for a name that no file has. */
  #aliasFiles(): Promise<ReadonlyMap<string, string>> {
    this.#aliases ??= (async () => {
      const files = await this.#builtInFiles();
      const aliases = new Map<string, string>();
      for (const file of files.values()) {
        for (const alias of (await this.#load(file, loadBuiltIn)).aliases ?? []) aliases.set(alias, file);
      }
      return aliases;
    })();
    return this.#aliases;
  }

  #load(file: string, loader: (file: string) => Promise<ModuleDefinition>): Promise<ModuleDefinition> {
    let loading = this.#loaded.get(file);
    if (!loading) {
      loading = loader(file);
      this.#loaded.set(file, loading);
    }
    return loading;
  }
}

async function loadBuiltIn(file: string): Promise<ModuleDefinition> {
  const module = (await import(pathToFileURL(file).href)) as { default: ModuleDefinition };
  return module.default;
}

async function moduleFiles(directory: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(directory).catch(() => []);
  const files = entries.filter((entry) => /^[a-z][a-z0-9_]*\.(ts|js|mts|mjs)$/.test(entry) && !entry.endsWith(".d.ts"));
  return new Map(files.map((entry) => [entry.replace(/\.[a-z]+$/, ""), join(directory, entry)]));
}
