import {
  type ActionContext,
  type ActionResult,
  decodeBytes,
  defineAction,
  encodeBody,
  type HttpRequest,
  type HttpResponse,
  requestFromHost,
  TaskFailure,
  z,
} from "tsrun";
import {
  fileAttributeArgs,
  fileFlags,
  flagsAfter,
  pathMatch,
  refuseContext,
  runOnceQueries,
  selinuxEnabled,
  setFlags,
  wantsContext,
} from "tsrun/state";

const args = z.object({
  url: z.string().describe("Where to"),
  method: z
    .string()
    .regex(/^[A-Z]+$/, "expected a single word in upper case, like GET or POST")
    .default("GET")
    .describe("Method of the request"),
  status_code: z.array(z.number().int()).default([200]).describe("Statuses that count as success"),
  return_content: z
    .boolean()
    .default(false)
    .describe("Put the body of the answer into `content`; JSON always comes as `json`"),
  headers: z.record(z.string(), z.unknown()).default({}).describe("Headers of the request"),
  body: z.unknown().optional().describe("Body of the request"),
  body_format: z
    .enum(["raw", "json", "form-urlencoded", "form-multipart"])
    .default("raw")
    .describe("How `body` is encoded"),
  src: z.string().optional().describe("File that is the body: of the controller, or of the host with `remote_src`"),
  remote_src: z.boolean().default(false).describe("`src` is a file of the host"),
  dest: z.string().optional().describe("File on the host that gets the body of the answer").meta({ path: true }),
  ...fileAttributeArgs,
  url_username: z
    .string()
    .optional()
    .describe("User for basic authentication")
    .meta({ aliases: ["user"] }),
  url_password: z
    .string()
    .optional()
    .describe("Password for basic authentication")
    .meta({ aliases: ["password"], secret: true }),
  force_basic_auth: z.boolean().default(false).describe("Send user and password at once, not only when asked"),
  follow_redirects: z
    .enum(["safe", "all", "yes", "no", "none", "urllib2"])
    .default("safe")
    .describe("`safe`: only for GET and HEAD; `all`: for every method"),
  timeout: z.number().int().positive().default(30).describe("Seconds without progress until it fails"),
  validate_certs: z.boolean().default(true).describe("Check the server's certificate"),
  ca_path: z.string().optional().describe("File of the host with certificates of authorities"),
  client_cert: z.string().optional().describe("Certificate of the client, a file of the host"),
  client_key: z.string().optional().describe("Key of the client, a file of the host"),
  unix_socket: z.string().optional().describe("Unix socket of the host to connect to"),
  ciphers: z.array(z.string()).optional().describe("Ciphers of TLS, in OpenSSL's words"),
  decompress: z.boolean().default(true).describe("Unpack an answer that the server packed with gzip"),
  use_netrc: z.boolean().default(true).describe("Take name and password from `~/.netrc` where none are given"),
  use_gssapi: z.boolean().default(false).describe("Refused: authentication by GSSAPI is not supported"),
  http_agent: z.string().default("ansible-httpget").describe("User-Agent header"),
  use_proxy: z.boolean().default(true).describe("Heed the host's proxy variables"),
  unredirected_headers: z
    .array(z.string())
    .default([])
    .describe("Headers that are not sent again where a redirect leads"),
  force: z.boolean().default(false).describe("Ask caches for a fresh copy"),
  creates: z.string().optional().describe("Path: when it exists, nothing is requested"),
  removes: z.string().optional().describe("Path: when it does not exist, nothing is requested"),
});
type Args = z.output<typeof args>;

const maxRedirects = 10;

export default defineAction({
  name: "uri",
  summary: "Make an HTTP request from the host",
  args,
  returns: {
    status: "What the server answered, such as 200",
    url: "Where the answer came from",
    content: "The body, with `return_content` or after a failure",
    json: "The body as values, when it is JSON",
    elapsed: "How long it took, in seconds",
    redirected: "Whether the server sent it elsewhere",
    cookies: "Cookies that were set",
    cookies_string: "The same as one text",
    dest: "The file, with `dest`",
    path: "The file that was written, with `dest`",
  },
  examples: [
    {
      name: "Wait for health",
      yaml: "uri:\n  url: http://127.0.0.1:8500/v1/status/leader\n  return_content: true\nregister: leader\nuntil: leader.json is defined and leader.json\nretries: 10\ndelay: 1",
    },
  ],
  runsOn: "host",
  // RFC 9110 section 9.2.1: GET and HEAD only read.
  writes: (args) => !isReadonly(args),
  inCheckMode: "skip",
  observe: runOnceQueries,
  async run(args, context) {
    const done = await alreadyThere(args, context);
    if (done) return done;
    if (wantsContext(args)) refuseContext(args, await context.host.cached(selinuxEnabled(null)));
    const startedAt = context.now();
    const first = await firstRequest(args, context);
    const { response, url } = await follow(args, first, context);
    const hasNewFlags = await giveFlags(args, response, context);
    return report(
      args,
      hasNewFlags ? { ...response, hasWritten: true } : response,
      { url, isRedirected: url !== first.url },
      Math.floor((context.now() - startedAt) / 1000),
    );
  },
});

/** Attributes of the file system for the file that was written. */
async function giveFlags({ attributes }: Args, { destPath }: HttpResponse, { host }: ActionContext): Promise<boolean> {
  if (attributes === undefined || destPath === undefined) return false;
  if (flagsAfter(attributes, await host.read(fileFlags(destPath))) === undefined) return false;
  const { rc, stderr } = await host.exec({ script: setFlags(destPath, attributes) });
  if (rc !== 0) throw new TaskFailure(`chattr failed: ${stderr.trim()}`, { rc });
  return true;
}

function isReadonly({ method, dest }: Args): boolean {
  return (method === "GET" || method === "HEAD") && dest === undefined;
}

async function alreadyThere({ creates, removes }: Args, { host }: ActionContext): Promise<ActionResult | undefined> {
  if (creates !== undefined && (await host.cached(pathMatch(creates))))
    return { changed: false, stdout: `skipped, since '${creates}' exists` };
  if (removes !== undefined && !(await host.cached(pathMatch(removes))))
    return { changed: false, stdout: `skipped, since '${removes}' does not exist` };
  return undefined;
}

async function firstRequest(args: Args, { controller }: ActionContext): Promise<HttpRequest> {
  if (!URL.canParse(args.url) || !/^https?:/i.test(args.url))
    throw new TaskFailure(`\`url\` is no http address: ${args.url}`);
  if (args.use_gssapi) throw new TaskFailure("`use_gssapi` is not supported");
  if (args.body !== undefined && args.src !== undefined)
    throw new TaskFailure("parameters are mutually exclusive: body|src");
  const isLocal = args.src !== undefined && !args.remote_src;
  const body = isLocal
    ? { bytes: await controller.read(await controller.find(args.src as string, "files")) }
    : await encodeBody(args.body, args.src === undefined ? args.body_format : "raw", controller);
  const { url, user, password } = splitCredentials(args);
  const headers = Object.fromEntries(Object.entries(args.headers).map(([name, value]) => [name, String(value)]));
  const add = (name: string, value: string) => {
    if (!Object.keys(headers).some((header) => header.toLowerCase() === name.toLowerCase())) headers[name] = value;
  };
  add("User-Agent", args.http_agent);
  if (body.contentType !== undefined) add("Content-Type", body.contentType);
  if (args.force) add("Cache-Control", "no-cache");
  if (user !== undefined && (args.force_basic_auth || args.url_username === undefined))
    add("Authorization", basic(user, password));
  return {
    url,
    method: args.method,
    headers,
    body: body.bytes,
    bodyPath: args.remote_src ? args.src : undefined,
    timeoutSeconds: args.timeout,
    validatesCertificates: args.validate_certs,
    usesProxy: args.use_proxy,
    unixSocket: args.unix_socket,
    caPath: args.ca_path,
    clientCert: args.client_cert,
    clientKey: args.client_key,
    ciphers: args.ciphers,
    decompresses: args.decompress,
    usesNetrc: args.use_netrc && args.url_username === undefined,
    dest:
      args.dest === undefined
        ? undefined
        : {
            path: args.dest,
            fileName: new URL(url).pathname.split("/").at(-1) || "index.html",
            statuses: args.status_code,
            mode: args.mode,
            owner: args.owner,
            group: args.group,
          },
    wantsContent: args.return_content,
    isReadonly: isReadonly(args),
  };
}

/** Sends the request, answers a challenge once, and goes where redirects lead as far as `follow_redirects` allows. */
async function follow(
  args: Args,
  first: HttpRequest,
  { host }: ActionContext,
): Promise<{ response: HttpResponse; url: string }> {
  let request = first;
  for (let hops = 0; ; hops++) {
    let response = await requestFromHost(host, request);
    const challenge = response.headers.get("www-authenticate")?.some((value) => /^basic\b/i.test(value)) === true;
    if (response.status === 401 && challenge && args.url_username !== undefined && !request.headers["Authorization"]) {
      request = {
        ...request,
        headers: { ...request.headers, Authorization: basic(args.url_username, args.url_password ?? "") },
      };
      response = await requestFromHost(host, request);
    }
    const location = response.headers.get("location")?.[0];
    const isRedirect =
      [301, 302, 303, 307, 308].includes(response.status) &&
      location !== undefined &&
      URL.canParse(location, request.url);
    if (!isRedirect || !mayFollow(args, request.method) || args.status_code.includes(response.status))
      return { response, url: request.url };
    if (hops >= maxRedirects) throw new TaskFailure(`more than ${maxRedirects} redirects from ${args.url}`);
    request = redirected(
      request,
      new URL(location as string, request.url).href,
      response.status,
      args.unredirected_headers.map((name) => name.toLowerCase()),
    );
  }
}

function mayFollow({ follow_redirects }: Args, method: string): boolean {
  if (follow_redirects === "all" || follow_redirects === "yes") return true;
  if (follow_redirects === "no" || follow_redirects === "none") return false;
  return method === "GET" || method === "HEAD" || (follow_redirects === "urllib2" && method === "POST");
}

/** As browsers do: after 303, and after 301 and 302 of a POST, the next request is a GET. Credentials stay with their host. */
function redirected(request: HttpRequest, url: string, status: number, own: readonly string[]): HttpRequest {
  if (!/^https?:/i.test(url)) throw new TaskFailure(`the server redirects to ${url}, which is no http address`);
  const isGet = (status === 303 && request.method !== "HEAD") || (status < 303 && request.method === "POST");
  const isElsewhere = new URL(url).host !== new URL(request.url).host;
  const dropped = [...own, ...(isElsewhere ? ["authorization", "cookie"] : []), ...(isGet ? ["content-type"] : [])];
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !dropped.includes(name.toLowerCase())),
  );
  return { ...request, url, headers, ...(isGet && { method: "GET", body: undefined, bodyPath: undefined }) };
}

function report(
  args: Args,
  response: HttpResponse,
  where: { url: string; isRedirected: boolean },
  elapsed: number,
): ActionResult {
  const isExpected = args.status_code.includes(response.status);
  const length = response.headers.get("content-length")?.[0] ?? "unknown";
  const msg =
    response.status < 0
      ? response.reason
      : response.status < 400
        ? `OK (${length} bytes)`
        : `HTTP Error ${response.status}: ${response.reason}`;
  const content = response.body && decodeBytes(response.body);
  const json = content === undefined ? undefined : parseJson(response, content);
  const cookies = (response.headers.get("set-cookie") ?? []).map((cookie) => cookie.split(";", 1)[0] ?? "");
  return {
    ...Object.fromEntries(
      [...response.headers].map(([name, values]) => [name.replaceAll("-", "_"), values.join(", ")]),
    ),
    ...(response.headers.has("location") && {
      location: new URL(response.headers.get("location")?.[0] ?? "", where.url).href,
    }),
    changed: response.hasWritten,
    status: response.status,
    url: where.url,
    redirected: where.isRedirected,
    elapsed,
    cookies: Object.fromEntries(
      cookies.map((cookie) => [cookie.slice(0, cookie.indexOf("=")), cookie.slice(cookie.indexOf("=") + 1)]),
    ),
    cookies_string: cookies.join("; "),
    ...(response.destPath !== undefined && { path: response.destPath }),
    ...(json !== undefined && { json: json.value }),
    ...(args.return_content && { content: content ?? "" }),
    ...(response.status >= 400 && { body: content ?? "" }),
    msg: isExpected ? msg : `Status code was ${response.status} and not [${args.status_code.join(", ")}]: ${msg}`,
    ...(!isExpected && { failed: true }),
  };
}

function parseJson(response: HttpResponse, content: string): { readonly value: unknown } | undefined {
  const type = (response.headers.get("content-type")?.at(-1) ?? "").split(";", 1)[0]?.trim() ?? "";
  if (!/\/(.*\+)?(json|javascript)$/i.test(type)) return undefined;
  try {
    return { value: JSON.parse(content) as unknown };
  } catch {
    return undefined;
  }
}

/** `http://user:secret@host/`: the credentials leave the URL, which shows in results. */
function splitCredentials({ url, url_username, url_password }: Args) {
  const parsed = new URL(url);
  const user = url_username ?? (parsed.username === "" ? undefined : decodeURIComponent(parsed.username));
  const password = url_password ?? decodeURIComponent(parsed.password);
  if (parsed.username === "" && parsed.password === "") return { url, user, password };
  parsed.username = "";
  parsed.password = "";
  return { url: parsed.href, user, password };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
