/**
 * Host output and file names are bytes that need not be UTF-8. Like Python's `surrogateescape` (PEP 383), a byte that is
 * no valid UTF-8 becomes the lone surrogate U+DC80..U+DCFF, so that text made from bytes turns into the same bytes again.
 */

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes to text; every invalid byte is kept as a lone surrogate. */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return decodeWithEscapes(bytes);
  }
}

/** Text to bytes; the exact inverse of {@link decodeBytes}. */
export function encodeBytes(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(text)) return Buffer.from(text, "utf8");
  const parts: Uint8Array[] = [];
  let plainFrom = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(at + 1);
      if (next >= 0xdc00 && next <= 0xdfff) at++;
      continue;
    }
    if (unit < 0xdc80 || unit > 0xdcff) continue;
    parts.push(Buffer.from(text.slice(plainFrom, at), "utf8"), Uint8Array.of(unit - 0xdc00));
    plainFrom = at + 1;
  }
  parts.push(Buffer.from(text.slice(plainFrom), "utf8"));
  return Buffer.concat(parts);
}

function decodeWithEscapes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] as number);
    const slice = bytes.subarray(at, at + length);
    const decoded = length > 0 && slice.length === length ? decodeStrictly(slice) : undefined;
    if (decoded === undefined) {
      text += String.fromCharCode(0xdc00 + (bytes[at] as number));
      at += 1;
    } else {
      text += decoded;
      at += length;
    }
  }
  return text;
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}
