import type { PluginTools } from "../../src/inventory/inventory-plugin.ts";
import { createEnvironment } from "../../src/template/builtins.ts";
import { scopeOf } from "../../src/template/environment.ts";
import { evaluateExpression, evaluateTemplate } from "../../src/template/evaluate.ts";
import { parseExpression } from "../../src/template/parse-expression.ts";
import { parseTemplate } from "../../src/template/parse-template.ts";
import type { VarsLayer } from "../../src/vars/layer.ts";

const environment = createEnvironment();

export const pluginTools: PluginTools = {
  evaluateExpression: (container, key, layers) =>
    evaluateExpression(parseExpression({ path: "x", text: textOf(container, key) }), scope(layers), environment),
  evaluateText: (container, key, layers) =>
    evaluateTemplate(parseTemplate({ path: "x", text: textOf(container, key) }), scope(layers), environment),
};

function textOf(container: object, key: string | number): string {
  return String((container as Record<string | number, unknown>)[key]);
}

function scope(layers: readonly VarsLayer[]) {
  return scopeOf(Object.assign({}, ...layers.map(({ values }) => values)) as Record<string, unknown>);
}
