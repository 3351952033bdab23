import { dumpJson } from "../../report/python-json.ts";
import type { ListedModule } from "../../modules/all-modules.ts";
import type { ModuleDescription, ParameterDescription } from "../../modules/describe-module.ts";
import { tableText } from "../../report/table.ts";

const WIDTH = 100;

/** All modules, a line each. */
export function listText(modules: readonly ListedModule[]): string {
  return tableText(
    ["MODULE", "PURPOSE"],
    modules.map(({ name, summary, isOwn }) => [name, isOwn ? `${summary} (this project's)` : summary]),
  );
}

/** The documentation of one module for a terminal. */
export function moduleText(module: ModuleDescription): string {
  const names = module.aliases.length === 0 ? "" : ` (also ${module.aliases.join(", ")})`;
  const parts = [`${module.name}${names}: ${module.summary}\n\n${wrap(module.behaviour, "  ")}`];
  if (module.freeForm !== undefined)
    parts.push(wrap(`Takes free text: \`${module.name}: …\` is its \`${module.freeForm}\`.`, "  "));
  const parameters = module.parameters.map(parameterText);
  if (module.takesAnyKey) parameters.push("  any other name\n");
  if (parameters.length > 0) parts.push(`PARAMETERS\n${parameters.join("")}`);
  parts.push(
    `RESULT\n${resultRows(module)
      .map(([name, text]) => `  ${name}\n${wrap(text, "      ")}`)
      .join("")}`,
  );
  if (module.examples.length > 0) {
    parts.push(
      `EXAMPLES\n${module.examples.map(({ name, yaml }) => `  - name: ${name}\n${indent(yaml, "    ")}`).join("\n")}`,
    );
  }
  return parts.join("\n");
}

/** Fields of every result, then the module's own. */
export function resultRows(module: ModuleDescription): readonly (readonly [string, string])[] {
  const common: [string, string][] = [["changed", "Whether anything was altered"]];
  if (module.kind === "resource") common.push(["diff", "With --diff: what it was and what it is"]);
  return [...common, ...Object.entries(module.returns)];
}

/** `required`, or what holds when it is not given. */
export function defaultText({ isRequired, default: value }: ParameterDescription): string {
  if (isRequired) return "required";
  return value === undefined ? "" : `default ${typeof value === "string" ? value : dumpJson(value)}`;
}

function parameterText(parameter: ParameterDescription): string {
  const { name, aliases, type, choices, description, isSecret } = parameter;
  const facts = [choices.length > 0 ? choices.join(", ") : type, defaultText(parameter), isSecret ? "secret" : ""];
  const also = aliases.length === 0 ? "" : `, ${aliases.join(", ")}`;
  return `  ${name}${also}  (${facts.filter(Boolean).join("; ")})\n${description === "" ? "" : wrap(description, "      ")}`;
}

function wrap(text: string, prefix: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH - prefix.length)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `${prefix}${line}\n`).join("");
}

function indent(text: string, prefix: string): string {
  return text.replace(/\n?$/, "\n").replace(/^(?=.)/gm, prefix);
}
