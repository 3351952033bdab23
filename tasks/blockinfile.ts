import { type Plan, TaskFailure, z } from "tsrun";
import {
  defineFileTask,
  ensureBlock,
  fileResult,
  fileReturns,
  type ObservedText,
  observeText,
  placedFileArgs,
  planText,
  textOf,
} from "tsrun/state";

export default defineFileTask({
  name: "blockinfile",
  summary: "Keep a block of lines between two markers in a file",
  args: z.object({
    path: z
      .string()
      .describe("File to edit")
      .meta({ aliases: ["dest", "destfile", "name"], path: true }),
    block: z
      .string()
      .default("")
      .describe("Lines between the markers; empty: the block is removed")
      .meta({ aliases: ["content"] }),
    state: z.enum(["present", "absent"]).default("present").describe("Whether the block should be there"),
    marker: z
      .string()
      .default("# {mark} ANSIBLE MANAGED BLOCK")
      .describe("Line before and after the block; `{mark}` stands for the two words below"),
    marker_begin: z.string().default("BEGIN").describe("Word in the first marker"),
    marker_end: z.string().default("END").describe("Word in the second marker"),
    insertafter: z
      .string()
      .optional()
      .describe("A new block comes after the last line that this regular expression finds; `EOF`"),
    insertbefore: z
      .string()
      .optional()
      .describe("A new block comes before the last line that this regular expression finds; `BOF`"),
    prepend_newline: z
      .boolean()
      .default(false)
      .describe("An empty line comes before the block, unless it stands first"),
    append_newline: z.boolean().default(false).describe("An empty line comes after the block, unless it stands last"),
    encoding: z.literal("utf-8").default("utf-8").describe("Encoding of the file"),
    create: z.boolean().default(false).describe("Make the file when it is missing"),
    ...placedFileArgs,
  }),
  returns: {
    backup_file: "Copy of the old file, with `backup`",
    ...fileReturns,
  },
  examples: [
    {
      name: "Hosts of a cluster",
      yaml: 'blockinfile:\n  path: /etc/hosts\n  marker: "# {mark} cluster"\n  block: |\n    10.0.0.1 node1\n    10.0.0.2 node2',
    },
  ],
  mayShareMessage: true,
  observe: ({ path }) => observeText(path),
  plan(args, observed): Plan {
    if (args.insertafter !== undefined && args.insertbefore !== undefined)
      throw new TaskFailure("parameters are mutually exclusive: insertbefore|insertafter");
    const state = observed as unknown as ObservedText;
    const text = textOf(args.path, state);
    if (text === undefined && !args.create) throw new TaskFailure(`Path ${args.path} does not exist !`, { rc: 257 });
    if (text === undefined && args.state === "absent") return { changes: [], msg: `File ${args.path} not present` };
    const edited = ensureBlock(text, args.state === "absent" ? { ...args, block: "" } : args);
    return { changes: planText(args, edited.text, state), msg: edited.msg };
  },
  result: (_args, { after, backups }) => ({
    ...(backups.size > 0 && { backup_file: [...backups.values()][0] }),
    ...fileResult((after as unknown as ObservedText).current),
  }),
});
