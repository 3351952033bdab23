import type { ModuleDescription, ParameterDescription } from "../../modules/describe-module.ts";
import { defaultText, resultRows } from "./module-text.ts";

/** The page of a module in docs/modules/. */
export function moduleMarkdown(module: ModuleDescription): string {
  const names = [`${collectionOf(module.name)}.${module.name}`, ...module.aliases]
    .map((name) => `\`${name}\``)
    .join(", ");
  const parts = [
    `# ${module.name}`,
    `${module.summary}. Also answers to ${names}.`,
    module.behaviour,
    ...(module.freeForm === undefined ? [] : [`Takes free text: \`${module.name}: …\` is its \`${module.freeForm}\`.`]),
    "## Parameters",
    table(
      ["parameter", "type", "default", "meaning"],
      [
        ...module.parameters.map(parameterRow),
        ...(module.takesAnyKey ? [["any other name", "anything", "", "Taken as it is."]] : []),
      ],
    ),
    "## Result",
    table(
      ["field", "meaning"],
      resultRows(module).map(([name, text]) => [`\`${name}\``, text]),
    ),
    "A result that `register` keeps also has `failed`, and `msg` where there is something to say.",
  ];
  if (module.examples.length > 0) parts.push("## Examples", ...module.examples.map(exampleText));
  parts.push(`\`tsrun doc ${module.name}\` shows this page on a terminal. [All modules](README.md)`);
  return `${generated}\n\n${parts.join("\n\n")}\n`;
}

/** docs/modules/README.md. */
export function indexMarkdown(modules: readonly ModuleDescription[]): string {
  const rows = modules.map(({ name, summary }) => [`[${name}](${name}.md)`, summary]);
  return `${generated}

# Modules

\`ansible.builtin.NAME\`, \`ansible.posix.NAME\`, \`community.general.NAME\`, \`community.postgresql.NAME\` and \`community.mysql.NAME\` mean the same as NAME.
A module that is missing can be [written](../write-a-module.md) in a file of your project.

${table(["module", "purpose"], rows)}
`;
}

const generated = "<!-- Made by script/make-docs.ts from the modules themselves. -->";

function parameterRow(parameter: ParameterDescription): readonly string[] {
  const { name, aliases, type, choices, description, isSecret } = parameter;
  const names = [name, ...aliases].map((one) => `\`${one}\``).join(", ");
  const values = choices.length > 0 ? choices.map((choice) => `\`${escapeControls(choice)}\``).join(", ") : type;
  const value = defaultText(parameter).replace(/^default ([^]*)$/, (_, text: string) => `\`${escapeControls(text)}\``);
  return [
    names,
    values,
    value === "required" ? "**required**" : value,
    isSecret ? `${description} (secret)` : description,
  ];
}

function escapeControls(text: string): string {
  return text.replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}

function exampleText({ name, yaml }: { readonly name: string; readonly yaml: string }): string {
  const task = yaml.replace(/\n?$/, "").replace(/^(?=.)/gm, "  ");
  return `\`\`\`yaml\n- name: ${name}\n${task}\n\`\`\``;
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(headings), `|${headings.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** Where Ansible has a module: modules of databases bear its name. */
function collectionOf(name: string): string {
  const [, database] = /^(postgresql|mysql)_/.exec(name) ?? [];
  return database === undefined ? "ansible.builtin" : `community.${database}`;
}
