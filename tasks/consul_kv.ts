import { type ActionContext, type ActionResult, defineAction, TaskFailure, z } from "tsrun";
import { callApi, type JsonApi } from "tsrun/state";

const args = z.object({
  key: z.string().describe("The key"),
  value: z.string().optional().describe("Its value; left out, the key is only read"),
  state: z
    .enum(["absent", "acquire", "present", "release"])
    .default("present")
    .describe("Whether the key should be there, or a lock on it should be taken or given back"),
  recurse: z.boolean().default(false).describe("All keys that begin so"),
  retrieve: z.boolean().default(true).describe("Read the key after it was set"),
  session: z.string().optional().describe("Session of a lock"),
  cas: z.string().optional().describe("Set the key only at this index; 0: only when it does not exist"),
  flags: z.string().optional().describe("Number that is kept with the value"),
  datacenter: z.string().optional().describe("Datacenter; left out, the agent's own"),
  host: z.string().default("localhost").describe("Address of the agent, as the host reaches it"),
  port: z.number().int().default(8500).describe("Port of the agent"),
  scheme: z.enum(["http", "https"]).default("http").describe("Protocol of the agent"),
  validate_certs: z.boolean().default(true).describe("Check the agent's certificate"),
  ca_path: z.string().optional().describe("File of the host with certificates of authorities"),
  token: z.string().optional().describe("Token that may do it").meta({ secret: true }),
});
type Args = z.output<typeof args>;

/** A key as Consul's API has it, its value decoded. */
interface Entry {
  readonly Key: string;
  readonly Value: string | null;
  readonly Flags: number;
  readonly [member: string]: unknown;
}

export default defineAction({
  name: "consul_kv",
  summary: "Read, set and remove keys of Consul's store",
  args,
  returns: {
    data: "The key as Consul has it, its value decoded; null when it is not there; with `recurse` a list",
    index: "Consul's index of the key",
    key: "The key",
  },
  examples: [
    { name: "A setting", yaml: "consul_kv:\n  key: app/colour\n  value: blue" },
    { name: "What it is", yaml: "consul_kv:\n  key: app/colour\nregister: colour" },
  ],
  runsOn: "host",
  writes: ({ state, value }) => !(state === "present" && value === undefined),
  inCheckMode: "run",
  run(args, context) {
    if (args.key === "") throw new TaskFailure("`key` is empty");
    if (args.state === "acquire" || args.state === "release") return lock(args, context);
    if (args.state === "absent") return removeKey(args, context);
    return args.value === undefined ? getKey(args, context) : setKey(args, args.value, context);
  },
});

async function getKey(args: Args, context: ActionContext): Promise<ActionResult> {
  const { index, entries } = await read(args, context);
  return { changed: false, index, data: dataOf(args, entries) };
}

async function setKey(args: Args, value: string, context: ActionContext): Promise<ActionResult> {
  const before = await read({ ...args, recurse: false }, context);
  const [entry] = before.entries;
  // A key with an empty value has null for it.
  const isRight = entry !== undefined && (entry.Value ?? "") === value;
  const changed = isRight ? false : context.isCheck ? true : await put(args, value, context);
  if (!args.retrieve || context.isCheck)
    return { changed, index: before.index, key: args.key, data: args.retrieve ? (entry ?? null) : null };
  const after = changed ? await read({ ...args, recurse: false }, context) : before;
  if (changed && (after.entries[0]?.Value ?? "") !== value)
    throw new TaskFailure(`\`${args.key}\` was set, and has another value now`, { data: after.entries[0] ?? null });
  return { changed, index: after.index, key: args.key, data: after.entries[0] ?? null };
}

async function removeKey(args: Args, context: ActionContext): Promise<ActionResult> {
  const { index, entries } = await read(args, context);
  const changed = entries.length > 0;
  if (changed && !context.isCheck) {
    const query = { dc: args.datacenter, recurse: args.recurse ? "true" : undefined };
    await callApi(context.host, apiOf(args), { method: "DELETE", path: pathOf(args), query });
    const { entries: left } = await read(args, context);
    if (left.length > 0) throw new TaskFailure(`\`${args.key}\` was removed, and is there again`);
  }
  return { changed, index, key: args.key, data: dataOf(args, entries) };
}

async function lock(args: Args, context: ActionContext): Promise<ActionResult> {
  const { state, session, key, value } = args;
  if (session === undefined) throw new TaskFailure(`${state} of lock for ${key} requested but no session supplied`);
  const { index, entries } = await read({ ...args, recurse: false }, context);
  const holder = entries[0]?.["Session"];
  const isRight = state === "acquire" ? holder === session : holder !== session;
  if (isRight) return { changed: false, index, key };
  const changed = context.isCheck ? true : await put(args, value ?? "", context, { [state]: session });
  return { changed, index, key };
}

/** False when the key has another index than `cas`, or the lock is another's. */
async function put(
  args: Args,
  value: string,
  { host }: ActionContext,
  more: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const query = { cas: args.cas, flags: args.flags, dc: args.datacenter, ...more };
  const { json } = await callApi(host, apiOf(args), { method: "PUT", path: pathOf(args), query, body: value });
  return json === true;
}

async function read(
  args: Args,
  { host }: ActionContext,
): Promise<{ readonly index: string | null; readonly entries: readonly Entry[] }> {
  const query = { dc: args.datacenter, recurse: args.recurse ? "true" : undefined };
  const answer = await callApi(host, apiOf(args), { method: "GET", path: pathOf(args), query }, [404]);
  const found = Array.isArray(answer.json) ? (answer.json as readonly Entry[]) : [];
  return {
    index: answer.headers.get("x-consul-index")?.[0] ?? null,
    entries: found.map((entry) => ({
      ...entry,
      Value: entry.Value === null ? null : Buffer.from(entry.Value, "base64").toString(),
    })),
  };
}

function dataOf({ recurse }: Args, entries: readonly Entry[]): unknown {
  if (entries.length === 0) return null;
  return recurse ? entries : entries[0];
}

function apiOf(args: Args): JsonApi {
  const host = args.host.includes(":") && !args.host.startsWith("[") ? `[${args.host}]` : args.host;
  return {
    url: `${args.scheme}://${host}:${args.port}`,
    headers: args.token === undefined ? {} : { "X-Consul-Token": args.token },
    timeoutSeconds: 30,
    validatesCertificates: args.validate_certs,
    caPath: args.ca_path,
  };
}

/** Slashes are part of a key, anything else is encoded. */
function pathOf({ key }: Args): string {
  return `/v1/kv/${key.split("/").map(encodeURIComponent).join("/")}`;
}
