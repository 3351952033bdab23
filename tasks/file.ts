import { type Change, change, create, remove, type Sh, sh, TaskFailure, writeFile, z } from "tsrun";
import {
  type AttributePlan,
  defineFileTask,
  describeAttributes,
  file,
  fileAttributeArgs,
  fileResult,
  fileReturns,
  type FileState,
  fileTree,
  isTime,
  joinPath,
  linkSource,
  nameOf,
  newAttributes,
  observeDirectory,
  plainPath,
  planAttributes,
  planDirectory,
  planHardLink,
  planLink,
  planTimes,
  planTreeAttributes,
  refusePlantedLink,
  resultState,
  timestamp,
  type TreeEntry,
} from "tsrun/state";

const defaultFormat = "%Y%m%d%H%M.%S";

const args = z.object({
  path: z
    .string()
    .describe("File, directory or link to care for")
    .meta({ aliases: ["dest", "name"], path: true }),
  state: z
    .enum(["absent", "directory", "file", "hard", "link", "touch"])
    .optional()
    .describe("What it should be; left out: what it is, or a file. `file` never makes one, `touch` does"),
  src: z.string().optional().describe("What a link leads to; relative to the link").meta({ path: true }),
  recurse: z.boolean().default(false).describe("With `state: directory`: the attributes count for all that is in it"),
  force: z.boolean().default(false).describe("Make a link where a file is, or to what does not exist"),
  follow: z.boolean().default(true).describe("Set attributes of what a link leads to, not of the link"),
  ...fileAttributeArgs,
  modification_time: z.string().optional().describe("`preserve`, `now` or a time; `touch` sets it to now"),
  modification_time_format: z.literal(defaultFormat).default(defaultFormat).describe("Format of `modification_time`"),
  access_time: z.string().optional().describe("`preserve`, `now` or a time; `touch` sets it to now"),
  access_time_format: z.literal(defaultFormat).default(defaultFormat).describe("Format of `access_time`"),
});
type Args = z.output<typeof args>;

interface State {
  readonly current: FileState | undefined;
  readonly source: FileState | undefined;
  readonly tree: readonly TreeEntry[] | undefined;
  readonly mtime: number | undefined;
  readonly atime: number | undefined;
}

export default defineFileTask({
  name: "file",
  summary: "Keep files, directories and links, and their owner and mode",
  args,
  returns: {
    path: "The path; `dest` for links and `touch`",
    dest: "The path, for links and `touch`",
    src: "What a link points to",
    ...fileReturns,
  },
  examples: [
    { name: "A directory", yaml: 'file:\n  path: /opt/app\n  state: directory\n  owner: www-data\n  mode: "0750"' },
    { name: "A link", yaml: "file:\n  src: /opt/app/bin/app\n  dest: /usr/local/bin/app\n  state: link" },
  ],
  mayShareMessage: true,
  observe(args, known) {
    const path = pathOf(args, known(file(plainPath(args.path))));
    const current = known(file(path));
    const target = current?.type === "link" && args.follow ? current.followed : current;
    const source = args.state === "link" || args.state === "hard" ? linkSource(args, path, current) : undefined;
    const root = current?.type === "link" ? (current.realPath ?? path) : path;
    return {
      // A missing directory is made with all above it.
      ...(args.state === "directory" || args.recurse ? observeDirectory(path) : {}),
      given: file(plainPath(args.path)),
      current: file(path),
      source: source === undefined ? undefined : file(source),
      tree: args.recurse && target?.type === "directory" ? fileTree(root) : undefined,
      mtime: isTime(args.modification_time) ? timestamp(args.modification_time as string) : undefined,
      atime: isTime(args.access_time) ? timestamp(args.access_time as string) : undefined,
    };
  },
  plan(args, observed) {
    const state = observed as unknown as State & { readonly given: FileState | undefined };
    const path = pathOf(args, state.given);
    const wanted = stateOf(args, state.current);
    refuseBadCombinations(args, path, wanted);
    switch (wanted) {
      case "absent":
        return planAbsent(path, state.current);
      case "directory":
        return planKeptDirectory(args, path, state, observed);
      case "link":
        return planLink(args, path, state) ?? planKept(args, path, state);
      case "hard":
        return planHardLink(args, path, state) ?? planKept(args, path, state);
      case "touch":
        return planTouch(args, path, state);
      case "file":
        return planFile(args, path, state);
    }
  },
  result(args, { before, after }) {
    const given = (before as unknown as { given: FileState | undefined }).given;
    const path = pathOf(args, given);
    const { current } = after as unknown as State;
    const wanted = stateOf(args, (before as unknown as State).current);
    if (wanted === "absent") return { path, state: "absent" };
    const isLink = wanted === "link" || wanted === "hard";
    const follows = args.follow && !isLink && current?.type === "link";
    return {
      ...(isLink || wanted === "touch" ? { dest: path } : { path: follows ? (current.realPath ?? path) : path }),
      ...(isLink && { src: args.src ?? current?.linkTarget }),
      ...fileResult(follows ? current.followed : current),
    };
  },
});

/** A hard link to be made in a directory gets the name of its source, as in Ansible. */
function pathOf(args: Args, given: FileState | undefined): string {
  const path = plainPath(args.path);
  return args.state === "hard" && given?.type === "directory" && args.src !== undefined
    ? joinPath(path, nameOf(args.src))
    : path;
}

function stateOf(args: Args, current: FileState | undefined): NonNullable<Args["state"]> {
  return (
    args.state ?? ((current ? resultState(current) : args.recurse ? "directory" : "file") as NonNullable<Args["state"]>)
  );
}

function refuseBadCombinations(args: Args, path: string, state: string): void {
  if (args.recurse && state !== "directory")
    throw new TaskFailure("recurse option requires state to be 'directory'", { path });
  if (args.recurse && args.attributes !== undefined)
    throw new TaskFailure("`attributes` is not supported with `recurse`", { path });
  if (args.src !== undefined && state !== "link" && state !== "hard")
    throw new TaskFailure("src option requires state to be 'link' or 'hard'", { path });
}

function planAbsent(path: string, current: FileState | undefined): readonly Change[] {
  if (!current) return [];
  const step = current.type === "directory" ? sh`rm -rf -- ${path}` : sh`rm -f -- ${path}`;
  const diff = {
    before: describeAttributes(path, resultState(current), {}),
    after: describeAttributes(path, "absent", {}),
  };
  return [remove(file(path), step, { diff })];
}

function planKeptDirectory(args: Args, path: string, state: State, observed: object): readonly Change[] {
  const { current, tree } = state;
  if (!current) return planDirectory(path, args, observed);
  const target = current.type === "link" && args.follow ? current.followed : current;
  if (target?.type !== "directory")
    throw new TaskFailure(`${path} already exists as a ${resultState(current)}`, { path });
  const below = tree && planTreeAttributes(path, target, tree, args);
  return planKept(args, path, state, below);
}

function planFile(args: Args, path: string, state: State): readonly Change[] {
  const target = state.current?.type === "link" && args.follow ? state.current.followed : state.current;
  if (!target || target.type === "directory" || target.type === "link") {
    throw new TaskFailure(`file (${path}) is ${resultState(target)}, cannot continue`, {
      path,
      state: resultState(target),
    });
  }
  return planKept(args, path, state);
}

function planTouch(args: Args, path: string, state: State): readonly Change[] {
  if (state.current)
    return planKept(
      { ...args, modification_time: args.modification_time ?? "now", access_time: args.access_time ?? "now" },
      path,
      state,
    );
  const after = { type: "file" as const, size: 0, links: 1, ...newAttributes(args, "file") };
  const made = writeFile({
    path,
    content: new Uint8Array(),
    mode: after.mode.toString(8).padStart(4, "0"),
    owner: args.owner,
    group: args.group,
  });
  const diff = { before: describeAttributes(path, "absent", {}), after: describeAttributes(path, "touch", {}) };
  return [create(file(path), after, [made, ...planTimes(args, path, undefined).steps], { diff })];
}

/** Attributes and times of what exists. */
function planKept(
  args: Args,
  path: string,
  { current, mtime, atime }: State,
  below?: AttributePlan,
): readonly Change[] {
  if (!current) return [];
  const isThrough = current.type === "link" && args.follow && current.followed !== undefined;
  const target = isThrough ? (current.followed as FileState) : current;
  const targetPath = isThrough ? (current.realPath ?? path) : path;
  const shown = resultState(target);
  const alter = (
    after: object,
    steps: readonly Sh[],
    options: Pick<Change, "isEvent" | "mayAlter">,
  ): readonly Change[] => {
    if (steps.length === 0) return [];
    if (isThrough) refusePlantedLink(path, current);
    const before = Object.fromEntries(Object.keys(after).map((member) => [member, target[member as keyof FileState]]));
    const diff = {
      before: describeAttributes(targetPath, shown, before),
      after: describeAttributes(targetPath, shown, after),
    };
    return [change(file(path), isThrough ? { followed: { ...target, ...after } } : after, steps, { diff, ...options })];
  };
  const attributes = planAttributes(targetPath, target, args);
  const times = planTimes(args, targetPath, { ...target, wantedMtime: mtime, wantedAtime: atime });
  return [
    ...alter(attributes.after, [...attributes.steps, ...(below?.steps ?? [])], below ? { mayAlter: ["file"] } : {}),
    ...alter(times.after, times.steps, { isEvent: times.isNow }),
  ];
}
