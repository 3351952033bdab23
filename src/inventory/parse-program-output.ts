import { TsrunError } from "../lib/errors.ts";
import type { Inventory } from "./inventory.ts";
import type { InventoryFiles, ProgramResult } from "./inventory-files.ts";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Runs an inventory program (`--list`, and `--host NAME` where it has no `_meta`) and takes in what it prints. Its values are data:
 * a program reads clouds and databases, and what others can write there must not become a template.
 */
export function readInventoryProgram(inventory: Inventory, path: string, files: InventoryFiles): void {
  const output = readJson(path, ["--list"], files.run(path, ["--list"]));
  const hosts = new Set<string>();
  for (const [name, group] of Object.entries(output))
    if (name !== "_meta") readGroup(inventory, path, name, group, hosts);
  const meta = output["_meta"];
  const hostvars = isMapping(meta) ? meta["hostvars"] : undefined;
  for (const host of hosts) {
    const values = isMapping(hostvars) ? (hostvars[host] ?? {}) : readHostVars(path, host, files);
    if (!isMapping(values)) throw programError(path, `variables of host \`${host}\`: expected an object`);
    if (Object.keys(values).length > 0)
      inventory.addHostVars(host, { name: `${path}: host ${host}`, values, trusted: false });
  }
}

function readHostVars(path: string, host: string, files: InventoryFiles): Mapping {
  const result = files.run(path, ["--host", host]);
  return result.stdout.trim() === "" && result.exitCode === 0 ? {} : readJson(path, ["--host", host], result);
}

function readGroup(inventory: Inventory, path: string, name: string, group: unknown, seen: Set<string>): void {
  inventory.declareGroup(name);
  const hasParts = isMapping(group) && ["hosts", "vars", "children"].some((key) => Object.hasOwn(group, key));
  // A list is a group's hosts; a mapping without the usual keys is a host's variables.
  const parts: Mapping = hasParts ? group : isMapping(group) ? { hosts: [name], vars: group } : { hosts: group };
  for (const host of listOf(path, name, "hosts", parts)) {
    inventory.declareHost(host, { group: name, source: path });
    seen.add(host);
  }
  const { vars } = parts;
  if (vars !== undefined && vars !== null && !isMapping(vars))
    throw programError(path, `\`vars\` of group \`${name}\`: expected an object`);
  if (isMapping(vars) && Object.keys(vars).length > 0) {
    inventory.addGroupVars(name, { name: `${path}: group ${name}`, values: vars, trusted: false });
  }
  for (const child of listOf(path, name, "children", parts)) inventory.addChild(name, child);
}

function listOf(path: string, group: string, key: string, parts: Mapping): readonly string[] {
  const value = parts[key] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw programError(path, `\`${key}\` of group \`${group}\`: expected a list of names`);
}

function readJson(path: string, args: readonly string[], result: ProgramResult): Mapping {
  const stderr = result.stderr.trim().split("\n").slice(-3).join("\n");
  if (result.exitCode !== 0) {
    const how = result.exitCode === undefined ? "could not be run" : `ended with exit code ${result.exitCode}`;
    throw programError(path, `\`${args.join(" ")}\` ${how}${stderr ? `: ${stderr}` : ""}`);
  }
  try {
    const value: unknown = JSON.parse(result.stdout);
    if (isMapping(value)) return value;
  } catch (cause) {
    throw programError(path, `\`${args.join(" ")}\` printed no JSON${stderr ? `: ${stderr}` : ""}`, cause);
  }
  throw programError(path, `\`${args.join(" ")}\` printed no JSON object`);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function programError(path: string, message: string, cause?: unknown): TsrunError {
  return new TsrunError({
    code: "E_INVENTORY_PROGRAM",
    message: `inventory program \`${path}\`: ${message}`,
    cause,
    hint: `${path} --list`,
  });
}
