import { decodeBytes, encodeBytes } from "../lib/bytes.ts";
import type { HostAccess } from "./define-action.ts";
import { TaskFailure } from "./failure.ts";
import { curlConfig, httpScript, rawRequest, wgetConfig } from "./host-http-clients.ts";

/** One HTTP request that is sent by the host, with whatever it has: curl, wget, or the Perl of every Debian. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** File on the host that is the body. */
  readonly bodyPath?: string | undefined;
  readonly timeoutSeconds: number;
  readonly validatesCertificates: boolean;
  readonly usesProxy: boolean;
  readonly unixSocket?: string | undefined;
  readonly caPath?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Of TLS, in OpenSSL's words. */
  readonly ciphers?: readonly string[] | undefined;
  /** Unpack what the server packed with gzip. */
  readonly decompresses?: boolean | undefined;
  /** Take name and password from `~/.netrc`. */
  readonly usesNetrc?: boolean | undefined;
  /** Where the body of a good answer goes on the host. */
  readonly dest?: HttpDestination | undefined;
  /** Bring the answer's body back whatever its type; JSON always is. */
  readonly wantsContent: boolean;
  readonly isReadonly: boolean;
}

export interface HttpDestination {
  /** A directory takes a file of the URL's name. */
  readonly path: string;
  readonly fileName: string;
  readonly statuses: readonly number[];
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

export interface HttpResponse {
  /** -1 when there was no answer. */
  readonly status: number;
  /** The words after the status, or why there was no answer. */
  readonly reason: string;
  /** Lower-case names; values of a repeated header in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Undefined when it was not brought back. */
  readonly body: Uint8Array | undefined;
  /** Path that was written, and whether its content or attributes differed. */
  readonly destPath: string | undefined;
  readonly hasWritten: boolean;
}

/** Sends one request; redirects are not followed. Secrets of URL, headers and body travel on stdin, never on a command line. */
export async function requestFromHost(host: HostAccess, request: HttpRequest): Promise<HttpResponse> {
  const parts = [curlConfig(request), wgetConfig(request), `${request.url}\n`, rawRequest(request)].map((text) =>
    encodeBytes(text),
  );
  const body = request.body ?? new Uint8Array();
  const command = {
    script: httpScript(
      request,
      parts.map(({ length }) => length),
    ),
    stdin: Buffer.concat([...parts, body]),
    timeoutMs: (request.timeoutSeconds + 5) * 20_000,
  };
  const output = request.isReadonly ? await host.execReadonly(command) : await host.exec(command);
  const end = output.stdoutBytes.indexOf(0x0a);
  const [client, rc, headerBytes, bodyBytes, hasWritten, ...destPath] = decodeBytes(
    output.stdoutBytes.subarray(0, Math.max(end, 0)),
  ).split(" ");
  if (end < 0 || client === "none" || bodyBytes === undefined)
    throw new TaskFailure(whyNoClient(client, output.stderr, request.url));
  const headerEnd = end + 1 + Number(headerBytes);
  const head = parseHead(decodeBytes(output.stdoutBytes.subarray(end + 1, headerEnd)));
  const content = output.stdoutBytes.subarray(headerEnd);
  if (content.length < Number(bodyBytes))
    throw new TaskFailure(`the answer of ${request.url} is too long to be brought back: use \`dest\``);
  if (head === undefined) return noAnswer(Number(rc), output.stderr);
  return {
    ...head,
    body: Number(bodyBytes) < 0 ? undefined : decodeChunks(content, client === "perl" ? head.headers : new Map()),
    destPath: destPath.length > 0 ? destPath.join(" ") : undefined,
    hasWritten: hasWritten === "1",
  };
}

/** The last head: earlier ones belong to `100 Continue`, to proxies and to challenges. */
function parseHead(text: string): { status: number; reason: string; headers: Map<string, string[]> } | undefined {
  const [first = "", ...lines] =
    text
      .replaceAll("\r", "")
      .split(/^(?=HTTP\/)/m)
      .at(-1)
      ?.split("\n") ?? [];
  const [, status, reason = ""] = /^HTTP\/\S+ (\d{3}) ?(.*)$/.exec(first) ?? [];
  if (status === undefined) return undefined;
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return { status: Number(status), reason, headers };
}

function noAnswer(rc: number, stderr: string): HttpResponse {
  const why = stderr.trim().split("\n").at(-1) || `the request failed (${rc})`;
  return {
    status: -1,
    reason: `Request failed: ${why}`,
    headers: new Map(),
    body: undefined,
    destPath: undefined,
    hasWritten: false,
  };
}

function whyNoClient(client: string | undefined, stderr: string, url: string): string {
  if (client !== "none") return `the request for ${url} failed on the host: ${stderr.trim()}`;
  const what = url.startsWith("https:") ? "an https request needs curl or wget" : "a request needs curl, wget or perl";
  return `${what} on the host, and it has none: install \`curl\``;
}

/** A server may send chunks although it was asked in HTTP/1.0; only the Perl client leaves them as they are. */
function decodeChunks(body: Uint8Array, headers: ReadonlyMap<string, readonly string[]>): Uint8Array {
  if (!headers.get("transfer-encoding")?.some((value) => value.toLowerCase().includes("chunked"))) return body;
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    const lineEnd = body.indexOf(0x0a, at);
    const size = Number.parseInt(Buffer.from(body.subarray(at, lineEnd)).toString("latin1"), 16);
    if (lineEnd < 0 || !(size > 0)) break;
    parts.push(body.subarray(lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + 1 + size + 2;
  }
  return Buffer.concat(parts);
}
