import { dirname, extname, join } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { parseYamlDocument } from "../yaml/parse-yaml.ts";
import type { InventoryFiles } from "./inventory-files.ts";

const EXTENSIONS: readonly string[] = ["", ".yml", ".yaml", ".json"];

/**
 * `group_vars/NAME` and `host_vars/NAME` beside inventories and playbooks: a file with one of the usual extensions, or a directory
 * whose files are read in the order of their names (Ansible's `host_group_vars` plugin). Each file is read once.
 */
export class VarsFiles {
  readonly #files: InventoryFiles;
  readonly #directories: readonly string[];
  readonly #playbookDirectory: string | undefined;
  readonly #found = new Map<string, readonly VarsLayer[]>();

  /** `sources`: the inventory sources in order; a file's vars lie beside it, a directory's in it. */
  constructor(files: InventoryFiles, sources: readonly string[], playbookDirectory?: string) {
    this.#files = files;
    this.#playbookDirectory = playbookDirectory;
    const directories = sources
      .filter((source) => files.kind(source) !== undefined)
      .map((source) => (files.kind(source) === "directory" ? source : dirname(source)));
    this.#directories = [...new Set(directories)];
  }

  /** Layers of some groups or hosts, weak to strong: those beside inventories, then those beside the playbook. */
  layers(kind: "group_vars" | "host_vars", names: readonly string[], beside?: string): readonly VarsLayer[] {
    const playbookDirectory = beside ?? this.#playbookDirectory;
    const others = this.#directories.filter((directory) => directory !== playbookDirectory);
    const directories = playbookDirectory === undefined ? others : [...others, playbookDirectory];
    return directories.flatMap((directory) => names.flatMap((name) => this.#layersIn(directory, kind, name)));
  }

  #layersIn(directory: string, kind: string, name: string): readonly VarsLayer[] {
    // A name may come from a host (`group_by`): it must not lead to a file elsewhere. Hosts of chroot connections are named by a path.
    if (name.includes("/") || name === "..") return [];
    const base = join(directory, kind, name);
    const known = this.#found.get(base);
    if (known) return known;
    const layers = this.#find(base).flatMap((path) => this.#read(path) ?? []);
    this.#found.set(base, layers);
    return layers;
  }

  #find(base: string): readonly string[] {
    if (this.#files.kind(dirname(base)) !== "directory") return [];
    for (const extension of EXTENSIONS) {
      const kind = this.#files.kind(base + extension);
      if (kind === "file") return [base + extension];
      if (kind === "directory") return this.#filesIn(base + extension);
    }
    return [];
  }

  #filesIn(directory: string): readonly string[] {
    return [...this.#files.list(directory)].sort().flatMap((name) => {
      if (name.startsWith(".") || name.endsWith("~")) return [];
      const path = join(directory, name);
      const extension = extname(name);
      const kind = this.#files.kind(path);
      if (kind === "directory") return extension === "" ? this.#filesIn(path) : [];
      return kind === "file" && EXTENSIONS.includes(extension) ? [path] : [];
    });
  }

  #read(path: string): VarsLayer | undefined {
    const source = this.#files.source(path);
    const value = parseYamlDocument(source);
    if (value === null) return undefined;
    if (typeof value !== "object" || Array.isArray(value)) {
      throw new TsrunError({
        code: "E_VARS_SHAPE",
        message: `expected a mapping of variables in \`${source.path}\``,
        at: { source, start: 0, end: source.text.search(/\n|$/) },
        hint: "name: value",
      });
    }
    return { name: source.path, values: value as Record<string, unknown>, trusted: true };
  }
}
