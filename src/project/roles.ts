import { readdirSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { RoleMeta } from "../playbook/model.ts";
import { parseRoleMeta } from "../playbook/parse-role-meta.ts";
import type { VarsLayer } from "../vars/layer.ts";
import type { Role } from "./expanded.ts";
import { entryFile, isDirectory, type ProjectFiles, withExtension } from "./project-files.ts";

/** Other entry files than `main`, as `import_role` and `include_role` take them. */
export interface RoleEntry {
  readonly tasksFrom?: string | undefined;
  readonly varsFrom?: string | undefined;
  readonly defaultsFrom?: string | undefined;
  readonly handlersFrom?: string | undefined;
  /** `rolespec_validate: false`. */
  readonly isUnchecked?: boolean;
  /** `allow_duplicates`. */
  readonly allowsDuplicates?: boolean;
}

/** Who asks for a role. */
export interface RoleAsked {
  /** Path of the role that does, beside which it may stand. */
  readonly role?: string | undefined;
  /** Those of the keyword `collections`, in which names without dots are looked for. */
  readonly collections?: readonly string[];
}

/** Finds and loads roles. `searchPath`: directories that hold roles, `collections`: such as hold `ansible_collections`; first match wins. */
export class Roles {
  readonly #files: ProjectFiles;
  readonly #searchPath: readonly string[];
  readonly #collections: readonly string[];
  readonly #loaded = new Map<string, Role>();
  readonly #loading = new Set<string>();

  constructor(files: ProjectFiles, searchPath: readonly string[], collections: readonly string[] = []) {
    this.#files = files;
    this.#searchPath = searchPath;
    this.#collections = collections;
  }

  /** All that were asked for so far. */
  get loaded(): readonly Role[] {
    return [...this.#loaded.values()];
  }

  /** Directory of a role. Collection names (`ns.collection.role`) are looked for under their last part too. */
  find(name: string, playbookDirectory: string, at?: SourceRange, asked: RoleAsked = {}): string {
    const siblings = asked.role === undefined ? [] : [dirname(asked.role)];
    const bases = [join(playbookDirectory, "roles"), ...this.#searchPath, ...siblings, playbookDirectory];
    const owner = /^(.*)\/ansible_collections\/([^/]+)\/([^/]+)\//.exec(`${asked.role ?? playbookDirectory}/`);
    const collections = [...(owner ? [`${owner[2]}.${owner[3]}`] : []), ...(asked.collections ?? [])];
    const names = /^[\w.-]+$/.test(name) ? [name, ...collections.map((collection) => `${collection}.${name}`)] : [];
    // A name without dots may be one of the collections', a name with them is complete.
    for (const full of names) {
      const found = this.#inCollection(full, [
        ...(owner?.[1] ? [owner[1]] : []),
        join(playbookDirectory, "collections"),
      ]);
      if (found !== undefined) return found;
    }
    const candidates =
      isAbsolute(name) || name.startsWith(".")
        ? [name]
        : [name, ...(name.split(".").length === 3 ? [name.split(".")[2] as string] : [])];
    for (const candidate of candidates) {
      if (isAbsolute(candidate)) {
        if (isDirectory(candidate)) return candidate;
        continue;
      }
      const found = bases.map((base) => resolve(base, candidate)).find(isDirectory);
      if (found !== undefined) return found;
    }
    const known = bases.filter(isDirectory).flatMap((base) => readdirSync(base));
    throw new TsrunError({
      code: "E_ROLE_NOT_FOUND",
      message: `no role \`${name}\``,
      at,
      hint: didYouMean(name, known) ?? roleWords(name) ?? `looked in ${[...new Set(bases)].join(", ")}`,
    });
  }

  /** `namespace.collection.role`: `roles/` of an installed collection, or of one in the directories that are nearer. */
  #inCollection(name: string, nearer: readonly string[]): string | undefined {
    const [namespace, collection, ...role] = name.split(".");
    if (role.length === 0 || name.includes("/")) return undefined;
    // Further dots are subdirectories.
    return [...nearer, ...this.#collections]
      .map((base) => join(base, "ansible_collections", namespace as string, collection as string, "roles", ...role))
      .find(isDirectory);
  }

  /** Loads a role with its dependencies; each combination of role and entry files once. */
  load(name: string, entry: RoleEntry, playbookDirectory: string, at?: SourceRange, asked?: RoleAsked): Role {
    const path = this.find(name, playbookDirectory, at, asked);
    const key = JSON.stringify([path, entry.varsFrom, entry.defaultsFrom]);
    const known = this.#loaded.get(key);
    if (known) return known;
    if (this.#loading.has(path)) {
      throw new TsrunError({ code: "E_ROLE_CYCLE", message: `role \`${name}\` depends on itself`, at });
    }
    this.#loading.add(path);
    try {
      const meta = this.#meta(path);
      const { collection, shortName } = placeInCollection(path);
      const inner = { role: path, collections: meta.collections };
      const direct = meta.dependencies.map((use) => this.load(use.name, {}, playbookDirectory, use.at, inner));
      const role: Role = {
        name: collection === undefined ? name : `${collection}.${shortName}`,
        collection,
        path,
        defaults: this.#layer(path, "defaults", entry.defaultsFrom, name),
        vars: this.#layer(path, "vars", entry.varsFrom, name),
        meta,
        dependencies: [...new Set(direct.flatMap((dependency) => [...dependency.dependencies, dependency]))],
      };
      this.#loaded.set(key, role);
      return role;
    } finally {
      this.#loading.delete(path);
    }
  }

  /** Path of a role's task or handler file; undefined when the role has none. A named one must exist. */
  taskFile(role: Role, folder: "tasks" | "handlers", from: string | undefined, at?: SourceRange): string | undefined {
    const file = entryFile(join(role.path, folder), from ?? "main");
    if (file === undefined && from !== undefined) {
      throw new TsrunError({
        code: "E_FILE_NOT_FOUND",
        message: `role \`${role.name}\` has no \`${folder}/${from}\``,
        at,
        hint: isDirectory(join(role.path, folder)) ? didYouMean(from, entryNames(join(role.path, folder))) : undefined,
      });
    }
    return file;
  }

  #layer(path: string, folder: "defaults" | "vars", from: string | undefined, name: string): VarsLayer {
    const label = `role ${name} ${folder}`;
    const directory = join(path, folder, from ?? "main");
    // `defaults/main/` may be a directory: its files are merged in the order of their names.
    const paths = isDirectory(directory)
      ? readdirSync(directory)
          .filter((file) => /\.(ya?ml|json)$/.test(file))
          .sort()
          .map((file) => join(directory, file))
      : [entryFile(join(path, folder), from)].filter((file) => file !== undefined);
    if (from !== undefined && paths.length === 0) {
      throw new TsrunError({ code: "E_FILE_NOT_FOUND", message: `role \`${name}\` has no \`${folder}/${from}\`` });
    }
    if (paths.length === 1) return { name: label, values: this.#files.vars(paths[0] as string), trusted: true };
    return {
      name: label,
      values: Object.assign({}, ...paths.map((file) => this.#files.vars(file))) as Record<string, unknown>,
      trusted: true,
    };
  }

  #meta(path: string): RoleMeta {
    const main = entryFile(join(path, "meta"));
    const specs = withExtension(join(path, "meta", "argument_specs"));
    return parseRoleMeta(
      main === undefined ? undefined : this.#files.source(main),
      specs === undefined ? undefined : this.#files.source(specs),
    );
  }
}

/** What a role's path says of the collection that it is part of. */
function placeInCollection(path: string): { readonly collection?: string; readonly shortName?: string } {
  const [, namespace, collection, role] = /\/ansible_collections\/([^/]+)\/([^/]+)\/roles\/(.+)$/.exec(path) ?? [];
  return role === undefined ? {} : { collection: `${namespace}.${collection}`, shortName: role.replaceAll("/", ".") };
}

/** `- role web`, which lacks its colon. */
function roleWords(name: string): string | undefined {
  const [, key, rest] = /^(role|name)\s+(\S+)$/.exec(name) ?? [];
  return key && `write \`- ${key}: ${rest}\``;
}

/** What `tasks_from` and the like may name in a folder. */
function entryNames(folder: string): readonly string[] {
  return readdirSync(folder).map((file) => file.replace(/\.(ya?ml|json)$/, ""));
}
