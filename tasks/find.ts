import { defineTask, fileMode, fnmatch, type Known, type Query, TaskFailure, translateRegex, z } from "tsrun";
import {
  type ChecksumAlgorithm,
  checksumOf,
  clock,
  type FileState,
  file,
  fileContent,
  fileTreeOf,
  nameOf,
  plainPath,
  resolveMode,
  statFields,
  type TreeEntry,
} from "tsrun/state";

const args = z.object({
  paths: z
    .array(z.string())
    .describe("Directories to look into")
    .meta({ aliases: ["name", "path"], path: true }),
  patterns: z
    .array(z.string())
    .optional()
    .describe("Patterns of names; all without it")
    .meta({ aliases: ["pattern"] }),
  excludes: z
    .array(z.string())
    .optional()
    .describe("Patterns of names to leave out")
    .meta({ aliases: ["exclude"] }),
  use_regex: z.boolean().default(false).describe("The patterns are Python regular expressions"),
  file_type: z.enum(["any", "directory", "file", "link"]).default("file").describe("What to find"),
  recurse: z.boolean().default(false).describe("Look into all directories below"),
  depth: z.number().int().positive().optional().describe("How many levels down, with `recurse`"),
  hidden: z.boolean().default(false).describe("Names that start with a dot too"),
  follow: z.boolean().default(false).describe("Look at what links lead to"),
  age: z.string().optional().describe("Only what is at least so old: `30m`, `2d`, `1w`; with a minus: at most"),
  age_stamp: z.enum(["atime", "ctime", "mtime"]).default("mtime").describe("Time by which the age counts"),
  size: z.string().optional().describe("Only files at least so big: `10k`, `1m`; with a minus: at most"),
  contains: z.string().optional().describe("Only files with a line that starts like this Python regular expression"),
  read_whole_file: z.boolean().default(false).describe("`contains` is looked for in the whole text"),
  mode: fileMode().optional().describe("Only what has this mode: octal digits in quotes, or symbolic"),
  exact_mode: z.boolean().default(true).describe("False: any of the permissions of `mode` is enough"),
  limit: z.number().int().positive().optional().describe("Stop after so many"),
  get_checksum: z.boolean().default(false).describe("Hash each file"),
  checksum_algorithm: z
    .enum(["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
    .default("sha1")
    .describe("How to hash")
    .meta({ aliases: ["checksum", "checksum_algo"] }),
});
type Args = z.output<typeof args>;

type Answers = Readonly<Record<string, unknown>>;

export default defineTask({
  name: "find",
  summary: "Find files by name, age, size and content",
  args,
  returns: {
    files: "What was found: each with its path and all that `stat` tells",
    matched: "How many were found",
    examined: "How many were looked at",
    skipped_paths: "Paths that could not be searched",
  },
  examples: [{ name: "Old logs", yaml: 'find:\n  paths: /var/log\n  patterns: "*.gz"\n  age: 4w\n  recurse: true' }],
  observe(args, known) {
    const queries: Record<string, Query<unknown>> = { now: clock(null) };
    for (const path of args.paths) {
      queries[`tree ${path}`] = treeOf(args, path);
      queries[`top ${path}`] = file(plainPath(path));
    }
    for (const entry of candidates(args, known)) {
      if (entry.type !== "file") continue;
      if (args.contains !== undefined) queries[`content ${entry.path}`] = fileContent(entry.path);
      if (args.get_checksum) queries[`sum ${entry.path}`] = sumOf(args, entry);
    }
    return queries;
  },
  plan: () => [],
  result(args, { after }) {
    const answers = after as Answers;
    const trees = args.paths.map((path) => (answers[`tree ${path}`] as readonly TreeEntry[] | undefined) ?? []);
    const known = <T>(query: Query<T>): T | undefined =>
      (query.id === clock(null).id
        ? answers["now"]
        : answers[`tree ${args.paths.find((path) => treeOf(args, path).id === query.id)}`]) as T | undefined;
    const skipped = args.paths.filter((path) => {
      const top = answers[`top ${path}`] as FileState | undefined;
      return top?.type !== "directory" && top?.followed?.type !== "directory";
    });
    const found = candidates(args, known)
      .filter((entry) => contains(args, answers, entry))
      .slice(0, args.limit);
    const files = found.map((entry) => {
      const checksum = answers[`sum ${entry.path}`];
      return { path: entry.path, ...statFields(entry), ...(typeof checksum === "string" && { checksum }) };
    });
    return {
      files,
      matched: files.length,
      examined: trees.reduce((sum, tree) => sum + tree.length, 0),
      msg: skipped.length > 0 ? "Not all paths examined, check warnings for details" : "All paths examined",
      skipped_paths: Object.fromEntries(skipped.map((path) => [path, `'${path}' is not a directory`])),
    };
  },
});

function treeOf({ recurse, depth, follow }: Args, path: string): ReturnType<typeof fileTreeOf> {
  return fileTreeOf({ path: plainPath(path), follow, ...(recurse ? depth !== undefined && { depth } : { depth: 1 }) });
}

/** What matches by all but its content. */
function candidates(args: Args, known: Known): readonly TreeEntry[] {
  const now = known(clock(null)) ?? 0;
  return args.paths.flatMap((path) =>
    (known(treeOf(args, path)) ?? []).filter((entry) => isCandidate(args, entry, now)),
  );
}

function isCandidate(args: Args, entry: TreeEntry, now: number): boolean {
  const name = nameOf(entry.path);
  if (name.startsWith(".") && !args.hidden) return false;
  if (args.file_type !== "any" && entry.type !== args.file_type) return false;
  const matches = (pattern: string) =>
    args.use_regex
      ? new RegExp(`^(?:${translateRegex(pattern, "").regex.source})`, "u").test(name)
      : fnmatch(name, pattern);
  if (args.patterns && args.patterns.length > 0 && !args.patterns.some(matches)) return false;
  if (args.excludes?.some(matches)) return false;
  if (!hasMode(args, entry)) return false;
  if (args.age !== undefined && !isWithin(now - entry[args.age_stamp], amount(args.age, ageUnits, "age"))) return false;
  return args.size === undefined || entry.type !== "file" || isWithin(entry.size, amount(args.size, sizeUnits, "size"));
}

function hasMode({ mode, exact_mode }: Args, entry: TreeEntry): boolean {
  if (mode === undefined || mode === "") return true;
  const wanted = resolveMode(mode, 0, entry.type === "directory");
  return exact_mode ? entry.mode === wanted : (entry.mode & wanted) !== 0;
}

/** At least so much; with a negative amount at most. */
function isWithin(value: number, limit: number): boolean {
  return limit >= 0 ? value >= Math.abs(limit) : value <= Math.abs(limit);
}

function contains({ contains: pattern, read_whole_file }: Args, answers: Answers, entry: TreeEntry): boolean {
  if (pattern === undefined) return true;
  const text = (answers[`content ${entry.path}`] as { readonly text?: string } | undefined)?.text;
  if (text === undefined) return false;
  const { regex } = translateRegex(pattern, "");
  if (read_whole_file) return regex.test(text);
  const atStart = new RegExp(`^(?:${regex.source})`, regex.flags);
  return text.split("\n").some((line) => atStart.test(line));
}

function sumOf({ checksum_algorithm }: Args, { path, size }: TreeEntry): ReturnType<typeof checksumOf> {
  return checksumOf({ path, algorithm: checksum_algorithm satisfies ChecksumAlgorithm }, size);
}

const ageUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const sizeUnits: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

function amount(text: string, units: Readonly<Record<string, number>>, name: string): number {
  const [, number, unit = ""] = /^(-?\d+)([a-z]?)[a-z]*$/.exec(text.toLowerCase()) ?? [];
  const factor = unit === "" ? 1 : units[unit];
  if (number === undefined || factor === undefined) throw new TaskFailure(`failed to process ${name}: \`${text}\``);
  return Number(number) * factor;
}
