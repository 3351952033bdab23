import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { splitWords } from "./split-words.ts";
import { addOption, keywordAndValue, type SshOptions } from "./ssh-options.ts";

/** A block of ssh_config: its options apply when the host matches. */
interface Block {
  /** Undefined: for every host. */
  readonly patterns: readonly string[] | undefined;
  readonly options: readonly (readonly [string, string])[];
}

export interface SshConfigFile {
  readonly blocks: readonly Block[];
  /** `Match` blocks can run programs and look at much more than the host: only ssh itself evaluates them. */
  readonly hasMatch: boolean;
}

/** Reads an ssh_config file with what it includes; one that does not exist is empty. */
export function readSshConfig(path: string, depth = 0): SshConfigFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return { blocks: [], hasMatch: false };
  }
  return parseSshConfig(text, (pattern) => (depth < 16 ? includes(pattern, path, depth + 1) : []));
}

/** ssh_config(5), without `Match`. */
export function parseSshConfig(
  text: string,
  include: (pattern: string) => readonly SshConfigFile[] = () => [],
): SshConfigFile {
  const blocks: Block[] = [];
  let hasMatch = false;
  let patterns: readonly string[] | undefined;
  let options: [string, string][] = [];
  const flush = () => {
    if (options.length > 0) blocks.push({ patterns, options });
    options = [];
  };
  for (const line of text.split("\n")) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [keyword, value] = keywordAndValue(line);
    if (keyword === "host") {
      flush();
      patterns = splitWords(value);
    } else if (keyword === "match") {
      flush();
      hasMatch ||= value.trim().toLowerCase() !== "all";
      patterns = value.trim().toLowerCase() === "all" ? ["*"] : [];
    } else if (keyword === "include") {
      flush();
      for (const file of splitWords(value).flatMap(include)) {
        hasMatch ||= file.hasMatch;
        for (const block of file.blocks) blocks.push(withinBlock(block, patterns));
      }
    } else {
      options.push([keyword, unquoted(value)]);
    }
  }
  flush();
  return { blocks, hasMatch };
}

/** What the blocks say for a host; earlier lines win, and of most keywords only the first value counts. */
export function optionsFor(file: SshConfigFile, host: string): SshOptions {
  const options = new Map<string, string[]>();
  for (const block of file.blocks) {
    if (block.patterns !== undefined && !hostMatches(block.patterns, host)) continue;
    for (const [keyword, value] of block.options) addOption(options, keyword, value);
  }
  return options;
}

/** A list of patterns with `*`, `?` and `!`: some pattern must match and no negated one may. */
export function hostMatches(patterns: readonly string[], host: string): boolean {
  let isMatch = false;
  for (const pattern of patterns) {
    const isNegated = pattern.startsWith("!");
    if (!globMatches(isNegated ? pattern.slice(1) : pattern, host)) continue;
    if (isNegated) return false;
    isMatch = true;
  }
  return isMatch;
}

function globMatches(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern.toLowerCase() === text.toLowerCase();
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i").test(text);
}

/** A file included within a Host block applies only to hosts of that block: its patterns are kept where the outer ones match them. */
function withinBlock(block: Block, outer: readonly string[] | undefined): Block {
  if (outer === undefined || (outer.length === 1 && outer[0] === "*")) return block;
  if (block.patterns === undefined) return { ...block, patterns: outer };
  return { ...block, patterns: block.patterns.filter((pattern) => hostMatches(outer, pattern)) };
}

function includes(pattern: string, from: string, depth: number): readonly SshConfigFile[] {
  const home = homedir();
  const expanded = pattern.replace(/^~(?=\/)/, home);
  const path = isAbsolute(expanded)
    ? expanded
    : join(dirname(from).startsWith("/etc") ? "/etc/ssh" : join(home, ".ssh"), expanded);
  if (!/[*?]/.test(path)) return [readSshConfig(path, depth)];
  try {
    const names = readdirSync(dirname(path)).filter(
      (name) => !name.startsWith(".") && globMatches(basename(path), name),
    );
    return names.sort().map((name) => readSshConfig(join(dirname(path), name), depth));
  } catch {
    return [];
  }
}

function unquoted(value: string): string {
  return /^"([^"]*)"$/.exec(value)?.[1] ?? value;
}
