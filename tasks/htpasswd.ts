import { type Diff, type Plan, TaskFailure, z } from "tsrun";
import {
  defineFileTask,
  fileAttributeArgs,
  fileResult,
  fileReturns,
  hashPassword,
  hashSchemes,
  isHashOf,
  newSalt,
  type ObservedText,
  observeText,
  placedFileArgs,
  planText,
  textOf,
} from "tsrun/state";

export default defineFileTask({
  name: "htpasswd",
  summary: "Keep a user and a password in a file for basic authentication",
  args: z.object({
    path: z
      .string()
      .describe("The file")
      .meta({ aliases: ["dest", "destfile"], path: true }),
    name: z
      .string()
      .regex(/^[^:\s#][^:\r\n]*$/, "a user name has no colon and no line break")
      .describe("The user")
      .meta({ aliases: ["username"] }),
    password: z.string().optional().describe("The password; needed for `state: present`").meta({ secret: true }),
    hash_scheme: z
      .enum(hashSchemes)
      .default("apr_md5_crypt")
      .describe("Kind of a new hash; an entry with another kind that is right is left")
      .meta({ aliases: ["crypt_scheme"] }),
    state: z.enum(["present", "absent"]).default("present").describe("Whether the user should be there"),
    create: z.boolean().default(true).describe("Make the file when it is missing"),
    ...fileAttributeArgs,
    unsafe_writes: placedFileArgs.unsafe_writes,
  }),
  returns: fileReturns,
  examples: [
    {
      name: "A user",
      yaml: "htpasswd:\n  path: /etc/nginx/passwords\n  name: anna\n  password: '{{ anna_password }}'\n  mode: '0640'",
    },
  ],
  // The hash is made here, so that the host gets no password and needs no program.
  prepare: () => newSalt(),
  observe: ({ path }) => observeText(path),
  plan(args, observed, { prepared }): Plan {
    const state = observed as unknown as ObservedText;
    const { path, name, password } = args;
    const text = textOf(path, state);
    const lines = (text ?? "").split("\n").filter((line) => line.trim() !== "");
    const isEntry = (line: string) => line.startsWith(`${name}:`);
    const entry = lines.find(isEntry);
    const write = (edited: readonly string[], shown: Diff) =>
      planText(args, edited.map((line) => `${line}\n`).join(""), state).map((change) =>
        // Hashes of passwords are not to be seen.
        change.diff === undefined ? change : { ...change, diff: shown },
      );
    const keep = () => (text === undefined ? [] : planText(args, text, state));
    if (args.state === "absent") {
      if (entry === undefined) return { changes: keep(), msg: `${name} not present` };
      const shown = { before: `${name}\n`, after: "" };
      return {
        changes: write(
          lines.filter((line) => !isEntry(line)),
          shown,
        ),
        msg: `Remove ${name}`,
      };
    }
    if (password === undefined) throw new TaskFailure("`password` is needed for `state: present`");
    if (text === undefined && !args.create) throw new TaskFailure(`Destination ${path} does not exist`);
    if (entry !== undefined && isHashOf(entry.slice(name.length + 1), password))
      return { changes: keep(), msg: `${name} already present` };
    const line = `${name}:${hashPassword(password, args.hash_scheme, prepared)}`;
    const edited = entry === undefined ? [...lines, line] : lines.map((old) => (isEntry(old) ? line : old));
    return {
      changes: write(edited, {
        before: entry === undefined ? "" : `${name}: old password\n`,
        after: `${name}: new password\n`,
      }),
      msg: text === undefined ? `Created ${path} and added ${name}` : `Add/update ${name}`,
    };
  },
  result: (_args, { after }) => fileResult((after as unknown as ObservedText).current),
});
