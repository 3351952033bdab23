import type { SourceFile, SourceRange } from "../lib/source.ts";

/** One `key = value` of an `ansible.cfg`. */
export interface CfgEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly at: SourceRange;
}

/**
 * Reads an `ansible.cfg` as Python's configparser does for Ansible: `#` and `;` begin comment lines, ` ;` ends a value, `=` and `:`
 * separate, indented lines go on with the value before. Lines that mean nothing are passed over; a later key replaces an earlier one.
 */
export function parseCfg(source: SourceFile): readonly CfgEntry[] {
  const entries = new Map<string, { section: string; key: string; lines: string[]; at: SourceRange }>();
  let section = "";
  let current: string[] | undefined;
  let start = 0;
  for (const line of source.text.split("\n")) {
    const end = start + line.length;
    const text = line.replace(/(^|\s);.*$/, "").trimEnd();
    const header = /^\[([^\]]+)\]/.exec(text);
    const pair = /^([^\s=:#;[][^=:]*?)\s*[=:]\s*(.*)$/.exec(text);
    if (/^\s*[#;]/.test(line)) {
      // A comment between the lines of a value does not end it.
    } else if (/^\s/.test(line) && text.trim() !== "" && current) current.push(text.trim());
    else if (header) {
      section = (header[1] as string).trim();
      current = undefined;
    } else if (pair) {
      current = [pair[2] as string];
      const key = (pair[1] as string).trim().toLowerCase();
      entries.set(`${section}.${key}`, { section, key, lines: current, at: { source, start, end } });
    } else if (text.trim() === "") current = undefined;
    start = end + 1;
  }
  return [...entries.values()].map(({ section: name, key, lines, at }) => ({
    section: name,
    key,
    value: lines.join("\n").trim(),
    at,
  }));
}
