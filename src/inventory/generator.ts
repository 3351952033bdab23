import { TsrunError } from "../lib/errors.ts";
import type { SourceFile } from "../lib/source.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { rangeOf, rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import type { Inventory } from "./inventory.ts";
import type { PluginTools } from "./inventory-plugin.ts";

type Mapping = Readonly<Record<string, unknown>>;

/** Most hosts that one file may generate. */
const MAX_HOSTS = 100_000;

/**
 * Ansible's `generator` plugin: one host for every combination of the `layers`' values, named by the template `hosts.name`, below
 * `hosts.parents`, whose names and variables are templates too.
 */
export function runGenerator(
  inventory: Inventory,
  config: Mapping,
  source: SourceFile,
  path: string,
  tools: PluginTools,
): void {
  const { hosts, layers } = config;
  if (!isMapping(hosts) || !isMapping(layers) || typeof hosts["name"] !== "string") {
    throw new TsrunError({
      code: "E_INVENTORY_PLUGIN",
      message: "`generator` needs `hosts` with a `name`, and `layers`",
      at: rangeOfKey(config, "hosts") ?? rangeOfKey(config, "plugin"),
      hint: 'hosts: { name: "{{ env }}-{{ role }}" }',
    });
  }
  const generator: Generator = { inventory, source, tools };
  for (const values of combinations(config, layers)) {
    const layer: VarsLayer = { name: `${source.path}: layers`, values, trusted: true };
    const host = String(tools.evaluateText(hosts, "name", [layer]));
    inventory.declareHost(host, { source: path });
    addParents(generator, hosts, layer, (group) => inventory.declareHost(host, { group }));
  }
}

interface Generator {
  readonly inventory: Inventory;
  readonly source: SourceFile;
  readonly tools: PluginTools;
}

function addParents(generator: Generator, child: Mapping, layer: VarsLayer, join: (group: string) => void): void {
  const { inventory, source, tools } = generator;
  const parents = child["parents"];
  for (const parent of Array.isArray(parents) ? (parents as readonly unknown[]) : []) {
    if (!isMapping(parent) || typeof parent["name"] !== "string") {
      throw new TsrunError({
        code: "E_INVENTORY_PLUGIN",
        message: "`parents`: expected mappings with a `name`",
        at: rangeOf(parent) ?? rangeOfValue(child, "parents"),
      });
    }
    const name = String(tools.evaluateText(parent, "name", [layer]));
    join(name);
    const { vars } = parent;
    if (isMapping(vars)) {
      const values = Object.fromEntries(Object.keys(vars).map((key) => [key, tools.evaluateText(vars, key, [layer])]));
      inventory.addGroupVars(name, { name: `${source.path}: group ${name}`, values, trusted: false });
    }
    addParents(generator, parent, layer, (group) => inventory.addChild(group, name));
  }
}

/** Every combination of the layers' values, the last layer changing fastest. */
function combinations(config: Mapping, layers: Mapping): readonly Record<string, unknown>[] {
  let made: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(layers)) {
    if (!Array.isArray(values)) {
      throw new TsrunError({
        code: "E_INVENTORY_PLUGIN",
        message: `layer \`${name}\`: expected a list`,
        at: rangeOfValue(layers, name),
      });
    }
    if (made.length * values.length > MAX_HOSTS) {
      throw new TsrunError({
        code: "E_INVENTORY_PLUGIN",
        message: `these layers make more than ${MAX_HOSTS} hosts`,
        at: rangeOfKey(config, "layers"),
      });
    }
    made = made.flatMap((before) => values.map((value: unknown) => ({ ...before, [name]: value })));
  }
  return made;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
