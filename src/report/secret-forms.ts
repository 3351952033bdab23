/**
 * The texts in which a secret may show up: as it is, and as encoders on the way write it (JSON in ASCII or not, nested
 * once; base64 at any of the three alignments, also URL-safe; percent-encoding; shell quoting; XML; hex). A secret of
 * several lines is also looked for line by line, since indentation and `stdout_lines` take it apart.
 */
export function secretForms(secret: string, minLength: number): Set<string> {
  const forms = new Set<string>();
  for (const piece of pieces(secret, minLength)) for (const form of formsOf(piece, minLength)) forms.add(form);
  return forms;
}

/** Lines of a multi-line secret must be long to be looked for: `[server]` or a PEM's `=` are no secrets. */
const MIN_LINE_LENGTH = 16;

function pieces(secret: string, minLength: number): string[] {
  const whole = secret.trim();
  if (whole.length < minLength) return [];
  if (!whole.includes("\n")) return [...new Set([secret, whole])];
  const lines = whole.split(/\r?\n/).map((line) => line.trim());
  return [whole, ...lines.filter((line) => line.length >= MIN_LINE_LENGTH && !line.startsWith("-----"))];
}

function formsOf(text: string, minLength: number): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const asciiJson = json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const percent = encodePercent(text);
  const looser = percent.replaceAll("%2F", "/");
  const lower = (encoded: string): string => encoded.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase());
  return [
    text,
    json,
    asciiJson,
    JSON.stringify(json).slice(1, -1),
    JSON.stringify(asciiJson).slice(1, -1),
    percent,
    looser,
    percent.replaceAll("%20", "+"),
    lower(percent),
    lower(looser),
    encodeUri(text),
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll("'", "\\'"),
    text.replace(/([^\w@%+=:,./-])/g, "\\$1"),
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    Buffer.from(text, "utf8").toString("hex"),
    ...base64Forms(text),
  ].filter((form) => form.length >= minLength);
}

/** RFC 3986: everything but the unreserved characters. Lone surrogates, which no URL can hold, are left out. */
function encodePercent(text: string): string {
  return encodeUri(text).replace(/[!'()*;,/?:@&=+$#]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function encodeUri(text: string): string {
  return encodeURI(Buffer.from(text, "utf8").toString("utf8"));
}

/** What stays the same of the base64 text whatever stands before and after the secret in what was encoded. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text, "utf8");
  const forms: string[] = [];
  for (let offset = 0; offset < 3; offset++) {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const start = offset === 0 ? 0 : offset + 1;
    // The last digit depends on what follows unless the bytes end on a group of three.
    const end = (offset + bytes.length) % 3 === 0 ? encoded.length : encoded.length - 1;
    const stem = encoded.slice(start, end);
    forms.push(stem, stem.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms.filter((form) => form.length >= 8);
}
