import {
  type ActionContext,
  type ActionResult,
  defineAction,
  encodeBytes,
  type HostAccess,
  type Query,
  sh,
  TaskFailure,
  z,
} from "tsrun";
import { dearmor, directoryFiles, fileContent, getFromHost, type OpenPgpKey, readKeys } from "tsrun/state";

const args = z.object({
  id: z
    .string()
    .regex(/^(0[xX])?([0-9A-Fa-f]{8}|[0-9A-Fa-f]{16,})$/, "expected 8, 16 or more hexadecimal digits")
    .optional()
    .describe("Fingerprint of the key, or its last 8 or 16 digits; with it nothing is fetched when the key is there"),
  data: z.string().optional().describe("The key, armored"),
  file: z.string().optional().describe("File of the host with the key").meta({ path: true }),
  url: z.string().optional().describe("Where the host gets the key"),
  keyserver: z.string().optional().describe("Server of keys that has the key `id`"),
  keyring: z.string().optional().describe("Keyring to keep the key in").meta({ path: true }),
  validate_certs: z.boolean().default(true).describe("Check the certificate of `url`"),
  state: z.enum(["present", "absent"]).default("present").describe("Whether apt should trust the key"),
});
type Args = z.output<typeof args>;

const mainRing = "/etc/apt/trusted.gpg";
const ringDirectory = "/etc/apt/trusted.gpg.d";
const advice =
  "apt trusts a key of `apt_key` for every repository; `deb822_repository` with `signed_by` trusts it for one alone";

export default defineAction({
  name: "apt_key",
  summary: "Let apt trust a key for all repositories; better: `deb822_repository` with `signed_by`",
  args,
  returns: {
    id: "The key that was asked for",
    key_id: "The same, upper case and without `0x`",
    fp: "Its last 16 digits",
    short_id: "Its last 8 digits",
    before: "Keys that were trusted, with their subkeys",
    after: "Keys that are trusted now, after a change",
  },
  examples: [
    {
      name: "A key of a vendor",
      yaml: "apt_key:\n  id: C874011F0AB405110D02105534365D9472D7468F\n  url: https://apt.releases.hashicorp.com/gpg",
    },
  ],
  runsOn: "host",
  inCheckMode: "run",
  observe: ({ keyring }) =>
    keyring === undefined
      ? { main: fileContent(mainRing), parts: directoryFiles(ringDirectory) }
      : { main: fileContent(keyring) },
  async run(args, context) {
    refuseBadCombinations(args);
    const { host, isCheck, wantsDiff } = context;
    const warn = (message: string) => context.warn(message);
    const given = args.id === undefined ? await newKeys(args, context) : undefined;
    // As Ansible names a key that it was not told the id of.
    const id = args.id ?? given?.[0]?.fingerprint.slice(-16) ?? "";
    const key_id = id.toUpperCase().replace(/^0X/, "");
    const names = { id, key_id, fp: key_id.slice(-16), short_id: key_id.slice(-8) };
    const isShort = key_id.length === 8;
    const rings = await readRings(args, (query) => host.cached(query), warn);
    const before = idsOf(rings, isShort);
    const isTrusted = hasKey(rings, key_id);
    if (isTrusted === (args.state === "present")) return { changed: false, ...names, before };
    const [old, wanted] = args.state === "present" ? ["", `${key_id}\n`] : [`${key_id}\n`, ""];
    const diff = wantsDiff && { diff: [{ before: old, after: wanted, beforeHeader: "keys", afterHeader: "keys" }] };
    if (isCheck) return { changed: true, ...names, before, ...diff };
    if (args.state === "absent") await removeKey(host, rings, key_id);
    else await addKeys(host, args, rings, given ?? (await newKeys(args, context)), key_id);
    const now = await readRings(args, (query) => host.read(query), warn);
    const after = idsOf(now, isShort);
    if (hasKey(now, key_id) !== (args.state === "present"))
      throw new TaskFailure(`the key ${id} is ${args.state === "present" ? "not" : "still"} trusted`, {
        before,
        after,
      });
    warn(advice);
    return { changed: true, ...names, before, after, ...diff } satisfies ActionResult;
  },
});

interface Ring {
  readonly path: string;
  readonly keys: readonly OpenPgpKey[];
}

async function readRings(
  { keyring }: Args,
  read: <T>(query: Query<T>) => Promise<T>,
  warn: (message: string) => void,
): Promise<readonly Ring[]> {
  const path = keyring ?? mainRing;
  const main = await read(fileContent(path));
  const parts = keyring === undefined ? ((await read(directoryFiles(ringDirectory))) ?? {}) : {};
  const files = [
    ...(main?.text === undefined ? [] : [[path, main.text] as const]),
    ...Object.entries(parts).flatMap(([name, text]) =>
      /\.(gpg|asc)$/.test(name) ? [[`${ringDirectory}/${name}`, text] as const] : [],
    ),
  ];
  return files.flatMap(([file, text]) => {
    try {
      return [{ path: file, keys: readKeys(dearmor(encodeBytes(text))) }];
    } catch {
      // gpg's keybox is such a one; apt does not read it either.
      if (keyring !== undefined) throw new TaskFailure(`${file} is no keyring of OpenPGP packets`);
      warn(`${file} is no keyring of OpenPGP packets: it is passed over`);
      return [];
    }
  });
}

/** The keys that are to be trusted, from where the arguments say. */
async function newKeys(args: Args, { host }: ActionContext): Promise<readonly OpenPgpKey[]> {
  const bytes = await keyBytes(args, host);
  try {
    const keys = readKeys(dearmor(bytes));
    if (keys.length > 0) return keys;
  } catch {
    // Told below, with where it came from.
  }
  throw new TaskFailure(`Unable to extract key from '${args.file ?? args.url ?? args.keyserver ?? "inline data"}'`);
}

async function keyBytes(
  { data, file, url, keyserver, id, validate_certs }: Args,
  host: HostAccess,
): Promise<Uint8Array> {
  if (data !== undefined) return encodeBytes(data);
  if (file !== undefined) {
    const content = await host.read(fileContent(file));
    if (content?.text === undefined) throw new TaskFailure(`${file} is missing on the host`);
    return encodeBytes(content.text);
  }
  const address = url ?? (keyserver === undefined ? undefined : keyserverUrl(keyserver, id as string));
  if (address === undefined)
    throw new TaskFailure("one of the following is needed for a key: data, file, url, keyserver");
  return await getFromHost(host, address, { validatesCertificates: validate_certs });
}

/** https://datatracker.ietf.org/doc/html/draft-shaw-openpgp-hkp-00 */
function keyserverUrl(keyserver: string, id: string): string {
  const [, scheme = "hkp", place = ""] = /^(?:(hkps?|https?):\/\/)?(.*?)\/*$/.exec(keyserver) ?? [];
  const isSecure = scheme === "hkps" || scheme === "https";
  const port = /:\d+$/.test(place) || scheme !== "hkp" ? "" : ":11371";
  const search = `0x${id.replace(/^0x/i, "")}`;
  return `${isSecure ? "https" : "http"}://${place}${port}/pks/lookup?op=get&options=mr&search=${search}`;
}

async function addKeys(
  host: HostAccess,
  { keyring }: Args,
  rings: readonly Ring[],
  keys: readonly OpenPgpKey[],
  id: string,
): Promise<void> {
  if (!keys.some(({ fingerprint }) => fingerprint.endsWith(id))) {
    const found = keys.map(({ fingerprint }) => fingerprint).join(", ");
    throw new TaskFailure(`the key ${id} is not there: expected it, got ${found} (a subkey's id is no key's)`);
  }
  const fresh = keys.filter(({ fingerprint }) => !hasKey(rings, fingerprint));
  if (keyring !== undefined) {
    const old = rings.find(({ path }) => path === keyring)?.keys ?? [];
    await writeRing(host, keyring, [...old, ...fresh]);
    return;
  }
  for (const key of fresh) await writeRing(host, `${ringDirectory}/${key.fingerprint}.gpg`, [key]);
}

async function removeKey(host: HostAccess, rings: readonly Ring[], id: string): Promise<void> {
  for (const { path, keys } of rings) {
    const left = keys.filter(({ fingerprint }) => !fingerprint.endsWith(id));
    if (left.length === keys.length) continue;
    if (left.length > 0) await writeRing(host, path, left);
    else {
      const { rc, stderr } = await host.exec({ script: sh`rm -f -- ${path}` });
      if (rc !== 0) throw new TaskFailure(`cannot remove ${path}: ${stderr.trim()}`);
    }
  }
}

async function writeRing(host: HostAccess, path: string, keys: readonly OpenPgpKey[]): Promise<void> {
  const bytes = Buffer.concat(keys.map((key) => key.bytes));
  // apt takes what is named .asc for armored text alone.
  const content = path.endsWith(".asc") ? encodeBytes(armor(bytes)) : bytes;
  await host.write({ path, content, mode: "0644" });
}

function armor(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${lines.join("\n")}\n-----END PGP PUBLIC KEY BLOCK-----\n`;
}

function hasKey(rings: readonly Ring[], id: string): boolean {
  return rings.some(({ keys }) => keys.some(({ fingerprint }) => fingerprint.endsWith(id)));
}

function idsOf(rings: readonly Ring[], isShort: boolean): readonly string[] {
  const all = rings.flatMap(({ keys }) => keys.flatMap(({ fingerprint, subkeys }) => [fingerprint, ...subkeys]));
  return all.map((fingerprint) => fingerprint.slice(isShort ? -8 : -16));
}

function refuseBadCombinations({ id, data, file, url, keyserver, state }: Args): void {
  const sources = Object.entries({ data, file, keyserver, url }).filter(([, value]) => value !== undefined);
  if (sources.length > 1)
    throw new TaskFailure(`parameters are mutually exclusive: ${sources.map(([name]) => name).join("|")}`);
  if (keyserver !== undefined && id === undefined) throw new TaskFailure("Missing key_id, required with keyserver.");
  if (state === "absent" && id === undefined && sources.length === 0)
    throw new TaskFailure("key is required to remove a key");
}
