import yargs from "yargs";
import { suggest } from "../lib/suggest.ts";
import type { Arguments, Command, OptionSpec } from "./command.ts";
import { expandArguments, usage } from "./expand-arguments.ts";

/** Reads a command's arguments. Throws E_USAGE with one line and what to type instead. */
export async function parseArguments(command: Command, argv: readonly string[]): Promise<Arguments> {
  const options = command.groups.flatMap((group) => group.options);
  const parser = yargs().scriptName("tsrun").help(false).version(false).exitProcess(false).parserConfiguration({
    "boolean-negation": false,
    "camel-case-expansion": false,
    "dot-notation": false,
    "parse-numbers": false,
    "parse-positional-numbers": false,
    "populate--": true,
  });
  for (const option of options) parser.option(option.name, yargsOption(option));
  const parsed: Readonly<Record<string, unknown>> = await parser.parseAsync(
    expandArguments(argv, options, command.isRestLiteral),
  );
  const positionals = [...strings(parsed._), ...strings(parsed["--"])];
  checkPositionals(command, positionals);
  checkChoices(options, parsed);
  return {
    positionals,
    has: (name) => parsed[name] === true,
    count: (name) => Number(parsed[name] ?? 0),
    value: (name) => strings(parsed[name]).at(-1),
    values: (name) => strings(parsed[name]),
  };
}

function yargsOption(option: OptionSpec): { type: "boolean" | "count" | "string" } {
  switch (option.type) {
    case "flag":
      return { type: "boolean" };
    case "count":
      return { type: "count" };
    case "value":
    case "values":
      return { type: "string" };
  }
}

function checkPositionals(
  { name, positionals: { what, min, max }, usage: synopsis }: Command,
  given: readonly string[],
): void {
  if (given.length < min) throw usage(`expected ${what}, got nothing`, `tsrun ${name} ${synopsis}`);
  if (given.length > max) throw usage(`unexpected argument \`${given[max]}\``, `tsrun ${name} ${synopsis}`);
}

function checkChoices(options: readonly OptionSpec[], parsed: Readonly<Record<string, unknown>>): void {
  for (const { name, choices, silentChoices } of options) {
    for (const value of choices ? strings(parsed[name]) : []) {
      if (choices?.includes(value) || silentChoices?.includes(value)) continue;
      const expected = choices?.map((choice) => `\`${choice}\``).join(", ");
      const near = suggest(value, choices ?? []);
      throw usage(
        `option \`--${name}\`: expected one of ${expected}, got \`${value}\``,
        near === undefined ? undefined : `did you mean \`--${name} ${near}\`?`,
      );
    }
  }
}

function strings(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
