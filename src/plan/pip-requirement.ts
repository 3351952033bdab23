/** One thing that pip is told to install. */
export interface Requirement {
  /** As it was written. */
  readonly text: string;
  /** Name of the package; the text itself for an address or a path. */
  readonly name: string;
  readonly extras: string;
  /** Versions that will do, such as `>=2,<3`. */
  readonly clauses: string;
  /** Where it counts, such as `python_version < "3"`. */
  readonly marker: string;
  /** False for an address or a path: only pip knows what it is. */
  readonly isPlain: boolean;
}

/** Reads a requirement of PEP 508. */
export function parseRequirement(text: string): Requirement {
  const [, name, extras = "", clauses = "", marker = ""] =
    /^\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*\(?((?:\s*(?:===|==|!=|<=|>=|~=|<|>)[^;,)]+,?)*)\)?\s*(?:;\s*(.*))?$/.exec(
      text,
    ) ?? [];
  if (name === undefined) return { text, name: text, extras: "", clauses: "", marker: "", isPlain: false };
  return { text: text.trim(), name, extras, clauses: clauses.trim(), marker, isPlain: true };
}

/** `a>=1,<2` became two items where a list is split at commas: they belong together again, as do extras in brackets. */
export function pipNames(items: readonly string[]): readonly string[] {
  const names: string[] = [];
  for (const item of items) {
    const last = names.at(-1);
    const isOpen = last !== undefined && last.lastIndexOf("[") > last.lastIndexOf("]");
    const belongs = isOpen || /^\s*(==|!=|<|>|~=)/.test(item);
    if (last !== undefined && belongs) names[names.length - 1] = `${last},${item.trim()}`;
    else if (item.trim() !== "") names.push(item);
  }
  return names;
}
