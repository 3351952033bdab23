import type { Command, OptionSpec } from "./command.ts";
import type { CommandEntry } from "./commands.ts";
import { takesValue } from "./expand-arguments.ts";

/** Ends every help: scripts and CI decide by these (docs/exit-codes.md). */
const EXIT_CODES = `EXIT CODES
  0 ok, 1 wrong usage or project (no host was touched), 2 a task failed, 4 a host was unreachable,
  99 interrupted, 250 internal error`;

/** `tsrun --help`: what it is, the commands, where to go next. */
export function programHelp(entries: readonly CommandEntry[]): string {
  const width = Math.max(...entries.map((entry) => entry.name.length));
  return `tsrun: runs Ansible playbooks over SSH; the hosts need nothing but a shell

USAGE
  tsrun COMMAND [arguments]

COMMANDS
${entries.map((entry) => `  ${entry.name.padEnd(width)}  ${entry.summary}`).join("\n")}

OPTIONS
  -h, --help     Show this help; \`tsrun COMMAND --help\` for a command's
      --version  Show the version

EXAMPLES
  tsrun playbook site.yaml --check --diff   Show what would change
  tsrun playbook site.yaml                  Change it

${EXIT_CODES}
`;
}

/** `tsrun COMMAND --help`. */
export function commandHelp(command: Command): string {
  const all = command.groups.flatMap((group) => group.options);
  const width = Math.min(34, Math.max(...all.map((option) => optionHead(option).length)));
  const groups = command.groups.map(
    (group) => `${group.title.toUpperCase()}\n${group.options.map((option) => optionLines(option, width)).join("\n")}`,
  );
  const exampleWidth = Math.max(...command.examples.map(([line]) => line.length));
  const examples = command.examples.map(([line, meaning]) => `  ${line.padEnd(exampleWidth)}  ${meaning}`);
  const sections = [
    `tsrun ${command.name}: ${command.summary}`,
    `USAGE\n  tsrun ${command.name} ${command.usage}`,
    ...groups,
    `EXAMPLES\n${examples.join("\n")}`,
    EXIT_CODES,
  ];
  return `${sections.join("\n\n")}\n`;
}

function optionHead(option: OptionSpec): string {
  const short = option.short ? `-${option.short}, ` : "    ";
  return `${short}--${option.name}${takesValue(option) ? ` ${option.metavar ?? "VALUE"}` : ""}`;
}

function optionLines(option: OptionSpec, width: number): string {
  const head = optionHead(option);
  const choices = option.choices ? ` (${option.choices.join(", ")})` : "";
  const text = wrap(option.summary + choices, 100 - width - 4);
  const pad = " ".repeat(width + 4);
  const body = text.join(`\n${pad}`);
  return head.length > width ? `  ${head}\n${pad}${body}` : `  ${head.padEnd(width)}  ${body}`;
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
