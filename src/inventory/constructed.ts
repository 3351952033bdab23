import { messageOf, TsrunError } from "../lib/errors.ts";
import type { SourceFile } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import { rangeOf, rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import type { Host } from "./host.ts";
import type { Inventory } from "./inventory.ts";
import type { PluginTools } from "./inventory-plugin.ts";

type Mapping = Readonly<Record<string, unknown>>;

const OPTIONS = [
  "plugin",
  "strict",
  "compose",
  "groups",
  "keyed_groups",
  "use_vars_plugins",
  "use_extra_vars",
  "leading_separator",
];

/**
 * Ansible's `constructed` plugin: `compose` makes variables, `groups` puts hosts for which an expression holds into a group,
 * `keyed_groups` names groups after a value. What cannot be evaluated for a host is passed over, unless `strict` is on.
 */
export function runConstructed(inventory: Inventory, config: Mapping, source: SourceFile, tools: PluginTools): void {
  for (const key of Object.keys(config)) {
    if (OPTIONS.includes(key)) continue;
    throw new TsrunError({
      code: "E_INVENTORY_PLUGIN",
      message: `unknown option \`${key}\` of \`constructed\``,
      at: rangeOfKey(config, key),
      hint: didYouMean(key, OPTIONS),
    });
  }
  const rule: Rule = { inventory, config, source, tools, isStrict: config["strict"] === true };
  inventory.settle();
  for (const host of inventory.hosts.values()) {
    compose(rule, host);
    addToGroups(rule, host);
    addToKeyedGroups(rule, host);
  }
}

interface Rule {
  readonly inventory: Inventory;
  readonly config: Mapping;
  readonly source: SourceFile;
  readonly tools: PluginTools;
  readonly isStrict: boolean;
}

function compose(rule: Rule, host: Host): void {
  const { inventory, config, source } = rule;
  const rules = config["compose"];
  if (!isMapping(rules)) return;
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(rules)) {
    const made = evaluate(rule, host, rules, name);
    if (made) values[name] = made.value;
  }
  // Made from values that may be anybody's: data, not templates.
  if (Object.keys(values).length > 0) {
    inventory.addHostVars(host.name, { name: `${source.path}: compose`, values, trusted: false });
  }
}

function addToGroups(rule: Rule, host: Host): void {
  const rules = rule.config["groups"];
  if (!isMapping(rules)) return;
  for (const name of Object.keys(rules)) {
    const made = evaluate(rule, host, rules, name);
    if (made && isTrue(made.value)) rule.inventory.declareHost(host.name, { group: safeName(name) });
  }
}

function addToKeyedGroups(rule: Rule, host: Host): void {
  const rules = rule.config["keyed_groups"];
  for (const keyed of Array.isArray(rules) ? (rules as readonly unknown[]) : []) {
    if (!isMapping(keyed) || typeof keyed["key"] !== "string") {
      throw new TsrunError({
        code: "E_INVENTORY_PLUGIN",
        message: "`keyed_groups`: expected mappings with a `key`",
        at: rangeOf(keyed) ?? rangeOfValue(rule.config, "keyed_groups"),
        hint: "- key: os_family\n  prefix: os",
      });
    }
    const made = evaluate(rule, host, keyed, "key");
    if (!made) continue;
    const prefix = textOf(keyed["prefix"] ?? "");
    const hasSeparator = prefix !== "" || rule.config["leading_separator"] !== false;
    const separator = hasSeparator ? textOf(keyed["separator"] ?? "_") : "";
    for (const name of keyedNames(made.value, keyed)) {
      const group = safeName(`${prefix}${separator}${name}`);
      rule.inventory.declareHost(host.name, { group });
      const parent = keyed["parent_group"];
      if (typeof parent !== "string") continue;
      const parentName = rule.tools.evaluateText(keyed, "parent_group", rule.inventory.layersFor(host.name));
      rule.inventory.addChild(safeName(String(parentName)), group);
    }
  }
}

/** One name for text, one for each item of a list, `key_value` for each pair of a mapping. */
function keyedNames(value: unknown, keyed: Mapping): readonly string[] {
  const fallback = keyed["default_value"];
  const named = (text: unknown): string => (text === "" && fallback !== undefined ? textOf(fallback) : textOf(text));
  if (Array.isArray(value)) return value.map(named);
  if (isMapping(value)) {
    const separator = textOf(keyed["separator"] ?? "_");
    return Object.entries(value).map(([key, item]) =>
      item === "" && fallback === undefined && keyed["trailing_separator"] === false
        ? key
        : `${key}${separator}${named(item)}`,
    );
  }
  if (value === undefined || value === null || (value === "" && fallback === undefined)) return [];
  return [named(value)];
}

function evaluate(rule: Rule, host: Host, container: Mapping, key: string): { readonly value: unknown } | undefined {
  try {
    return { value: rule.tools.evaluateExpression(container, key, rule.inventory.layersFor(host.name)) };
  } catch (cause) {
    if (!rule.isStrict) return undefined;
    throw new TsrunError({
      code: "E_INVENTORY_PLUGIN",
      message: `\`${key}\` cannot be evaluated for host \`${host.name}\`: ${messageOf(cause)}`,
      at: rangeOfValue(container, key),
      cause,
    });
  }
}

function safeName(name: string): string {
  return name.replace(/^(?=\d)|[^\w]/g, "_");
}

function isTrue(value: unknown): boolean {
  if (typeof value === "string") return /^(?:y|yes|on|1|true|t)$/i.test(value);
  if (Array.isArray(value)) return value.length > 0;
  return isMapping(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
