import { type Plan, TaskFailure, z } from "tsrun";
import {
  defineFileTask,
  ensureLine,
  fileResult,
  fileReturns,
  type ObservedText,
  observeText,
  placedFileArgs,
  planText,
  removeLines,
  textOf,
} from "tsrun/state";

const args = z
  .object({
    path: z
      .string()
      .describe("File to edit")
      .meta({ aliases: ["dest", "destfile", "name"], path: true }),
    line: z
      .string()
      .optional()
      .describe("Line that should be there")
      .meta({ aliases: ["value"] }),
    regexp: z
      .string()
      .optional()
      .describe("Python regular expression: the last line it finds is replaced, or all are removed")
      .meta({ aliases: ["regex"] }),
    search_string: z.string().optional().describe("The same with a plain text"),
    state: z.enum(["present", "absent"]).default("present").describe("Whether the line should be there"),
    backrefs: z
      .boolean()
      .default(false)
      .describe("`line` may use groups of `regexp`; nothing happens when it finds no line"),
    insertafter: z
      .string()
      .optional()
      .describe("A new line comes after the last line that this regular expression finds; `EOF`, `BOF`"),
    insertbefore: z
      .string()
      .optional()
      .describe("A new line comes before the last line that this regular expression finds; `BOF`"),
    firstmatch: z.boolean().default(false).describe("The first line that is found counts, not the last"),
    encoding: z.literal("utf-8").default("utf-8").describe("Encoding of the file"),
    create: z.boolean().default(false).describe("Make the file when it is missing"),
    ...placedFileArgs,
  })
  .refine(
    ({ state, line, regexp, search_string: text }) =>
      (state === "present" ? line : (line ?? regexp ?? text)) !== undefined,
    {
      error: ({ input }) =>
        (input as { state?: unknown }).state === "present"
          ? "line is required with state=present"
          : "one of line, search_string, or regexp is required with state=absent",
    },
  );
type Args = z.output<typeof args>;

export default defineFileTask({
  name: "lineinfile",
  summary: "Keep one line in a file",
  args,
  returns: {
    backup: "Copy of the old file, with `backup`",
    found: "How many lines were removed, with `state: absent`",
    ...fileReturns,
  },
  examples: [
    {
      name: "A setting",
      yaml: "lineinfile:\n  path: /etc/ssh/sshd_config\n  regexp: ^#?PermitRootLogin\n  line: PermitRootLogin no",
    },
    { name: "No such line", yaml: "lineinfile:\n  path: /etc/hosts\n  regexp: old-host$\n  state: absent" },
  ],
  mayShareMessage: true,
  observe: ({ path }) => observeText(path),
  plan(args, observed): Plan {
    const state = observed as unknown as ObservedText;
    refuseBadCombinations(args);
    const text = textOf(args.path, state);
    const edit = editOf(args, text);
    if (edit === undefined) return { changes: [], msg: "file not present" };
    const changes = planText(args, edit.text, state);
    const altersAttributes = changes.length > 0 && (edit.text === text || (text !== undefined && hasAttributes(args)));
    const msg = [edit.msg, altersAttributes && edit.text === text ? "ownership, perms or SE linux context changed" : ""]
      .filter(Boolean)
      .join(" and ");
    return { changes, msg, warnings: warningsOf(args) };
  },
  result(args, { before, after, backups }) {
    const text = textOf(args.path, before as unknown as ObservedText);
    return {
      backup: [...backups.values()][0] ?? "",
      ...(args.state === "absent" && { found: text === undefined ? undefined : removeLines(text, args).found }),
      ...(text === undefined && args.state === "absent" ? {} : fileResult((after as unknown as ObservedText).current)),
    };
  },
});

function editOf(args: Args, text: string | undefined) {
  if (args.state === "absent") return text === undefined ? undefined : removeLines(text, args);
  if (text === undefined && !args.create)
    throw new TaskFailure(`Destination ${args.path} does not exist !`, { rc: 257 });
  return ensureLine(text ?? "", { ...args, line: args.line as string });
}

function hasAttributes({ mode, owner, group }: Args): boolean {
  return mode !== undefined || owner !== undefined || group !== undefined;
}

function refuseBadCombinations(args: Args): void {
  const together = (
    [
      ["insertbefore", "insertafter"],
      ["regexp", "search_string"],
    ] as const
  ).find(([one, other]) => args[one] !== undefined && args[other] !== undefined);
  if (together) throw new TaskFailure(`parameters are mutually exclusive: ${together.join("|")}`);
  if (args.backrefs && args.search_string !== undefined)
    throw new TaskFailure("parameters are mutually exclusive: backrefs|search_string");
  if (args.state === "present") {
    if (args.backrefs && args.regexp === undefined) throw new TaskFailure("regexp is required with backrefs=true");
    if (args.line === undefined) throw new TaskFailure("line is required with state=present");
  } else if (args.regexp === undefined && args.search_string === undefined && args.line === undefined) {
    throw new TaskFailure("one of line, search_string, or regexp is required with state=absent");
  }
}

function warningsOf({ regexp, search_string }: Args): readonly string[] {
  if (regexp === "")
    return ["the regular expression is an empty string, which matches every line; write `^` when that is meant"];
  return search_string === "" ? ["the search string is empty, which matches every line"] : [];
}
