import { change, defineTask, type Plan, sh, TaskFailure, z } from "tsrun";
import {
  aclDifference,
  aclEntries,
  aclTreeDifference,
  aclWords,
  file,
  onHeld,
  program,
  requireProgram,
} from "tsrun/state";

const args = z.object({
  path: z
    .string()
    .describe("File or directory")
    .meta({ aliases: ["name"], path: true }),
  state: z
    .enum(["absent", "present", "query"])
    .default("query")
    .describe("Whether the entry should be there; `query` only reads"),
  entity: z.string().default("").describe("The account or group of the entry; empty for the file's own"),
  etype: z.enum(["group", "mask", "other", "user"]).optional().describe("What the entry is about"),
  permissions: z
    .string()
    .regex(/^[rwxX-]*$/, "expected a combination of `r`, `w`, `x` and `X`")
    .optional()
    .describe("Any of `r`, `w`, `x` and `X`"),
  entry: z
    .string()
    .optional()
    .describe("All in one, such as `user:anna:rw`, instead of `etype`, `entity` and `permissions`"),
  default: z.boolean().default(false).describe("The entry is for what will be made in the directory"),
  recursive: z
    .boolean()
    .default(false)
    .describe("The entry counts for all that is in the directory")
    .meta({ aliases: ["recurse"] }),
  use_nfsv4_acls: z.boolean().default(false).describe("Refused: lists of NFSv4 are not supported"),
  follow: z.boolean().default(true).describe("Links are followed"),
  recalculate_mask: z
    .enum(["default", "mask", "no_mask"])
    .default("default")
    .describe("Whether the mask is computed anew: `mask` always, `no_mask` never"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "acl",
  summary: "Set, remove and read entries of access control lists",
  args,
  returns: { acl: "The list after the task, entry by entry" },
  examples: [
    {
      name: "Let an account read a file",
      yaml: "acl:\n  path: /etc/app.conf\n  entity: anna\n  etype: user\n  permissions: r\n  state: present",
    },
  ],
  observe(args) {
    refuseBadCombinations(args);
    const wish = wishOf(args);
    return {
      target: file(args.path.replace(/(?<=.)\/+$/, "")),
      tool: program("setfacl"),
      current: aclEntries(keyOf(args, [])),
      differs: wish && (args.recursive ? aclTreeDifference : aclDifference)(keyOf(args, wish.words)),
    };
  },
  plan(args, { target, tool, differs }): Plan {
    requireProgram(tool, "setfacl", "acl");
    if (!target || (target.type === "link" && !target.followed))
      throw new TaskFailure("Path not found or not accessible.");
    const wish = wishOf(args);
    if (!wish) return { changes: [], msg: "current acl" };
    const msg = `${wish.entry} is ${args.state}`;
    // A file that an earlier task would make has no such entry yet.
    if (!(differs ?? args.state === "present")) return { changes: [], msg };
    const key = keyOf(args, wish.words);
    const query = args.recursive ? aclTreeDifference(key) : aclDifference(key);
    const options = { mayAlter: ["acl", "file"], diff: diffOf(args, wish.entry) };
    const real = target.followed ?? target;
    const step =
      args.recursive || !args.follow
        ? sh`setfacl ${aclWords(key)}`
        : onHeld(args.path, real, (held) => sh`setfacl ${key.words} -- ${held}`);
    return { changes: [change(query, false, step, options)], msg };
  },
  result: (_args, { after }) => ({ acl: after.current ?? [] }),
});

/** The entry, and how setfacl is told about it; undefined for a mere look. */
function wishOf(args: Args): { readonly entry: string; readonly words: readonly string[] } | undefined {
  if (args.state === "query") return undefined;
  const { isDefault, parts } = partsOf(args);
  const entry = (args.state === "absent" ? parts.slice(0, 2) : parts).join(":");
  const mask = { default: [], mask: ["--mask"], no_mask: ["--no-mask"] }[args.recalculate_mask];
  return { entry, words: [...(isDefault ? ["-d"] : []), args.state === "absent" ? "-x" : "-m", entry, ...mask] };
}

const kinds: Readonly<Record<string, string>> = { u: "user", g: "group", m: "mask", o: "other" };

function partsOf({ entry, etype, entity, permissions, ...args }: Args) {
  if (entry === undefined)
    return {
      isDefault: args.default,
      parts: [etype ?? "", entity, ...(permissions === undefined ? [] : [permissions])],
    };
  const [first = "", ...rest] = entry.split(":");
  const isDefault = /^d/i.test(first);
  const [kind = "", ...others] = isDefault ? rest : [first, ...rest];
  const name = kinds[kind.slice(0, 1).toLowerCase()];
  if (name === undefined) throw new TaskFailure(`\`${entry}\` is no entry of an access control list`);
  return { isDefault: isDefault || args.default, parts: [name, ...others] };
}

function keyOf({ path, recursive, follow, ...args }: Args, words: readonly string[]) {
  const isDefault = words.length === 0 && (args.default || /^d(efault)?:/i.test(args.entry ?? ""));
  return {
    path,
    words: [
      ...(isDefault ? ["-d"] : []),
      ...words,
      ...(recursive ? ["--recursive"] : []),
      ...(follow ? [] : ["--physical"]),
    ],
  };
}

function diffOf({ path, state }: Args, entry: string) {
  const line = `${path}: ${entry}\n`;
  return state === "absent" ? { before: line, after: "" } : { before: "", after: line };
}

function refuseBadCombinations(args: Args): void {
  const { state, entry, etype, entity, permissions, recursive, recalculate_mask } = args;
  const refuse = (isBad: boolean, message: string) => {
    if (isBad) throw new TaskFailure(message);
  };
  refuse(args.use_nfsv4_acls, "`use_nfsv4_acls` is not supported: only POSIX lists are");
  if (state === "query") {
    refuse(recursive, "'recursive' MUST NOT be set when 'state=query'.");
    refuse(
      recalculate_mask !== "default",
      "'recalculate_mask' MUST NOT be set to 'mask' or 'no_mask' when 'state=query'.",
    );
    refuse(entry !== undefined, "'entry' MUST NOT be set when 'state=query'.");
    return;
  }
  if (entry !== undefined) {
    const isMixed = etype !== undefined || entity !== "" || permissions !== undefined;
    refuse(isMixed, "'entry' MUST NOT be set when 'entity', 'etype' or 'permissions' are set.");
    const sections = entry.split(":").length;
    const isWhole = state === "present" ? sections === 3 || sections === 4 : sections === 2 || sections === 3;
    const wanted = state === "present" ? "3 or 4" : "2 or 3";
    refuse(!isWhole, `'entry' MUST have ${wanted} sections divided by ':' when 'state=${state}'.`);
    return;
  }
  refuse(etype === undefined, `'etype' MUST be set when 'state=${state}'.`);
  if (state === "absent") {
    refuse(permissions !== undefined, "'permissions' MUST NOT be set when 'state=absent'.");
    refuse(entity === "", "'entity' MUST be set when 'state=absent'.");
  }
}
