import { TsrunError } from "./errors.ts";

/** A text as PostgreSQL reads it back, whatever `standard_conforming_strings` is: `it's` becomes `'it''s'`. */
export function pgLiteral(text: string): string {
  refuseNul(text);
  const quoted = `'${text.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
  return text.includes("\\") ? `E${quoted}` : quoted;
}

/** A name as PostgreSQL reads it back: in double quotes, so that case and every character count. */
export function pgIdentifier(name: string): string {
  refuseNul(name);
  // NAMEDATALEN: the server cuts longer names off, and the thing would never be found by its own name.
  if (Buffer.byteLength(name) > 63)
    throw new TsrunError({
      code: "E_BAD_ARG",
      message: `\`${name}\` is longer than the 63 bytes that PostgreSQL keeps of a name`,
    });
  return `"${name.replaceAll('"', '""')}"`;
}

/** Several texts for `IN`; of none, something that nothing equals. */
export function pgLiterals(texts: readonly string[]): string {
  return texts.length === 0 ? "(NULL)" : `(${texts.map(pgLiteral).join(", ")})`;
}

function refuseNul(text: string): void {
  if (text.includes("\0"))
    throw new TsrunError({ code: "E_NUL_BYTE", message: "PostgreSQL takes no text with a NUL byte" });
}
