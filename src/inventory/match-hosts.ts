import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import { isHostAddress } from "./expand-range.ts";
import type { Host } from "./host.ts";
import type { Inventory } from "./inventory.ts";

/** Something that a person should know and that stops nothing. */
export interface InventoryWarning {
  readonly message: string;
  readonly at?: SourceRange | undefined;
  readonly hint?: string | undefined;
}

export interface MatchOptions {
  /** Where the pattern stands. */
  readonly at?: SourceRange | undefined;
  /** Gets a term that matches no host and no group. */
  readonly warn: (warning: InventoryWarning) => void;
}

/**
 * Hosts of a pattern, in the order of its terms and of the inventory. Terms stand between `:` or `,`; plain ones add hosts, `&term`
 * keeps those that are in both, `!term` takes hosts away, in this order wherever they stand. A term is a group, a host, a glob, or a
 * regular expression after `~`; `[0]`, `[-1]` and `[0:2]` (both ends included) pick from its hosts.
 */
export function matchHosts(
  inventory: Inventory,
  pattern: string | readonly string[],
  limit: string | readonly string[],
  options: MatchOptions,
): readonly Host[] {
  const hosts = evaluate(inventory, splitPattern(pattern), options);
  const limits = splitPattern(limit);
  if (limits.length === 0) return hosts;
  const allowed = new Set(evaluate(inventory, limits, { ...options, at: undefined }));
  if (allowed.size === 0) throw new TsrunError({ code: "E_LIMIT", ...nothingMatches(inventory, limits.join(":")) });
  return hosts.filter((host) => allowed.has(host));
}

/** Terms of a pattern. A `:` between terms is told from one in an IPv6 address, a port or a range. */
export function splitPattern(pattern: string | readonly string[]): readonly string[] {
  if (typeof pattern !== "string") return pattern.flatMap(splitPattern);
  const terms = pattern.includes(",")
    ? pattern.split(",")
    : isHostAddress(pattern)
      ? [pattern]
      : [...pattern.matchAll(/(?:[^\s:[\]]|\[[^\]]*\])+/g)].map(([term]) => term);
  return terms.map((term) => term.trim()).filter(Boolean);
}

/** Limits with `@file` replaced by the patterns that the file lists, one on each line. */
export function readLimit(limit: readonly string[], read: (path: string) => string): readonly string[] {
  return splitPattern(limit).flatMap((term) =>
    term.startsWith("@")
      ? read(term.slice(1))
          .split("\n")
          .map((line) => line.trim())
          .filter(Boolean)
      : [term],
  );
}

function evaluate(inventory: Inventory, terms: readonly string[], options: MatchOptions): readonly Host[] {
  const plain = terms.filter((term) => !/^[&!]/.test(term));
  let hosts = new Set((plain.length > 0 ? plain : ["all"]).flatMap((term) => matchTerm(inventory, term, options)));
  for (const term of terms.filter((each) => each.startsWith("&"))) {
    const kept = new Set(matchTerm(inventory, term.slice(1), options));
    hosts = new Set([...hosts].filter((host) => kept.has(host)));
  }
  for (const term of terms.filter((each) => each.startsWith("!"))) {
    for (const host of matchTerm(inventory, term.slice(1), options)) hosts.delete(host);
  }
  return [...hosts];
}

function matchTerm(inventory: Inventory, term: string, options: MatchOptions): readonly Host[] {
  const exact = inventory.hosts.get(term);
  if (exact && !inventory.groups.has(term)) return [exact];
  const { name, pick } = splitSubscript(term);
  const found = enumerate(inventory, name, options);
  const hosts = found ?? [];
  if (found === undefined && name !== "all") options.warn({ ...nothingMatches(inventory, term), at: options.at });
  if (pick === undefined || hosts.length === 0) return hosts;
  const picked = pick(hosts);
  if (picked.length === 0) {
    const count = `${hosts.length} ${hosts.length === 1 ? "host" : "hosts"}`;
    options.warn({ message: `\`${term}\` picks nothing: \`${name}\` has ${count}`, at: options.at });
  }
  return picked;
}

/** Hosts of groups and hosts that a name, glob or expression matches; undefined when it matches neither. */
function enumerate(inventory: Inventory, name: string, options: MatchOptions): readonly Host[] | undefined {
  const isExpression = /^~|[.?*[]/.test(name);
  const matches = isExpression ? matcher(name, options) : (candidate: string) => candidate === name;
  const groups = [...inventory.groups.values()].filter((group) => matches(group.name));
  const hosts = groups.flatMap((group) => inventory.hostsOf(group));
  if (groups.length === 0 || isExpression)
    hosts.push(...[...inventory.hosts.values()].filter((host) => matches(host.name)));
  if (hosts.length > 0) return [...new Set(hosts)];
  const localhost = inventory.host(name);
  if (localhost) return [localhost];
  return groups.length > 0 ? [] : undefined;
}

function matcher(term: string, options: MatchOptions): (name: string) => boolean {
  try {
    const expression = term.startsWith("~") ? new RegExp(`^(?:${term.slice(1)})`) : globToRegExp(term);
    return (name) => expression.test(name);
  } catch (cause) {
    throw new TsrunError({ code: "E_HOST_PATTERN", message: `\`${term}\` is no valid pattern`, at: options.at, cause });
  }
}

/** `*`, `?`, `[abc]`, `[!abc]`, as Python's fnmatch. */
export function globToRegExp(glob: string): RegExp {
  const source = glob.replace(
    /\[(!?)((?:\]|[^\]])[^\]]*)\]|[^]/g,
    (part: string, negation: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${negation ? "^" : ""}${set.replace(/[\\^[]/g, "\\$&")}]`;
      if (part === "*") return "[^]*";
      if (part === "?") return "[^]";
      return part.replace(/[.\\+^$(){}|/[\]]/g, "\\$&");
    },
  );
  return new RegExp(`^(?:${source})$`);
}

type Pick = (hosts: readonly Host[]) => readonly Host[];

function splitSubscript(term: string): { readonly name: string; readonly pick: Pick | undefined } {
  const match = term.startsWith("~") ? null : /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(term);
  if (match === null) return { name: term, pick: undefined };
  const [, name = "", index, start, end] = match;
  if (index !== undefined) {
    return { name, pick: (hosts) => hosts.slice(Number(index), Number(index) === -1 ? undefined : Number(index) + 1) };
  }
  return { name, pick: (hosts) => hosts.slice(Number(start), end ? Number(end) + 1 : undefined) };
}

function nothingMatches(
  inventory: Inventory,
  term: string,
): { readonly message: string; readonly hint: string | undefined } {
  const names = [...inventory.groups.keys(), ...inventory.hosts.keys()];
  const noHosts = inventory.hosts.size === 0 ? "the inventory has no hosts: give one with `-i`" : undefined;
  return { message: `no host and no group matches \`${term}\``, hint: didYouMean(term, names) ?? noHosts };
}
