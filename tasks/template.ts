import { encodeBytes, fileMode, type Observed, TaskFailure, z } from "tsrun";
import {
  contentOf,
  defineFileTask,
  directoryOf,
  file,
  fileResult,
  fileReturns,
  type FileState,
  joinPath,
  nameOf,
  type NewContent,
  observeDirectory,
  observePlace,
  placedFileArgs,
  type PlaceQueries,
  plainPath,
  planDirectory,
  planPlace,
} from "tsrun/state";

const newlines: Readonly<Record<string, string>> = { "\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n" };

const args = z.object({
  src: z.string().describe("Template on the controller, looked for in `templates` of the role and beside the playbook"),
  dest: z
    .string()
    .describe("Where the text should be on the host; with a slash at its end: the directory it should be in")
    .meta({ path: true }),
  ...placedFileArgs,
  mode: fileMode()
    .optional()
    .describe("Permissions: octal digits in quotes, symbolic, or `preserve` for the template's own"),
  force: z.boolean().default(true).describe("Replace a file that differs; otherwise only make a missing one"),
  follow: z.boolean().default(false).describe("Write to what a link at `dest` leads to, instead of replacing the link"),
  trim_blocks: z.boolean().default(true).describe("Drop the line break after a block tag"),
  lstrip_blocks: z.boolean().default(false).describe("Drop blanks before a block tag"),
  newline_sequence: z
    .enum(["\n", "\r", "\r\n", "\\n", "\\r", "\\r\\n"])
    .default("\n")
    .describe("Line break of the text"),
  block_start_string: z.string().optional().describe("What starts a block, instead of `{%`"),
  block_end_string: z.string().optional().describe("What ends a block, instead of `%}`"),
  variable_start_string: z.string().optional().describe("What starts an expression, instead of `{{`"),
  variable_end_string: z.string().optional().describe("What ends an expression, instead of `}}`"),
  comment_start_string: z.string().optional().describe("What starts a comment, instead of `{#`"),
  comment_end_string: z.string().optional().describe("What ends a comment, instead of `#}`"),
  output_encoding: z.literal("utf-8").default("utf-8").describe("Encoding of the file"),
});
type Args = z.output<typeof args>;

interface Prepared {
  readonly source: string;
  readonly mode: number | undefined;
  readonly content: NewContent;
}

type State = Observed<PlaceQueries> & { readonly dest: FileState | undefined };

export default defineFileTask({
  name: "template",
  summary: "Write a file from a template",
  args,
  returns: {
    dest: "The file",
    src: "The template",
    checksum: "SHA-1 of the text",
    md5sum: "MD5 of the text, when the file was written",
    backup_file: "Copy of the old file, with `backup`",
    ...fileReturns,
  },
  examples: [
    {
      name: "A configuration that is checked first",
      yaml: 'template:\n  src: sshd_config.j2\n  dest: /etc/ssh/sshd_config\n  mode: "0600"\n  validate: sshd -t -f %s',
    },
  ],
  mayShareMessage: true,
  async prepare(args, controller): Promise<Prepared> {
    const source = await controller.find(args.src, "templates");
    const entry = args.mode === "preserve" ? await controller.stat(source) : undefined;
    const text = await controller.render(source, {
      trimBlocks: args.trim_blocks,
      lstripBlocks: args.lstrip_blocks,
      newlineSequence: newlines[args.newline_sequence] ?? args.newline_sequence,
      ...(args.block_start_string !== undefined && { blockStart: args.block_start_string }),
      ...(args.block_end_string !== undefined && { blockEnd: args.block_end_string }),
      ...(args.variable_start_string !== undefined && { variableStart: args.variable_start_string }),
      ...(args.variable_end_string !== undefined && { variableEnd: args.variable_end_string }),
      ...(args.comment_start_string !== undefined && { commentStart: args.comment_start_string }),
      ...(args.comment_end_string !== undefined && { commentEnd: args.comment_end_string }),
    });
    return { source, mode: entry?.mode, content: contentOf(encodeBytes(text), source) };
  },
  observe(args, known, prepared, { wantsDiff }) {
    const path = destOf(args, prepared, known(file(plainPath(args.dest))));
    return {
      ...observeDirectory(directoryOf(path)),
      dest: file(plainPath(args.dest)),
      ...observePlace(path, prepared.content, known, wantsDiff),
    };
  },
  plan(args, observed, { prepared }) {
    const state = observed as unknown as State;
    const path = destOf(args, prepared, state.dest);
    const makes = args.dest.endsWith("/")
      ? planDirectory(directoryOf(path), { owner: args.owner, group: args.group }, observed)
      : [];
    const parent = makes.length > 0 ? ({ type: "directory" } as FileState) : state.parent;
    const mode = args.mode === "preserve" ? prepared.mode?.toString(8) : args.mode;
    if (args.validate !== undefined && !args.validate.includes("%s"))
      throw new TaskFailure(`validate must contain %s: ${args.validate}`);
    return [
      ...makes,
      ...planPlace(
        { ...args, path, content: prepared.content, mode, unsafeWrites: args.unsafe_writes },
        { ...state, parent },
      ),
    ];
  },
  result(args, { after, changes, backups, prepared }) {
    const { current, dest } = after as unknown as State;
    const { content } = prepared;
    return {
      dest: destOf(args, prepared, dest),
      src: prepared.source,
      checksum: content.sha1,
      ...(changes.length > 0 && { md5sum: content.md5 }),
      ...(backups.size > 0 && { backup_file: [...backups.values()][0] }),
      ...fileResult(args.follow && current?.type === "link" ? current.followed : current),
    };
  },
});

function destOf(args: Args, { source }: Prepared, dest: FileState | undefined): string {
  const isDirectory = dest?.type === "directory" || dest?.followed?.type === "directory";
  // As in Ansible the file keeps the template's name, `.j2` and all.
  return args.dest.endsWith("/") || isDirectory ? joinPath(args.dest, nameOf(source)) : plainPath(args.dest);
}
