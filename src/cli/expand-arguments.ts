import { TsrunError } from "../lib/errors.ts";
import { suggest } from "../lib/suggest.ts";
import type { OptionSpec } from "./command.ts";

/**
 * Rewrites arguments so that each option stands as `--name` or `--name=value`, the way getopt and Python's argparse read
 * them: `-iinv`, `-vvv`, `-Cl web`, and a value that starts with a dash (`--ssh-common-args "-o Port=1"`). Everything after
 * `--`, or after positionals for which `isRestLiteral` says so, stays as it is. Throws E_USAGE for unknown options and
 * missing values.
 */
export function expandArguments(
  argv: readonly string[],
  options: readonly OptionSpec[],
  isRestLiteral: (positionals: readonly string[]) => boolean = () => false,
): string[] {
  const byLong = new Map(options.flatMap((option) => longNames(option).map((name) => [name, option] as const)));
  const byShort = new Map(options.flatMap((option) => (option.short ? [[option.short, option] as const] : [])));
  const expanded: string[] = [];
  const positionals: string[] = [];
  const rest = [...argv];
  for (let token = rest.shift(); token !== undefined; token = rest.shift()) {
    if (token === "--") return [...expanded, token, ...rest];
    if (token.startsWith("--")) expanded.push(expandLong(token, byLong, rest));
    else if (/^-[^-]/.test(token)) expanded.push(...expandShort(token, byShort, rest));
    else {
      expanded.push(token);
      positionals.push(token);
      if (isRestLiteral(positionals)) return [...expanded, "--", ...rest];
    }
  }
  return expanded;
}

const SEE_HELP = "--help lists all options";

function longNames(option: OptionSpec): string[] {
  return [option.name, ...(option.aliases ?? [])];
}

export function takesValue(option: OptionSpec): boolean {
  return option.type === "value" || option.type === "values";
}

function expandLong(token: string, byLong: ReadonlyMap<string, OptionSpec>, rest: string[]): string {
  const [, name = "", value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(token) ?? [];
  const option = byLong.get(name);
  if (option === undefined) {
    const near = suggest(name, byLong.keys());
    throw usage(`unknown option \`--${name}\``, near === undefined ? SEE_HELP : `did you mean \`--${near}\`?`);
  }
  if (takesValue(option)) return withValue(option, value ?? nextValue(`--${name}`, option, rest));
  if (value !== undefined) throw usage(`option \`--${name}\` takes no value, got \`${value}\``);
  return `--${option.name}`;
}

function expandShort(token: string, byShort: ReadonlyMap<string, OptionSpec>, rest: string[]): string[] {
  const expanded: string[] = [];
  for (let at = 1; at < token.length; at++) {
    const letter = token[at] as string;
    const option = byShort.get(letter);
    if (option === undefined) {
      throw usage(`unknown option \`-${letter}\`${token.length > 2 ? ` in \`${token}\`` : ""}`, SEE_HELP);
    }
    if (!takesValue(option)) {
      expanded.push(`--${option.name}`);
      continue;
    }
    const attached = token.slice(at + 1);
    expanded.push(withValue(option, attached === "" ? nextValue(`-${letter}`, option, rest) : attached));
    break;
  }
  return expanded;
}

/** yargs takes quotes around a whole value for the shell's and strips them; one more pair saves the person's own. */
function withValue(option: OptionSpec, value: string): string {
  const isQuoted = /^(["'])[^]*\1$/.test(value);
  return `--${option.name}=${isQuoted ? `"${value}"` : value}`;
}

function nextValue(written: string, option: OptionSpec, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined)
    throw usage(`option \`${written}\` needs a value: \`${written} ${option.metavar ?? "VALUE"}\``);
  return value;
}

export function usage(message: string, hint?: string): TsrunError {
  return new TsrunError({ code: "E_USAGE", message, hint });
}
