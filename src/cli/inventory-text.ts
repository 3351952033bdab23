import type { Group, Host } from "../inventory/host.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { escapeLine } from "../report/escape-controls.ts";
import { dumpJson } from "../report/python-json.ts";
import { toText } from "../template/python-repr.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { UnsafeText } from "../yaml/unsafe-text.ts";
import { VaultText } from "../yaml/vault-text.ts";

type Variables = Readonly<Record<string, unknown>>;

/** The tree of `tsrun inventory --graph`, in ansible-inventory's shape. */
export function graphText(inventory: Inventory, groupName: string, withVars: boolean): string {
  const group = inventory.groups.get(groupName);
  return group ? `${graphLines(inventory, group, withVars, 0, []).join("\n")}\n` : "";
}

/**
 * The JSON of `--list`, which inventory programs print and ansible-inventory writes. With `isExport` variables stay with the group that
 * sets them; otherwise each host has all of its own. Templates are shown as they are written, vault values encrypted.
 */
export function listJson(inventory: Inventory, isExport: boolean): string {
  const hostvars = Object.fromEntries(
    [...inventory.hosts.values()]
      .map(
        (host) =>
          [host.name, isExport ? merged(inventory.ownLayersOfHost(host)) : hostVariables(inventory, host)] as const,
      )
      .filter(([, vars]) => Object.keys(vars).length > 0),
  );
  const groups = [...inventory.groups.values()]
    .map((group) => [group.name, groupEntry(inventory, group, isExport)] as const)
    .filter(([, entry]) => Object.keys(entry).length > 0);
  return `${dumpJson({ _meta: { hostvars }, ...Object.fromEntries(groups) }, 4)}\n`;
}

/** The JSON of `--host`: every variable that the inventory gives a host. */
export function hostJson(inventory: Inventory, host: Host): string {
  return `${dumpJson(hostVariables(inventory, host), 4)}\n`;
}

function graphLines(
  inventory: Inventory,
  group: Group,
  withVars: boolean,
  depth: number,
  above: readonly Group[],
): string[] {
  const lines = [line(`@${group.name}:`, depth)];
  for (const child of group.children) {
    if (!above.includes(child)) lines.push(...graphLines(inventory, child, withVars, depth + 1, [...above, group]));
  }
  for (const host of group.name === "all" ? [] : group.hosts) {
    lines.push(line(host.name, depth + 1));
    if (withVars) lines.push(...variableLines(hostVariables(inventory, host), depth + 2));
  }
  return withVars ? [...lines, ...variableLines(groupVariables(inventory, group), depth + 1)] : lines;
}

function line(text: string, depth: number): string {
  return `${depth === 0 ? "" : `${"  |".repeat(depth)}--`}${escapeLine(text)}`;
}

function variableLines(vars: Variables, depth: number): string[] {
  return Object.keys(vars)
    .sort()
    .map((name) =>
      line(`{${name} = ${toText(isUnsafe(vars[name]) ? vars[name].__ansible_unsafe : vars[name])}}`, depth),
    );
}

function groupEntry(inventory: Inventory, group: Group, isExport: boolean): Record<string, unknown> {
  const hosts = group.name === "all" ? [] : [...group.hosts].map((host) => host.name);
  const vars = isExport ? groupVariables(inventory, group) : {};
  return {
    ...(group.children.size > 0 && { children: [...group.children].map((child) => child.name) }),
    ...(hosts.length > 0 && { hosts }),
    ...(Object.keys(vars).length > 0 && { vars }),
  };
}

function hostVariables(inventory: Inventory, host: Host): Variables {
  return merged(inventory.layersFor(host.name));
}

/** What is said of the group itself; its priority is no variable, but belongs into what is to be an inventory again. */
function groupVariables(inventory: Inventory, group: Group): Variables {
  const vars = merged(inventory.ownLayersOfGroup(group));
  return group.priority === 1 ? vars : { ...vars, ansible_group_priority: group.priority };
}

/** Later layers win. */
function merged(layers: readonly VarsLayer[]): Variables {
  const entries = layers.flatMap((layer) => Object.entries(layer.values));
  return Object.fromEntries(entries.map(([name, value]) => [name, exported(value)]));
}

/** Marks what JSON cannot say, as Ansible does, so that the text can be an inventory again. */
function exported(value: unknown): unknown {
  if (value instanceof VaultText) return { __ansible_vault: value.ciphertext };
  if (value instanceof UnsafeText) return { __ansible_unsafe: value.value };
  if (Array.isArray(value)) return value.map(exported);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, exported(member)]));
}

/** What {@link exported} made of an unsafe text. */
function isUnsafe(value: unknown): value is { readonly __ansible_unsafe: string } {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "__ansible_unsafe");
}
