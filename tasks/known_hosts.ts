import { defineTask, TaskFailure, z } from "tsrun";
import {
  editKnownHosts,
  expandedPath,
  fileResult,
  hashKnownHost,
  type KnownHost,
  matchesKnownHost,
  newHashSalt,
  type ObservedText,
  observeText,
  parseKnownHost,
  planText,
  textOf,
} from "tsrun/state";

const args = z.object({
  name: z
    .string()
    .describe("Name or address of the host; `[name]:port` for a port other than 22")
    .meta({ aliases: ["host"] }),
  key: z.string().optional().describe("Line of a known_hosts file: names, type and key; needed for `present`"),
  path: z.string().default("~/.ssh/known_hosts").describe("The file").meta({ path: true }),
  hash_host: z.boolean().default(false).describe("Write a hash instead of the name"),
  state: z.enum(["present", "absent"]).default("present").describe("Whether the key should be known"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "known_hosts",
  summary: "Say which keys other SSH servers have",
  args,
  returns: {
    name: "The host",
    path: "The file",
    state: "`present` or `absent`",
  },
  examples: [
    {
      name: "A server's key for all accounts",
      yaml: "known_hosts:\n  path: /etc/ssh/ssh_known_hosts\n  name: git.example.org\n  key: git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKx0",
    },
  ],
  prepare: () => ({ salt: newHashSalt() }),
  observe({ path }, known) {
    if (!path.startsWith("~")) return observeText(path);
    const expanded = known(expandedPath(path));
    return { path: expandedPath(path), ...(expanded === undefined ? {} : observeText(expanded)) };
  },
  plan(args, observed, { prepared: { salt } }) {
    const { path: expanded } = observed as { readonly path?: string };
    const path = expanded ?? args.path;
    const state = observed as unknown as ObservedText;
    const wanted = keyOf(args);
    const key = wanted && args.hash_host ? { ...wanted, hosts: hashKnownHost(args.name, salt) } : wanted;
    const text = textOf(path, state);
    const edited = editKnownHosts(text ?? "", { name: args.name, key, isPresent: args.state === "present" });
    // A last line without its end is no reason to write.
    if (edited === (text ?? "") || edited === `${text}\n`) return [];
    return planText({ path, ...(text === undefined && { mode: "0644" }) }, edited, state);
  },
  result(args, { after }) {
    // As with Ansible, `state` is the file's where there is one.
    return { ...args, key: args.key ?? null, ...fileResult((after as unknown as ObservedText).current) };
  },
});

function keyOf({ name, key, state }: Args): KnownHost | undefined {
  if (key === undefined || key.trim() === "") {
    if (state === "absent") return undefined;
    throw new TaskFailure("No key specified when adding a host");
  }
  if (name.includes(","))
    throw new TaskFailure(
      "Comma separated list of names is not supported. Please pass a single name to lookup in the known_hosts file.",
    );
  if (key.trim().includes("\n"))
    throw new TaskFailure("`key` has several lines, expected one: use a loop for several keys");
  const parsed = parseKnownHost(key);
  if (!parsed) throw new TaskFailure(`invalid key specified: expected \`NAME TYPE KEY\`, got \`${key.trim()}\``);
  if (!matchesKnownHost(parsed, name))
    throw new TaskFailure(`Host parameter does not match hashed host field in supplied key: \`${name}\``);
  return parsed;
}
