import { type Decrypt, finalize, originOf, VarScope } from "../vars/scope.ts";
import type { Templater } from "../vars/templater.ts";
import type { PluginTools } from "./inventory-plugin.ts";

/** Templates for inventory plugins: the same engine as everywhere, over a host's inventory variables. */
export function templatePluginTools(templater: Templater, decrypt: Decrypt): PluginTools {
  return {
    evaluateExpression(container, key, layers) {
      const written = (container as Record<string | number, unknown>)[key];
      if (typeof written !== "string") return written;
      const scope = new VarScope(layers.toReversed(), templater, decrypt);
      return finalize(templater.evaluateExpression(written, scope, originOf(container, key)));
    },
    evaluateText(container, key, layers) {
      return finalize(new VarScope(layers.toReversed(), templater, decrypt).evaluateMember(container, key));
    },
  };
}
