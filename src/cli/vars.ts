import type { Inventory } from "../inventory/inventory.ts";
import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { padToWidth, displayWidth } from "../report/display-width.ts";
import { escapeLine } from "../report/escape-controls.ts";
import { dumpJson } from "../report/python-json.ts";
import { createRedactor } from "../report/redactor.ts";
import type { ExplainedLayer, ExplainedScope, ExplainedVariable } from "../run/explain-vars.ts";
import { UnsafeText } from "../yaml/unsafe-text.ts";
import { VaultText } from "../yaml/vault-text.ts";
import type { CommandBody } from "./command.ts";
import { HOST_OPTIONS, VARIABLE_OPTIONS } from "./common-options.ts";
import { EXIT } from "./exit-codes.ts";
import { openProject } from "./open-project.ts";
import { projectOptions } from "./run-options.ts";

const inventoryOption = HOST_OPTIONS.options.filter(({ name }) => name === "inventory");

/** `tsrun vars HOST [NAME...]` */
export const varsCommand: CommandBody = {
  usage: "HOST [NAME...] [options]",
  positionals: { what: "a host", min: 1, max: Number.POSITIVE_INFINITY },
  groups: [
    {
      title: "What to show",
      options: [
        { name: "explain", type: "flag", summary: "Every source that sets a variable, the one that won first" },
        {
          name: "playbook",
          short: "p",
          type: "values",
          metavar: "FILE",
          summary: "With the variables of this playbook's plays and roles; repeatable",
        },
        { name: "json", type: "flag", summary: "As JSON, for programs" },
      ],
    },
    { title: "Inventory", options: inventoryOption },
    VARIABLE_OPTIONS,
  ],
  examples: [
    ["tsrun vars web1", "All that the inventory says about a host, evaluated"],
    ["tsrun vars web1 http_port --explain", "Which files set one variable, and which of them won"],
    ["tsrun vars web1 http_port --explain -p site.yaml", "With role defaults, play variables and vars_files"],
  ],
  run: async (args, context) => {
    const [host = "", ...names] = args.positionals;
    const redactor = createRedactor();
    const options = await projectOptions(args, context);
    const project = await openProject(options, context, (secret) => redactor.add(secret));
    checkHost(project.inventory, host);
    const { explainVariables } = await import("../run/explain-vars.ts");
    const found = explainVariables(project, { host, names, playbooks: args.values("playbook") });
    const scopes = found.map((scope) => asSeenFrom(context.cwd, scope));
    if (scopes.length === 0) {
      context.stderr.write(`no play of ${args.values("playbook").join(", ")} runs on ${host}\n`);
      return EXIT.usage;
    }
    for (const name of names) checkName(name, scopes);
    const text = args.has("json") ? jsonText(scopes, args.has("explain")) : plainText(scopes, args.has("explain"));
    context.stdout.write(redactor.text(text));
    return EXIT.ok;
  },
};

/** Files of the project without the way to it. */
function asSeenFrom(cwd: string, { play, variables }: ExplainedScope): ExplainedScope {
  const shorten = (text: string): string => text.replaceAll(`${cwd}/`, "");
  return {
    play: play && { ...play, at: shorten(play.at) },
    variables: variables.map((variable) => ({
      ...variable,
      layers: variable.layers.map((layer) => ({
        ...layer,
        layer: shorten(layer.layer),
        at: layer.at && shorten(layer.at),
      })),
    })),
  };
}

function checkHost(inventory: Inventory, name: string): void {
  if (inventory.host(name)) return;
  throw new TsrunError({
    code: "E_NOT_IN_INVENTORY",
    message: `the inventory has no host \`${name}\``,
    hint: didYouMean(name, inventory.hosts.keys()) ?? "tsrun inventory shows all",
  });
}

function checkName(name: string, scopes: readonly ExplainedScope[]): void {
  const all = scopes.flatMap(({ variables }) => variables);
  if (all.some((variable) => variable.name === name && variable.layers.length > 0)) return;
  throw new TsrunError({
    code: "E_UNDEFINED",
    message: `nothing sets \`${name}\``,
    hint: scopes[0]?.play === undefined ? "with the variables of plays and roles: --playbook FILE" : undefined,
  });
}

function plainText(scopes: readonly ExplainedScope[], isExplained: boolean): string {
  return scopes
    .map(({ play, variables }) => {
      const heading = play === undefined ? "" : `# ${escapeLine(play.name)} (${play.at})\n`;
      const blocks = variables.map((variable) => variableText(variable, isExplained));
      return heading + blocks.join(isExplained ? "\n" : "");
    })
    .join("\n");
}

function variableText(variable: ExplainedVariable, isExplained: boolean): string {
  const head = `${escapeLine(variable.name)} = ${valueText(variable)}\n`;
  if (!isExplained) return head;
  const rows = variable.layers.map((layer) => [placeText(layer), writtenText(layer.written)] as const);
  const width = Math.max(0, ...rows.map(([place]) => displayWidth(place)));
  return (
    head +
    rows
      .map(([place, written], index) => `  ${index === 0 ? "won " : "lost"}  ${padToWidth(place, width)}  ${written}\n`)
      .join("")
  );
}

function valueText({ value, error, layers }: ExplainedVariable): string {
  if (error !== undefined) return `(no value: ${escapeLine(error)})`;
  return layers[0]?.written instanceof VaultText ? "(secret)" : escapeLine(dumpJson(value));
}

/** The file and line; beside it the source's name, where that says more than the path. */
function placeText({ layer, at }: ExplainedLayer): string {
  if (at === undefined) return escapeLine(layer);
  const path = at.replace(/:\d+$/, "");
  const rest = layer.replace(path, "").replace(/^[:\s]+|\s+$/g, "");
  return escapeLine(rest === "" ? at : `${at} (${rest})`);
}

function writtenText(written: unknown): string {
  return escapeLine(dumpJson(plain(written)));
}

function jsonText(scopes: readonly ExplainedScope[], isExplained: boolean): string {
  const shown = scopes.map(({ play, variables }) => ({
    ...(play && { play }),
    variables: Object.fromEntries(
      variables.map((variable) => {
        const { value, error, layers } = variable;
        const isSecret = layers[0]?.written instanceof VaultText;
        const result = error === undefined ? { value: isSecret ? "(secret)" : value } : { error };
        const sources = layers.map(({ layer, at, written }) => ({ layer, at: at ?? null, written: plain(written) }));
        return [variable.name, isExplained ? { ...result, layers: sources } : result];
      }),
    ),
  }));
  return `${dumpJson(shown.length === 1 ? shown[0] : shown, 2)}\n`;
}

/** What a file says, without what only programs see. */
function plain(written: unknown): unknown {
  if (written instanceof VaultText) return "!vault";
  if (written instanceof UnsafeText) return written.value;
  if (Array.isArray(written)) return written.map(plain);
  if (typeof written !== "object" || written === null || Object.getPrototypeOf(written) !== Object.prototype)
    return written;
  return Object.fromEntries(Object.entries(written).map(([name, member]) => [name, plain(member)]));
}
