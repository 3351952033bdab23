import { type Change, type Controller, change, create, fileMode, type Observed, sh, TaskFailure, z } from "tsrun";
import {
  contentOf,
  contentOfLocal,
  contentText,
  defineFileTask,
  directoryOf,
  file,
  fileResult,
  fileReturns,
  type FileState,
  followLocal,
  hostCopy,
  joinPath,
  type LocalItem,
  nameOf,
  type NewContent,
  observeDirectory,
  observePlace,
  placedFileArgs,
  type PlaceQueries,
  plainPath,
  planAttributeChange,
  planDirectory,
  planPlace,
  readLocalTree,
} from "tsrun/state";

const args = z
  .object({
    src: z
      .string()
      .optional()
      .describe(
        "File or directory on the controller; on the host with `remote_src`. A directory with a slash at its end stands for what is in it",
      ),
    content: z.unknown().optional().describe("Text of the file, instead of `src`; a mapping or list becomes JSON"),
    dest: z
      .string()
      .describe("Where it should be on the host; with a slash at its end: the directory it should be in")
      .meta({ path: true }),
    ...placedFileArgs,
    mode: fileMode().optional().describe("Permissions of files: octal digits in quotes, symbolic, or `preserve`"),
    directory_mode: fileMode().optional().describe("Permissions of directories that are made"),
    force: z
      .boolean()
      .default(true)
      .describe("Replace a file that differs; otherwise only make a missing one")
      .meta({ aliases: ["thirsty"] }),
    remote_src: z.boolean().default(false).describe("`src` is on the host"),
    follow: z
      .boolean()
      .default(false)
      .describe("Write to what a link at `dest` leads to, instead of replacing the link"),
    local_follow: z.boolean().default(true).describe("Copy what links in a source directory lead to, not the links"),
    checksum: z.string().optional().describe("sha1 that the source must have"),
    decrypt: z.boolean().default(true).describe("Decrypt a source that is a vault file"),
  })
  .refine(({ src, content }) => src !== undefined || content !== undefined, "src (or content) is required")
  .refine(({ src, content }) => src === undefined || content === undefined, "src and content are mutually exclusive");
type Args = z.output<typeof args>;

type Prepared =
  | { readonly kind: "file"; readonly name: string; readonly mode: number | undefined; readonly content: NewContent }
  | { readonly kind: "tree"; readonly source: string; readonly items: readonly LocalItem[] }
  | { readonly kind: "host" };

export default defineFileTask({
  name: "copy",
  summary: "Copy files to the host",
  args,
  returns: {
    dest: "The file or directory on the host",
    src: "Where the content came from",
    checksum: "SHA-1 of the content",
    md5sum: "MD5 of the content, when the file was written",
    backup_file: "Copy of the old file, with `backup`",
    ...fileReturns,
  },
  examples: [
    { name: "A file of the role", yaml: 'copy:\n  src: foo.conf\n  dest: /etc/foo.conf\n  mode: "0644"' },
    {
      name: "Text, checked before it counts",
      yaml: 'copy:\n  content: "anna ALL=(ALL) NOPASSWD: ALL\\n"\n  dest: /etc/sudoers.d/anna\n  mode: "0440"\n  validate: visudo -cf %s',
    },
  ],
  mayShareMessage: true,
  prepare,
  observe(args, known, prepared, { wantsDiff }) {
    if (prepared.kind === "host") return hostCopy.observe(args.src as string, args, known);
    if (prepared.kind === "file") {
      const path = destOf(args, prepared.name, known(file(plainPath(args.dest))));
      return {
        ...observeDirectory(directoryOf(path)),
        dest: file(plainPath(args.dest)),
        ...observePlace(path, prepared.content, known, wantsDiff),
      };
    }
    const root = plainPath(args.dest);
    return {
      ...observeDirectory(root),
      ...Object.fromEntries(
        prepared.items.flatMap((item) => {
          const path = joinPath(root, item.path);
          if (item.type !== "file") return [[`${item.type} ${path}`, file(path)]];
          return Object.entries(observePlace(path, item.content, known, wantsDiff)).map(([name, query]) => [
            `${name} ${path}`,
            query,
          ]);
        }),
      ),
    };
  },
  plan(args, state, { prepared }) {
    if (prepared.kind === "host") return hostCopy.plan(args.src as string, args, state);
    if (prepared.kind === "file") return planFile(args, prepared, state as unknown as FileObserved);
    return planTree(args, prepared.items, state);
  },
  result(args, { before, after, changes, backups, prepared, outputs }) {
    if (prepared.kind === "host") return hostCopy.result(args.src as string, args, before, after, outputs);
    if (prepared.kind === "tree") return { dest: args.dest.replace(/\/*$/, "/"), src: prepared.source };
    const { current, dest } = after as unknown as FileObserved;
    const path = destOf(args, prepared.name, dest);
    const { content } = prepared;
    return {
      dest: path,
      ...(args.src !== undefined && { src: args.src }),
      ...(content.sha1 !== undefined && { checksum: content.sha1 }),
      ...(changes.length > 0 && content.md5 !== undefined && { md5sum: content.md5 }),
      ...(backups.size > 0 && { backup_file: [...backups.values()][0] }),
      ...fileResult(args.follow && current?.type === "link" ? current.followed : current),
    };
  },
});

type FileObserved = Observed<PlaceQueries> & { readonly dest: FileState | undefined };

async function prepare(args: Args, controller: Controller): Promise<Prepared> {
  if (args.content !== undefined) {
    if (args.dest.endsWith("/")) throw new TaskFailure("can not use content with a dir as dest");
    return { kind: "file", name: "", mode: undefined, content: contentOf(contentText(args.content), "content") };
  }
  if (args.remote_src) return { kind: "host" };
  const src = args.src as string;
  const source = await controller.find(src, "files");
  const entry = await followLocal(controller, source);
  if (entry.type === "directory") {
    const prefix = src.endsWith("/") ? "" : nameOf(source);
    const items = await readLocalTree(controller, entry.path, args.local_follow, args.decrypt);
    const top: LocalItem[] = prefix === "" ? [] : [{ type: "directory", path: prefix, mode: entry.mode }];
    return {
      kind: "tree",
      source,
      items: [...top, ...items.map((item) => ({ ...item, path: joinPath(prefix, item.path) }))],
    };
  }
  if (entry.type !== "file") throw new TaskFailure(`${source} is neither a file nor a directory`);
  const content = await contentOfLocal(controller, entry, args.decrypt);
  if (args.checksum !== undefined && content.sha1 !== undefined && content.sha1 !== args.checksum) {
    throw new TaskFailure("Copied file does not match the expected checksum. Transfer failed.", {
      checksum: content.sha1,
      expected_checksum: args.checksum,
    });
  }
  return { kind: "file", name: nameOf(source), mode: entry.mode, content };
}

/** The file that is meant: in `dest` when that is a directory. */
function destOf(args: Args, name: string, dest: FileState | undefined): string {
  const isDirectory = dest?.type === "directory" || dest?.followed?.type === "directory";
  if (name !== "" && (args.dest.endsWith("/") || isDirectory)) return joinPath(args.dest, name);
  return plainPath(args.dest);
}

function planFile(args: Args, prepared: Prepared & { kind: "file" }, state: FileObserved): readonly Change[] {
  const path = destOf(args, prepared.name, state.dest);
  if (prepared.name === "" && (state.dest?.type === "directory" || state.dest?.followed?.type === "directory")) {
    throw new TaskFailure("can not use content with a dir as dest");
  }
  const directory = directoryOf(path);
  const makes = args.dest.endsWith("/") ? planDirectory(directory, { ...args, mode: args.directory_mode }, state) : [];
  const parent = makes.length > 0 ? newDirectory : state.parent;
  return [...makes, ...planPlace(placeOf(args, path, prepared), { ...state, parent })];
}

function planTree(args: Args, items: readonly LocalItem[], state: object): readonly Change[] {
  const answers = state as Readonly<Record<string, unknown>>;
  const root = plainPath(args.dest);
  const changes: Change[] = [...planDirectory(root, { ...args, mode: args.directory_mode }, state)];
  for (const item of items) {
    const path = joinPath(root, item.path);
    const current = answers[`${item.type === "file" ? "current" : item.type} ${path}`] as FileState | undefined;
    if (item.type === "directory") changes.push(...planSubdirectory(args, path, current));
    else if (item.type === "link") changes.push(...planLink(path, item.linkTarget, current));
    else {
      const sha256 = answers[`sha256 ${path}`] as string | undefined;
      const old = answers[`old ${path}`] as Observed<PlaceQueries>["old"];
      changes.push(...planPlace(placeOf(args, path, item), { current, parent: newDirectory, sha256, old }));
    }
  }
  return changes;
}

function planSubdirectory(args: Args, path: string, current: FileState | undefined): readonly Change[] {
  const wanted = { ...args, mode: args.directory_mode };
  const target = current?.type === "link" ? current.followed : current;
  if (current && target?.type !== "directory")
    throw new TaskFailure(`${path} already exists as a ${current.type}, expected a directory`);
  if (current && target) return planAttributeChange(wanted, path, path, current, target);
  return planDirectory(path, wanted, { [`directory ${path}`]: current, ...knownAbove(path) });
}

function planLink(path: string, target: string, current: FileState | undefined): readonly Change[] {
  if (current?.type === "directory") throw new TaskFailure(`${path} is a directory, expected a link`);
  if (current?.linkTarget === target) return [];
  const after = { type: "link" as const, linkTarget: target };
  const step = sh`ln -sfn -- ${target} ${path}`;
  return [current ? change(file(path), after, step) : create(file(path), after, step)];
}

function placeOf(
  args: Args,
  path: string,
  source: { readonly content: NewContent; readonly mode: number | undefined },
) {
  const mode = args.mode === "preserve" ? source.mode?.toString(8) : args.mode;
  return { ...args, path, content: source.content, mode, unsafeWrites: args.unsafe_writes };
}

/** Directories above, which an earlier change of the same plan makes. */
function knownAbove(path: string): Readonly<Record<string, FileState>> {
  const above: Record<string, FileState> = {};
  for (let at = directoryOf(path); at !== "/" && at !== "."; at = directoryOf(at))
    above[`directory ${at}`] = newDirectory;
  return above;
}

const newDirectory = { type: "directory" } as FileState;
