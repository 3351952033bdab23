import { extname, join } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import { Findings } from "../lib/findings.ts";
import type { SourceFile } from "../lib/source.ts";
import { parseYaml, parseYamlDocument } from "../yaml/parse-yaml.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import { expandHostEntry } from "./expand-range.ts";
import { Inventory } from "./inventory.ts";
import type { InventoryFiles } from "./inventory-files.ts";
import { runInventoryPlugin, type PluginTools } from "./inventory-plugin.ts";
import type { InventoryWarning } from "./match-hosts.ts";
import { parseIniInventory } from "./parse-ini.ts";
import { readInventoryProgram } from "./parse-program-output.ts";
import { parseYamlInventory } from "./parse-yaml-inventory.ts";
import { tomlDocument } from "./toml-document.ts";
import { VarsFiles } from "./vars-files.ts";

export interface LoadOptions {
  /** Evaluates the expressions of the `constructed` and `generator` plugins. */
  readonly tools?: PluginTools | undefined;
  /** Directory of the playbook, whose `group_vars` and `host_vars` are on top of the inventory's. */
  readonly playbookDirectory?: string | undefined;
  /** Gets patterns that match nothing. */
  readonly warn?: (warning: InventoryWarning) => void;
  /** Where a pass goes on what is wrong is kept in it, and what could be read is answered. */
  readonly findings?: Findings;
}

/**
 * The inventory of some sources, later ones on top: files (YAML, INI, TOML, plugin configurations), programs, directories of such, and
 * lists such as `web1,web2,`. Paths must be absolute. Throws all that is wrong with them.
 */
export function loadInventory(sources: readonly string[], files: InventoryFiles, options: LoadOptions = {}): Inventory {
  const varsFiles = new VarsFiles(files, sources, options.playbookDirectory);
  const inventory = new Inventory({ varsFiles, ...(options.warn && { warn: options.warn }) });
  const { findings = new Findings() } = options;
  findings.together(() => {
    for (const source of sources) findings.attempt(() => loadSource(inventory, source, files, options), undefined);
  });
  inventory.settle();
  return inventory;
}

function loadSource(inventory: Inventory, source: string, files: InventoryFiles, options: LoadOptions): void {
  const kind = files.kind(source);
  if (kind === "directory") {
    for (const name of [...files.list(source)].sort()) {
      if (!isIgnored(name)) loadSource(inventory, join(source, name), files, options);
    }
  } else if (kind === "file") loadFile(inventory, source, files, options);
  else if (source.includes(",")) addHostList(inventory, source);
  else {
    throw new TsrunError({
      code: "E_NO_INVENTORY",
      message: `no inventory \`${source}\``,
      hint: `for a single host add a comma: -i ${source.split("/").at(-1)},`,
    });
  }
}

/** Other things that lie in inventory directories (`INVENTORY_IGNORE_EXTS` in ansible/config/base.yml). */
function isIgnored(name: string): boolean {
  return /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)|~)$/.test(
    name,
  );
}

function loadFile(inventory: Inventory, path: string, files: InventoryFiles, options: LoadOptions): void {
  if (files.isExecutable(path)) {
    if (peek(files, path).startsWith("#!")) return readInventoryProgram(inventory, path, files);
    // Files on foreign file systems are all executable; a text without `#!` is then just a text, a binary is a program.
    if (peek(files, path).includes("\0")) return readInventoryProgram(inventory, path, files);
  }
  const source = files.source(path);
  if (source.text.startsWith("#!")) {
    throw new TsrunError({
      code: "E_INVENTORY_PROGRAM",
      message: `inventory program \`${source.path}\` is not executable`,
      hint: `chmod +x ${source.path}`,
    });
  }
  const document = yamlOf(source);
  if (document === undefined) return parseIniInventory(inventory, source, path);
  if (document === null) return;
  if (Object.hasOwn(document, "plugin")) return runInventoryPlugin(inventory, document, source, path, options.tools);
  parseYamlInventory(inventory, document, source, path);
}

function peek(files: InventoryFiles, path: string): string {
  return files.source(path).text.slice(0, 512);
}

/** The mapping of a YAML inventory, null for an empty file, undefined for what is INI. */
function yamlOf(source: SourceFile): Readonly<Record<string, unknown>> | null | undefined {
  const extension = extname(source.path);
  if ([".yml", ".yaml", ".json"].includes(extension)) {
    const document = parseYamlDocument(source);
    if (document === null || isMapping(document)) return document;
    throw new TsrunError({
      code: "E_INVENTORY",
      message: "expected a mapping of groups",
      at: rangeOfValue(parseYaml(source), 0),
      hint: "all:\n  hosts:\n    web1:",
    });
  }
  if (extension === ".toml") return tomlDocument(source);
  const first = /^(?![ \t]*(?:[#;]|\r?$)).+$/m.exec(source.text)?.[0].trim();
  if (first === undefined) return null;
  if (/^\[[^\]]*\]\s*(?:#.*)?$/.test(first) || extension === ".ini") return undefined;
  try {
    const [document] = parseYaml(source);
    return isMapping(document) ? document : undefined;
  } catch (thrown) {
    // A file without extension that looks like YAML is YAML with an error in it.
    if (/^(?:---|[\w.-]+:)\s*(?:#.*)?$/.test(first)) throw thrown;
    return undefined;
  }
}

function addHostList(inventory: Inventory, source: string): void {
  for (const written of source.split(",").map((part) => part.trim())) {
    if (written === "") continue;
    const entry = expandHostEntry(written);
    if (typeof entry === "string") throw new TsrunError({ code: "E_INVENTORY", message: `-i: ${entry}` });
    for (const name of entry.names) {
      inventory.declareHost(name, { group: "ungrouped", source });
      if (entry.port !== undefined) {
        inventory.addHostVars(name, { name: `-i ${source}`, values: { ansible_port: entry.port }, trusted: true });
      }
    }
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
