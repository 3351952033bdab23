import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { toText } from "../../template/python-repr.ts";
import { expandHome } from "../search-path.ts";
import { type Lookup, parseTerm } from "./lookup.ts";

const characterSets: Readonly<Record<string, string>> = {
  ascii_letters: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
  ascii_lowercase: "abcdefghijklmnopqrstuvwxyz",
  ascii_uppercase: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  digits: "0123456789",
  hexdigits: "0123456789abcdefABCDEF",
  octdigits: "01234567",
  punctuation: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
};

/**
 * `lookup('password', 'path length=20 chars=ascii_letters,digits')`: the password kept in a file, made at first use. `/dev/null` keeps none.
 * The file is made with mode 0600 before its content is written.
 */
export const password: Lookup = (terms, options, context) =>
  terms.map((term) => {
    const { name, options: inline } = parseTerm(term);
    const wanted: Record<string, unknown> = { ...options, ...inline };
    const path = resolve(context.workingDirectory, expandHome(name));
    if (path !== "/dev/null" && existsSync(path)) {
      return (readFileSync(path, "utf8").split("\n")[0] as string).replace(/ salt=.*$/, "");
    }
    const made = makePassword(Number(wanted["length"] ?? 20), charactersOf(wanted["chars"]));
    if (path !== "/dev/null") {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const temporary = `${path}.${randomInt(2 ** 40).toString(36)}`;
      writeFileSync(temporary, `${made}\n`, { mode: 0o600, flag: "wx" });
      renameSync(temporary, path);
    }
    return made;
  });

function charactersOf(chars: unknown): string {
  if (chars === undefined) return `${characterSets["ascii_letters"]}${characterSets["digits"]}.,:-_`;
  const names = Array.isArray(chars) ? chars.map(String) : toText(chars).split(",");
  return [...new Set(names.map((name) => characterSets[name] ?? name).join(""))].join("");
}

function makePassword(length: number, characters: string): string {
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join("");
}
