/** One answer of a server of HTTP/1.1. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Answers that came one after the other over a connection (RFC 9112): by length, in chunks, or up to the end. A torn one is left out. */
export function parseHttp(bytes: Uint8Array): readonly HttpAnswer[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const answers: HttpAnswer[] = [];
  let at = 0;
  while (at < all.length) {
    const end = all.indexOf("\r\n\r\n", at);
    if (end === -1) return answers;
    const head = all.toString("latin1", at, end);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? "0");
    if (status === 0) return answers;
    at = end + 4;
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (/^transfer-encoding: *chunked/im.test(head)) {
      const chunks = readChunks(all, at);
      if (!chunks) return answers;
      answers.push({ status, body: chunks.body });
      at = chunks.end;
    } else if (status === 204 || status === 304) {
      answers.push({ status, body: Buffer.alloc(0) });
    } else {
      const size = length === undefined ? all.length - at : Number(length);
      if (at + size > all.length) return answers;
      answers.push({ status, body: all.subarray(at, at + size) });
      at += size;
    }
  }
  return answers;
}

function readChunks(all: Buffer, start: number): { readonly body: Buffer; readonly end: number } | undefined {
  const parts: Buffer[] = [];
  let at = start;
  for (;;) {
    const end = all.indexOf("\r\n", at);
    const size = end === -1 ? Number.NaN : Number.parseInt(all.toString("latin1", at, end), 16);
    if (Number.isNaN(size) || end + 2 + size + 2 > all.length) return undefined;
    parts.push(all.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
    if (size === 0) return { body: Buffer.concat(parts), end: at };
  }
}
