import { TsrunError } from "./errors.ts";

const escapes: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\u001a": "\\Z",
  "\\": "\\\\",
  "'": "\\'",
};

/** A text as MariaDB and MySQL read it back, on one line; sessions must not have NO_BACKSLASH_ESCAPES. */
export function mysqlLiteral(text: string): string {
  refuseNul(text);
  return `'${text.replace(/[\n\r\\']/g, (character) => escapes[character] as string)}'`;
}

/** A name as MariaDB and MySQL read it back, every character counting. */
export function mysqlIdentifier(name: string): string {
  refuseNul(name);
  return `\`${name.replaceAll("`", "``")}\``;
}

function refuseNul(text: string): void {
  if (text.includes("\0")) throw new TsrunError({ code: "E_NUL_BYTE", message: "MySQL takes no name with a NUL byte" });
}
