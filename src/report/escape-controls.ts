/**
 * Text that came from a host must not drive the reader's terminal (CVE-2019-6109 showed why for scp): C0, DEL, C1, bidi
 * and invisible format characters are shown as escapes, in logs too. Line breaks and tabs stay.
 */
export function escapeControls(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escapeOne) : text;
}

/** The same for text that must stay on one line. */
export function escapeLine(text: string): string {
  return LINE_UNSAFE.test(text) ? text.replace(LINE_UNSAFE_ALL, escapeOne) : text;
}

/** The same inside JSON, which stays valid: what JSON leaves as it is becomes a `\u` escape. */
export function escapeInJson(json: string): string {
  return JSON_UNSAFE.test(json) ? json.replace(JSON_UNSAFE_ALL, (unit) => `\\u${hex(unit, 4)}`) : json;
}

// The zero-width joiners stay: Persian, Indic scripts and emoji are written with them.
const INVISIBLE = "\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb";
const SURROGATE = "[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]";
const UNSAFE = new RegExp(`[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f${INVISIBLE}]|${SURROGATE}`);
const UNSAFE_ALL = new RegExp(UNSAFE.source, "g");
const LINE_UNSAFE = new RegExp(`[\\0-\\x1f\\x7f-\\x9f${INVISIBLE}]|${SURROGATE}`);
const LINE_UNSAFE_ALL = new RegExp(LINE_UNSAFE.source, "g");
const JSON_UNSAFE = new RegExp(`[\\x7f-\\x9f${INVISIBLE}]|${SURROGATE}`);
const JSON_UNSAFE_ALL = new RegExp(JSON_UNSAFE.source, "g");

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeOne(unit: string): string {
  const named = NAMED[unit];
  if (named !== undefined) return named;
  const code = unit.charCodeAt(0);
  // A byte that was no UTF-8 (see lib/bytes.ts) is shown as that byte.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  return code <= 0xff ? `\\x${hex(unit, 2)}` : `\\u${hex(unit, 4)}`;
}

function hex(unit: string, width: number): string {
  return unit.charCodeAt(0).toString(16).padStart(width, "0");
}
