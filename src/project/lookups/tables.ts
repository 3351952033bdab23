import { type Lookup, LookupError, parseTerm } from "./lookup.ts";

/** `lookup('ini', 'key', section='s', file='f.ini')`: a value of an ini or properties file. */
export const ini: Lookup = (terms, options, context) =>
  terms.flatMap((term) => {
    const { name: key, options: inline } = parseTerm(term);
    const wanted: Record<string, unknown> = {
      file: "ansible.ini",
      section: "global",
      default: "",
      ...options,
      ...inline,
    };
    const path = context.find(String(wanted["file"]), "files");
    if (path === undefined) throw new LookupError(`no file \`${String(wanted["file"])}\``);
    const section = wanted["type"] === "properties" ? "" : String(wanted["section"]);
    const entries = parseIni(context.readText(path)).get(section) ?? new Map<string, string>();
    if (wanted["re"] === true || wanted["re"] === "True") {
      const pattern = new RegExp(key);
      return [...entries].filter(([name]) => pattern.test(name)).map(([, value]) => value);
    }
    return [entries.get(key.toLowerCase()) ?? wanted["default"]];
  });

/** `lookup('csvfile', 'key', file='f.csv', delimiter=',', col=1)`: a column of the row whose first column is the key. */
export const csvfile: Lookup = (terms, options, context) =>
  terms.flatMap((term) => {
    const { name: key, options: inline } = parseTerm(term);
    const wanted: Record<string, unknown> = {
      file: "ansible.csv",
      delimiter: "TAB",
      col: 1,
      default: "",
      ...options,
      ...inline,
    };
    const path = context.find(String(wanted["file"]), "files");
    if (path === undefined) throw new LookupError(`no file \`${String(wanted["file"])}\``);
    const delimiter = wanted["delimiter"] === "TAB" || wanted["delimiter"] === "t" ? "\t" : String(wanted["delimiter"]);
    const row = parseCsv(context.readText(path), delimiter).find((cells) => cells[0] === key);
    return [row?.[Number(wanted["col"])] ?? wanted["default"]];
  });

function parseIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>([["", new Map()]]);
  let current = sections.get("") as Map<string, string>;
  for (const line of text.split("\n")) {
    const section = /^\s*\[(.*)\]\s*$/.exec(line);
    const pair = /^\s*([^#;=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (section) {
      current = sections.get(section[1] as string) ?? new Map<string, string>();
      sections.set(section[1] as string, current);
    } else if (pair) current.set((pair[1] as string).toLowerCase(), pair[2] as string);
  }
  return sections;
}

/** RFC 4180: quoted cells may hold delimiters, line breaks and doubled quotes. */
function parseCsv(text: string, delimiter: string): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') cell += text[++at];
      else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === delimiter || character === "\n") {
      rows.at(-1)?.push(cell.replace(/\r$/, ""));
      cell = "";
      if (character === "\n") rows.push([]);
    } else cell += character;
  }
  if (cell !== "") rows.at(-1)?.push(cell);
  return rows.filter((row) => row.length > 0);
}
