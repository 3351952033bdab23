import type { Sh } from "../../task/sh.ts";

/** Text of the script's sections by name; a section that was not printed is empty. */
export type Sections = (name: string) => string;

/** One group of facts that `gather_subset` can name. */
export interface FactSource {
  readonly name: string;
  /** Names of `gather_subset` that select it beside its own and `all`. */
  readonly aliases?: readonly string[];
  /** Names of all facts that it gives. */
  readonly gives: RegExp;
  /** Part of the minimal set, which only `!min` turns off. */
  readonly isMinimal?: boolean;
  /** Sources that come with it although nobody named them, as with Ansible. */
  readonly needs?: readonly string[];
  /** Prints sections with the shell function `s NAME`. */
  readonly script: Sh;
  /** Facts without the `ansible_` prefix. */
  parse(sections: Sections, all: ReadonlyMap<string, string>): Record<string, unknown>;
}

/** Values of `NAME="value"` lines, such as os-release has them. */
export function parseShellValues(text: string): Record<string, string> {
  return Object.fromEntries(
    linesOf(text)
      .map((line) => /^\s*([A-Za-z0-9_]+)=(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name, value]) => [name, (value as string).trim().replace(/^(["'])(.*)\1$/, "$2")]),
  );
}

export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
