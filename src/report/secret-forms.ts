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
  // Encoders differ in what they leave alone: JavaScript's keeps !'()*, Python's quote keeps the slash.
  const strict = encodePercent(text, /[!'()*;,/?:@&=+$#]/g);
  const percents = [strict, encodePercent(text, /[;,/?:@&=+$#]/g), strict.replaceAll("%2F", "/")];
  return [
    text,
    json,
    asciiJson,
    JSON.stringify(json).slice(1, -1),
    JSON.stringify(asciiJson).slice(1, -1),
    ...percents,
    ...percents.map((form) => form.replaceAll("%20", "+")),
    ...percents.map((form) => form.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase())),
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

/** Percent-encodes further characters beside those that no URI may hold. */
function encodePercent(text: string, further: RegExp): string {
  return encodeUri(text).replace(further, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
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
