import { type Change, type CommandOutput, change, create, type Diff, type Plan, TaskFailure, unknown, z } from "tsrun";
import {
  type ChecksumAlgorithm,
  checksumOf,
  chmodWord,
  defineFileTask,
  type Download,
  fetchFile,
  file,
  fileAttributeArgs,
  fileChecksum,
  fileContent,
  fileResult,
  fileReturns,
  type FileState,
  joinPath,
  newAttributes,
  plainPath,
  planAttributeChange,
  previousOf,
  refusePlantedLink,
} from "tsrun/state";

const args = z.object({
  url: z.string().describe("What to fetch: http, https, ftp or file"),
  dest: z.string().describe("Where it should be on the host; in a directory it keeps its name").meta({ path: true }),
  ...fileAttributeArgs,
  checksum: z
    .string()
    .default("")
    .describe("`sha256:<hex>`, or `sha256:<URL of a list>`; a file that has it is not fetched again"),
  force: z.boolean().default(false).describe("Fetch it each time, even when the server says that it is no newer"),
  backup: z.boolean().default(false).describe("Keep the old file under a name with the time"),
  timeout: z.number().int().positive().default(10).describe("Seconds to wait for the server"),
  headers: z.record(z.string(), z.coerce.string()).optional().describe("More headers of the request"),
  url_username: z
    .string()
    .optional()
    .describe("Name for basic authentication")
    .meta({ aliases: ["username"] }),
  url_password: z
    .string()
    .optional()
    .describe("Password for basic authentication")
    .meta({ aliases: ["password"], secret: true }),
  force_basic_auth: z
    .boolean()
    .default(false)
    .describe("Accepted for Ansible's sake: name and password are always sent at once"),
  validate_certs: z.boolean().default(true).describe("Check the server's certificate"),
  use_proxy: z.boolean().default(true).describe("Heed the host's proxy settings"),
  http_agent: z.string().default("ansible-httpget").describe("Name by which the client calls itself"),
  client_cert: z.string().optional().describe("Client certificate on the host, PEM").meta({ path: true }),
  decompress: z.boolean().default(true).describe("Unpack an answer that the server packed with gzip (with curl)"),
  ciphers: z.array(z.string()).optional().describe("Ciphers of TLS, in OpenSSL's words"),
  use_netrc: z.boolean().default(true).describe("Take name and password from `~/.netrc` where none are given"),
  unredirected_headers: z
    .array(z.string())
    .default([])
    .describe(
      "Headers that are not sent to another host where a redirect leads: `Authorization` and `Cookie`, with curl",
    ),
  use_gssapi: z.boolean().default(false).describe("Refused: authentication by GSSAPI is not supported"),
  tmp_dest: z
    .string()
    .optional()
    .describe("Accepted for Ansible's sake: the file is fetched beside its place, and put there by a rename")
    .meta({ path: true }),
  client_key: z.string().optional().describe("Its key, PEM").meta({ path: true }),
});
type Args = z.output<typeof args>;

const algorithms: readonly string[] = [
  "md5",
  "sha1",
  "sha224",
  "sha256",
  "sha384",
  "sha512",
] satisfies readonly ChecksumAlgorithm[];

interface State {
  readonly dest: FileState | undefined;
  readonly current: FileState | undefined;
  readonly sha1: string | undefined;
  readonly wanted: string | undefined;
}

export default defineFileTask({
  name: "get_url",
  summary: "Let the host fetch a file",
  args,
  returns: {
    url: "Where it was fetched from",
    dest: "The file",
    checksum_src: "SHA-1 of what was fetched",
    checksum_dest: "SHA-1 of the file before",
    md5sum: "MD5 of the file, when the server sent it; null where the host cannot make one",
    elapsed: "How long the download took, in whole seconds",
    status_code: "What the server answered",
    backup_file: "Copy of the old file, with `backup`",
    ...fileReturns,
  },
  examples: [
    {
      name: "A file that is known",
      yaml: "get_url:\n  url: http://127.0.0.1:8080/consul.zip\n  dest: /opt/consul.zip\n  checksum: sha256:http://127.0.0.1:8080/SHA256SUMS",
    },
  ],
  observe(args, known) {
    const path = pathOf(args, known(file(plainPath(args.dest))));
    const current = known(file(path));
    const size = current?.type === "file" ? current.size : 0;
    const checksum = parseChecksum(args.checksum);
    return {
      dest: file(plainPath(args.dest)),
      current: file(path),
      sha1: checksumOf({ path, algorithm: "sha1" }, size),
      wanted: checksum?.hex === undefined ? undefined : checksumOf({ path, algorithm: checksum.algorithm }, size),
    };
  },
  plan(args, observed, { applied, isCheck }) {
    const state = observed as unknown as State;
    refuseUnsupported(args);
    const path = pathOf(args, state.dest);
    const { current } = state;
    const checksum = parseChecksum(args.checksum);
    if (current?.type === "directory") throw new TaskFailure(`${path} is a directory`);
    const target = current?.type === "link" ? current.followed : current;
    const attributes =
      current && target ? planAttributeChange(args, path, current.realPath ?? path, current, target) : [];
    const targetPath = current?.realPath ?? path;
    const done = previousOf(targetPath, applied);
    if (done) {
      // A second look: the content differs from what was there, or it does not; then owner and mode.
      const isNews = state.sha1 !== undefined && state.sha1 !== done.previous;
      return {
        changes: [
          ...(isNews
            ? [
                change(fileChecksum({ path, algorithm: "sha1" }), state.sha1 as string, [], {
                  isEvent: true,
                  diff: fetchDiff(args, path, done.previous),
                }),
              ]
            : []),
          ...attributes,
        ],
      };
    }
    const isRight = target !== undefined && checksum?.hex !== undefined && state.wanted === checksum.hex;
    if (isRight && !args.force)
      return {
        changes: attributes,
        msg: attributes.length > 0 ? "file already exists but file attributes changed" : "file already exists",
      };
    if (target !== current) refusePlantedLink(path, current);
    const created = newAttributes(args, "file");
    if (isCheck) return predictFetch(args, path, state, attributes);
    return { changes: [fetchFile(downloadOf(args, targetPath, chmodWord(created.mode)), state.sha1)], isPartial: true };
  },
  result(args, { before, after, changes, outputs, isCheck }) {
    const state = after as unknown as State;
    const path = pathOf(args, (before as unknown as State).dest);
    const status = toldAs("status", outputs);
    const backup = toldAs("backup_file", outputs);
    return {
      url: args.url,
      dest: path,
      checksum_src: changes.length > 0 ? (state.sha1 ?? null) : null,
      checksum_dest: outputs.length > 0 || isCheck ? ((before as unknown as State).sha1 ?? null) : null,
      elapsed: Number(toldAs("elapsed", outputs) ?? 0),
      ...(status !== undefined && status !== "000" && { status_code: Number(status) }),
      ...(status !== undefined && status !== "304" && { md5sum: toldAs("md5", outputs) ?? null }),
      ...(changes.some((change) => change.isEvent && !change.isQuiet) && {
        msg: `OK (${state.current?.size ?? 0} bytes)`,
      }),
      ...(backup !== undefined && { backup_file: backup }),
      ...fileResult(state.current?.type === "link" ? state.current.followed : state.current),
    };
  },
});

function refuseUnsupported({ use_gssapi, unredirected_headers }: Args): void {
  if (use_gssapi) throw new TaskFailure("`use_gssapi` is not supported");
  const other = unredirected_headers.find((name) => !/^(authorization|cookie)$/i.test(name));
  if (other !== undefined)
    throw new TaskFailure(`\`unredirected_headers\` knows \`Authorization\` and \`Cookie\` only, not \`${other}\``);
}

/** Under --check: a new file, or one of another checksum, is a change; whether the server has news nobody can know. */
function predictFetch(args: Args, path: string, { current, sha1 }: State, attributes: readonly Change[]): Plan {
  const options = { diff: fetchDiff(args, path, sha1) };
  if (!current) return { changes: [create(file(path), { type: "file", ...newAttributes(args, "file") }, [], options)] };
  const news = change(fileChecksum({ path, algorithm: "sha1" }), unknown, [], {
    ...options,
    mayAlter: [fileContent(path)],
  });
  if (parseChecksum(args.checksum)?.hex !== undefined && !args.force) return { changes: [news, ...attributes] };
  return { changes: [news], unknown: "whether the server has another content" };
}

function fetchDiff({ url }: Args, path: string, sha1: string | undefined): Diff {
  return {
    before: sha1 === undefined ? "" : `sha1: ${sha1}\n`,
    after: `url: ${url}\n`,
    beforeHeader: path,
    afterHeader: path,
  };
}

function downloadOf(args: Args, path: string, mode: string): Download {
  const checksum = parseChecksum(args.checksum);
  return {
    url: args.url,
    path,
    mode,
    timeout: args.timeout,
    headers: args.headers,
    username: args.url_username,
    password: args.url_password,
    validate_certs: args.validate_certs,
    use_proxy: args.use_proxy,
    http_agent: args.http_agent,
    client_cert: args.client_cert,
    client_key: args.client_key,
    decompress: args.decompress,
    ciphers: args.ciphers,
    use_netrc: args.use_netrc,
    needsCurl: args.unredirected_headers.length > 0,
    force: args.force,
    backup: args.backup,
    wantsMd5: true,
    ...(checksum?.hex !== undefined && { checksum: { algorithm: checksum.algorithm, hex: checksum.hex } }),
    ...(checksum?.url !== undefined && { checksumUrl: { algorithm: checksum.algorithm, url: checksum.url } }),
  };
}

function pathOf({ dest, url }: Args, found: FileState | undefined): string {
  const isDirectory = dest.endsWith("/") || found?.type === "directory" || found?.followed?.type === "directory";
  if (!isDirectory) return plainPath(dest);
  const name = decodeURIComponent(url.replace(/[?#].*$/, "").replace(/^.*\//, "")).replaceAll("/", "_");
  return joinPath(dest, name === "" || name === "." || name === ".." ? "index.html" : name);
}

interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly hex?: string;
  readonly url?: string;
}

function parseChecksum(text: string): Checksum | undefined {
  if (text === "") return undefined;
  const colon = text.indexOf(":");
  const algorithm = text.slice(0, colon);
  if (colon === -1) throw new TaskFailure("The checksum parameter has to be in format <algorithm>:<checksum>");
  if (!algorithms.includes(algorithm))
    throw new TaskFailure(
      `expected one of ${algorithms.join(", ")} before the colon of \`checksum\`, got \`${algorithm}\``,
    );
  const value = text.slice(colon + 1);
  if (/^(https?|ftp|file):\/\//.test(value)) return { algorithm: algorithm as ChecksumAlgorithm, url: value };
  const hex = value.replace(/\W+/g, "").toLowerCase();
  if (!/^[0-9a-f]+$/.test(hex)) throw new TaskFailure("The checksum format is invalid");
  return { algorithm: algorithm as ChecksumAlgorithm, hex };
}

/** What the download printed as `name=`. */
function toldAs(name: string, outputs: readonly CommandOutput[]): string | undefined {
  return outputs.map(({ stdout }) => new RegExp(`^${name}=(.+)$`, "m").exec(stdout)?.[1]).find(Boolean);
}
