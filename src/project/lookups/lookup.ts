import type { Settings } from "../config-settings.ts";
import type { SearchFolder } from "../../task/controller.ts";

/** What a lookup may use. Lookups read the controller, never a host; what they return is data and never parsed as a template. */
export interface LookupContext {
  /** Absolute path of a file of the project; undefined when there is none. */
  find(name: string, folder: SearchFolder): string | undefined;
  /** Where it was looked for, for the error message. */
  candidates(name: string, folder: SearchFolder): readonly string[];
  /** A file's text, decrypted when it is a vault file. */
  readText(path: string): string;
  /** Renders a template file with the current variables and stronger ones. */
  render(path: string, variables: Readonly<Record<string, unknown>>): string;
  readonly workingDirectory: string;
  /** Names of the inventory's hosts that a pattern chooses. */
  hosts(pattern: string): readonly string[];
  readonly settings: Settings;
}

export type LookupOptions = Readonly<Record<string, unknown>>;

/** A lookup answers with a list; `lookup()` joins it, `query()` keeps it. */
export type Lookup = (terms: readonly unknown[], options: LookupOptions, context: LookupContext) => readonly unknown[];

/** A lookup that found nothing or cannot do its work. */
export class LookupError extends Error {}

/** Splits `name key=value key2='a b'`, the way older lookups take their options. */
export function parseTerm(term: unknown): { readonly name: string; readonly options: Record<string, string> } {
  const words = String(term).match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  const options: Record<string, string> = {};
  const names: string[] = [];
  for (const word of words) {
    const pair = /^([a-z_]+)=(.*)$/s.exec(word);
    if (pair && names.length > 0) options[pair[1] as string] = (pair[2] as string).replace(/^(["'])(.*)\1$/s, "$2");
    else names.push(word);
  }
  return { name: names.join(" "), options };
}
