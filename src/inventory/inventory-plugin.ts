import { TsrunError } from "../lib/errors.ts";
import type { SourceFile } from "../lib/source.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import { runConstructed } from "./constructed.ts";
import { runGenerator } from "./generator.ts";
import type { Inventory } from "./inventory.ts";

type Mapping = Readonly<Record<string, unknown>>;

/** What the plugins need of templates. Layers are weak to strong. */
export interface PluginTools {
  /** Value of an expression without braces. Throws when a variable is not defined. */
  evaluateExpression(container: object, key: string | number, layers: readonly VarsLayer[]): unknown;
  /** Value of a text with templates in it. */
  evaluateText(container: object, key: string | number, layers: readonly VarsLayer[]): unknown;
}

/** A YAML file with the key `plugin`: a rule that makes hosts, groups and variables. */
export function runInventoryPlugin(
  inventory: Inventory,
  config: Mapping,
  source: SourceFile,
  path: string,
  tools: PluginTools | undefined,
): void {
  const name = String(config["plugin"]).replace(/^(?:ansible\.builtin|ansible\.legacy)\./, "");
  const at = rangeOfValue(config, "plugin");
  if (name !== "constructed" && name !== "generator") {
    throw new TsrunError({
      code: "E_INVENTORY_PLUGIN",
      message: `no inventory plugin \`${name}\``,
      at,
      hint: "built in are `constructed` and `generator`; for others use a program that prints JSON",
    });
  }
  if (tools === undefined)
    throw new TsrunError({ code: "E_INVENTORY_PLUGIN", message: `\`${name}\` needs templates`, at });
  if (name === "constructed") runConstructed(inventory, config, source, tools);
  else runGenerator(inventory, config, source, path, tools);
}
