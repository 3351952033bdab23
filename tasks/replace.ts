import { type Plan, TaskFailure, z } from "tsrun";
import {
  defineFileTask,
  fileResult,
  fileReturns,
  type ObservedText,
  observeText,
  placedFileArgs,
  planText,
  replaceAll,
  textOf,
} from "tsrun/state";

export default defineFileTask({
  name: "replace",
  summary: "Replace text in a file by a regular expression",
  args: z.object({
    path: z
      .string()
      .describe("File to edit")
      .meta({ aliases: ["dest", "destfile", "name"], path: true }),
    regexp: z.string().describe("Python regular expression; `^` and `$` match at each line"),
    replace: z.string().default("").describe("What comes in place of each match; `\\1` and `\\g<name>` are groups"),
    after: z.string().optional().describe("Only what follows this regular expression"),
    before: z.string().optional().describe("Only what comes before this regular expression"),
    encoding: z.literal("utf-8").default("utf-8").describe("Encoding of the file"),
    ...placedFileArgs,
  }),
  returns: {
    rc: "0",
    backup_file: "Copy of the old file, with `backup`",
    ...fileReturns,
  },
  examples: [
    {
      name: "Another port in one section",
      yaml: "replace:\n  path: /etc/app.conf\n  after: \\[server\\]\n  before: \\[client\\]\n  regexp: ^port=.*$\n  replace: port=8080",
    },
  ],
  mayShareMessage: true,
  observe: ({ path }) => observeText(path),
  plan(args, observed): Plan {
    const state = observed as unknown as ObservedText;
    const text = textOf(args.path, state);
    if (text === undefined) throw new TaskFailure(`Path ${args.path} does not exist !`, { rc: 257 });
    const edited = replaceAll(text, args);
    return { changes: planText(args, edited.text, state), msg: edited.msg };
  },
  result: (_args, { after, backups }) => ({
    rc: 0,
    ...(backups.size > 0 && { backup_file: [...backups.values()][0] }),
    ...fileResult((after as unknown as ObservedText).current),
  }),
});
