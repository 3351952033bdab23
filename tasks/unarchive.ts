import { type Plan, TaskFailure, z } from "tsrun";
import {
  contentOf,
  contentOfLocal,
  defineFileTask,
  file,
  fileAttributeArgs,
  fileResult,
  fileReturns,
  type FileState,
  followLocal,
  type HostArchive,
  type LocalArchive,
  type Member,
  observeEntries,
  observeHost,
  type Origin,
  plainPath,
  planEntries,
  planHost,
  readArchive,
  selectEntries,
} from "tsrun/state";

const args = z.object({
  src: z
    .string()
    .describe(
      "Archive on the controller: tar (also compressed) or zip; with `remote_src` a path on the host, or a URL that it fetches",
    ),
  dest: z.string().describe("Directory to unpack into; it must exist").meta({ path: true }),
  remote_src: z.boolean().optional().describe("The archive is on the host"),
  copy: z.boolean().optional().describe("Ansible's older word for the opposite of `remote_src`"),
  creates: z.string().optional().describe("Nothing is done when this exists").meta({ path: true }),
  list_files: z.boolean().default(false).describe("Put the archive's paths into the result"),
  include: z.array(z.string()).default([]).describe("Only these members"),
  exclude: z.array(z.string()).default([]).describe("Not these members"),
  keep_newer: z.boolean().default(false).describe("Leave files alone that are newer than in the archive"),
  extra_opts: z.array(z.string()).default([]).describe("More options of tar or unzip"),
  ...fileAttributeArgs,
  decrypt: z.boolean().default(true).describe("Decrypt an archive that is a vault file"),
  validate_certs: z.boolean().default(true).describe("Check the server's certificate of a URL"),
  io_buffer_size: z.number().int().default(65_536).describe("Accepted for Ansible's sake: without meaning here"),
});

/** Either members that the controller compares one by one, or an archive that the host must unpack. */
type Prepared =
  | { readonly source: string; readonly type: LocalArchive["type"]; readonly entries: readonly Member[] }
  | { readonly source: string; readonly origin: Origin };

export default defineFileTask({
  name: "unarchive",
  summary: "Unpack an archive on the host",
  args,
  returns: {
    dest: "The directory",
    src: "The archive",
    handler: "What it was unpacked as",
    files: "What is in it, with `list_files`",
    extract_results: "How the unpacking went",
    ...fileReturns,
  },
  examples: [
    {
      name: "A program from an archive of the controller",
      yaml: "unarchive:\n  src: app.tar.gz\n  dest: /opt/app\n  owner: root\n  extra_opts: [--strip-components=1]",
    },
  ],
  async prepare(args, controller): Promise<Prepared> {
    if (args.copy !== undefined && args.remote_src !== undefined)
      throw new TaskFailure("parameters are mutually exclusive: ('copy', 'remote_src')");
    if (args.include.length > 0 && args.exclude.length > 0)
      throw new TaskFailure("parameters are mutually exclusive: include|exclude");
    if (args.remote_src ?? args.copy === false) return { source: args.src, origin: "host" };
    const source = await controller.find(args.src, "files");
    const entry = await followLocal(controller, source);
    const strip = stripOf(args.extra_opts);
    const read = (path: string) => (args.decrypt ? controller.read(path) : controller.readRaw(path));
    const archive = strip === undefined ? undefined : readArchive(await read(entry.path), source);
    if (!archive || strip === undefined)
      return { source, origin: await contentOfLocal(controller, entry, args.decrypt) };
    const entries = selectEntries(archive, { include: args.include, exclude: args.exclude, strip }).map((member) => ({
      ...member,
      sha256: member.type === "file" ? contentOf(member.content, "").sha256 : undefined,
    }));
    return { source, type: archive.type, entries };
  },
  observe(args, known, prepared) {
    const base = {
      dest: file(plainPath(args.dest)),
      creates: args.creates === undefined ? undefined : file(plainPath(args.creates)),
    };
    return {
      ...base,
      ...("entries" in prepared
        ? observeEntries(args, prepared.entries, known)
        : observeHost(args, prepared.origin, known)),
    };
  },
  plan(args, observed, { prepared, applied, isCheck }): Plan {
    const state = observed as Readonly<Record<string, unknown>>;
    const dest = state["dest"] as FileState | undefined;
    if (state["creates"] !== undefined && applied.length === 0)
      return { changes: [], skipped: true, msg: `skipped, since ${args.creates} exists` };
    if (dest?.type !== "directory" && dest?.followed?.type !== "directory")
      throw new TaskFailure(`dest '${args.dest}' must be an existing dir`);
    return "entries" in prepared
      ? planEntries(args, prepared.entries, state)
      : planHost(args, prepared.origin, state, applied, isCheck);
  },
  result(args, { after, changes, prepared }) {
    const state = after as Readonly<Record<string, unknown>>;
    // One that lay in `dest` for the time being is gone again.
    const swept = changes.find((done) => done.action === "remove")?.after;
    const archive = "entries" in prepared ? undefined : ((state["archive"] ?? swept) as HostArchive | undefined);
    const type = "entries" in prepared ? prepared.type : archive?.type;
    const files =
      "entries" in prepared
        ? prepared.entries.map((entry) => (entry.type === "directory" ? `${entry.path}/` : entry.path))
        : archive?.files;
    const dest = state["dest"] as FileState | undefined;
    return {
      src: prepared.source,
      dest: args.dest,
      ...(type !== undefined && { handler: type === "zip" ? "ZipArchive" : "TgzArchive" }),
      ...(args.list_files && files && { files }),
      ...(changes.length > 0 && { extract_results: { rc: 0 } }),
      ...fileResult(dest?.type === "link" ? dest.followed : dest),
    };
  },
});

/** Options that tsrun understands itself: none, or the leading parts of paths to drop. Undefined for others, which are tar's business. */
function stripOf(options: readonly string[]): number | undefined {
  const text = options.join(" ").trim();
  if (text === "") return 0;
  const [, count] = /^--strip(?:-components)?[= ](\d+)$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count);
}
