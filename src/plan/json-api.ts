import { decodeBytes } from "../lib/bytes.ts";
import type { HostAccess } from "../task/define-action.ts";
import { TaskFailure } from "../task/failure.ts";
import { requestFromHost } from "../task/host-http.ts";

/** A service with an HTTP API of JSON, as the host reaches it. */
export interface JsonApi {
  /** Without a slash at its end. */
  readonly url: string;
  /** Tokens stand here: headers are on no command line. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly validatesCertificates: boolean;
  readonly caPath?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

export interface JsonRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Encoded already, with a slash at its beginning. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as it is when it is text, as JSON otherwise. */
  readonly body?: unknown;
  /** A POST that only looks. */
  readonly isReadonly?: boolean;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Undefined for an empty answer and for one that is no JSON. */
  readonly json: unknown;
  readonly text: string;
}

/** One call. Fails when there is no answer, and for every status but those given and 2xx. */
export async function callApi(
  host: HostAccess,
  api: JsonApi,
  request: JsonRequest,
  accepted: readonly number[] = [],
): Promise<JsonAnswer> {
  const query = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  const { body, method } = request;
  const response = await requestFromHost(host, {
    url: `${api.url}${request.path}${query.length > 0 ? `?${query.join("&")}` : ""}`,
    method,
    headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...api.headers },
    body: body === undefined ? undefined : Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
    timeoutSeconds: api.timeoutSeconds,
    validatesCertificates: api.validatesCertificates,
    usesProxy: true,
    caPath: api.caPath,
    clientCert: api.clientCert,
    clientKey: api.clientKey,
    wantsContent: true,
    isReadonly: request.isReadonly ?? method === "GET",
  });
  const text = decodeBytes(response.body ?? new Uint8Array());
  const isGood = (response.status >= 200 && response.status < 300) || accepted.includes(response.status);
  if (response.status < 0) throw new TaskFailure(`${method} ${api.url}${request.path}: ${response.reason}`);
  if (!isGood) {
    const said = text.trim() || response.reason;
    throw new TaskFailure(`${method} ${api.url}${request.path} answered ${response.status}: ${said}`, {
      status: response.status,
    });
  }
  return { status: response.status, headers: response.headers, json: parseJson(text), text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
