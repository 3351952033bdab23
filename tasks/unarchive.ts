import {
  type Change,
  change,
  create,
  defineTask,
  encodeBytes,
  type Known,
  type Plan,
  type Query,
  runCommand,
  sh,
  TaskFailure,
  writeFile,
  z,
} from "tsrun";
import {
  type ArchiveEntry,
  buildTar,
  checksumOf,
  contentOf,
  contentOfLocal,
  effectiveUid,
  type FileState,
  fetchFile,
  file,
  fileAttributeArgs,
  fileResult,
  followLocal,
  type HostArchive,
  type HostArchiveKey,
  hostArchive,
  joinPath,
  type LocalArchive,
  type NewContent,
  plainPath,
  planAttributes,
  readArchive,
  refuseEscape,
  resolveMode,
  selectEntries,
  unpackScript,
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
type Args = z.output<typeof args>;

/** Either members that the controller compares one by one, or an archive that the host must unpack. */
type Prepared =
  | {
      readonly kind: "entries";
      readonly source: string;
      readonly type: LocalArchive["type"];
      readonly entries: readonly Member[];
    }
  | { readonly kind: "upload"; readonly source: string; readonly content: NewContent }
  | { readonly kind: "host" };

interface Member extends ArchiveEntry {
  readonly sha256: string | undefined;
}

export default defineTask({
  name: "unarchive",
  summary: "Unpack an archive on the host",
  args,
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
    if (args.remote_src ?? args.copy === false) return { kind: "host" };
    const source = await controller.find(args.src, "files");
    const entry = await followLocal(controller, source);
    const strip = stripOf(args.extra_opts);
    const archive = strip === undefined ? undefined : readArchive(await controller.read(entry.path), source);
    if (!archive || strip === undefined)
      return { kind: "upload", source, content: await contentOfLocal(controller, entry) };
    const entries = selectEntries(archive, { include: args.include, exclude: args.exclude, strip }).map((member) => ({
      ...member,
      sha256: member.type === "file" ? contentOf(member.content, "").sha256 : undefined,
    }));
    return { kind: "entries", source, type: archive.type, entries };
  },
  observe(args, known, prepared) {
    const base = {
      dest: file(plainPath(args.dest)),
      creates: args.creates === undefined ? undefined : file(plainPath(args.creates)),
    };
    return {
      ...base,
      ...(prepared.kind === "entries"
        ? observeEntries(args, prepared.entries, known)
        : observeHost(args, prepared, known)),
    };
  },
  plan(args, observed, { prepared, applied, isCheck }): Plan {
    const state = observed as Readonly<Record<string, unknown>>;
    const dest = state["dest"] as FileState | undefined;
    if (state["creates"] !== undefined && applied.length === 0)
      return { changes: [], skipped: true, msg: `skipped, since ${args.creates} exists` };
    if (dest?.type !== "directory" && dest?.followed?.type !== "directory")
      throw new TaskFailure(`dest '${args.dest}' must be an existing dir`);
    return prepared.kind === "entries"
      ? planEntries(args, prepared.entries, state)
      : planHost(args, prepared, state, applied, isCheck);
  },
  result(args, { after, changes, prepared }) {
    const state = after as Readonly<Record<string, unknown>>;
    // One that lay in `dest` for the time being is gone again.
    const swept = changes.find((done) => done.action === "remove")?.after;
    const archive = prepared.kind === "entries" ? undefined : ((state["archive"] ?? swept) as HostArchive | undefined);
    const type = prepared.kind === "entries" ? prepared.type : archive?.type;
    const files =
      prepared.kind === "entries"
        ? prepared.entries.map((entry) => (entry.type === "directory" ? `${entry.path}/` : entry.path))
        : archive?.files;
    const dest = state["dest"] as FileState | undefined;
    return {
      src: prepared.kind === "host" ? args.src : prepared.source,
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

function observeEntries(args: Args, entries: readonly Member[], known: Known) {
  const queries: Record<string, Query<unknown> | undefined> = { uid: effectiveUid(null) };
  for (const entry of entries) {
    const path = joinPath(plainPath(args.dest), entry.path);
    queries[`file ${entry.path}`] = file(path);
    const found = known(file(path));
    const sum = checksumOf({ path, algorithm: "sha256" }, entry.content.length);
    const isSameSize = found?.type === "file" && found.size === entry.content.length;
    if (entry.type === "file" && (isSameSize || !sum.kind.isCostly)) queries[`sum ${entry.path}`] = sum;
  }
  return queries;
}

/** What differs goes to the host as one tar, whatever the archive was: the host needs no unzip. */
function planEntries(args: Args, entries: readonly Member[], state: Readonly<Record<string, unknown>>): Plan {
  const isRoot = state["uid"] === 0;
  const different = entries.filter((entry) => differs(args, entry, state, isRoot));
  if (different.length === 0) return { changes: [] };
  const tar = buildTar(different.map((entry) => wantedEntry(args, entry)));
  const keepsOwner =
    isRoot &&
    different.some((entry) => entry.uid !== undefined || args.owner !== undefined || args.group !== undefined);
  const step = runCommand(sh`tar -xpf - ${!keepsOwner && "-o"} -C ${args.dest}`, { stdin: tar });
  const changes = different.map((entry, index) => {
    const path = joinPath(plainPath(args.dest), entry.path);
    const present = state[`file ${entry.path}`] as FileState | undefined;
    const after = {
      type: entry.type as "file",
      mode: wantedEntry(args, entry).mode,
      size: entry.content.length,
      linkTarget: entry.linkTarget,
    };
    const options = {
      diff: { before: present ? `${path}\n` : "", after: `${path}\n` },
      mayAlter: ["file-content", "file-checksum"],
    };
    const steps = index === 0 ? step : [];
    return present ? change(file(path), after, steps, options) : create(file(path), after, steps, options);
  });
  return { changes };
}

function differs(args: Args, entry: Member, state: Readonly<Record<string, unknown>>, isRoot: boolean): boolean {
  const present = state[`file ${entry.path}`] as FileState | undefined;
  if (!present) return true;
  if (entry.type === "directory" && present.followed?.type === "directory") return false;
  if (present.type !== entry.type) return true;
  if (args.keep_newer && entry.type === "file" && present.mtime > entry.mtime) return false;
  if (entry.type === "link" && present.linkTarget !== entry.linkTarget) return true;
  if (entry.type === "file" && (present.size !== entry.content.length || state[`sum ${entry.path}`] !== entry.sha256))
    return true;
  const wanted = wantedEntry(args, entry);
  if (entry.type !== "link" && present.mode !== wanted.mode) return true;
  if (!isRoot) return false;
  const isOwned =
    wanted.uid === undefined || present.uid === wanted.uid || (wanted.owner !== "" && present.owner === wanted.owner);
  const isGrouped =
    wanted.gid === undefined || present.gid === wanted.gid || (wanted.group !== "" && present.group === wanted.group);
  return (
    !isOwned || !isGrouped || (args.owner !== undefined && !/^\d+$/.test(args.owner) && present.owner !== args.owner)
  );
}

/** A member with the owner and mode that the task wants. Zip keeps none, so there they are those of the task's user. */
function wantedEntry(args: Args, entry: ArchiveEntry): ArchiveEntry {
  const numeric = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);
  return {
    ...entry,
    mode: args.mode === undefined ? entry.mode : resolveMode(args.mode, entry.mode, entry.type === "directory"),
    ...(args.owner !== undefined && {
      owner: numeric(args.owner) === undefined ? args.owner : "",
      uid: numeric(args.owner) ?? 0,
    }),
    ...(args.group !== undefined && {
      group: numeric(args.group) === undefined ? args.group : "",
      gid: numeric(args.group) ?? 0,
    }),
  };
}

/** The archive on the host; one that must get there first lies in `dest` for the time being, where no other account can put it. */
function archiveKey(args: Args, prepared: Prepared): HostArchiveKey {
  const name = prepared.kind === "upload" ? prepared.content.sha256 : contentOf(encodeBytes(args.src), "").sha256;
  const isTemporary = prepared.kind === "upload" || args.src.includes("://");
  const path = isTemporary ? joinPath(args.dest, `.tsrun-archive-${name.slice(0, 16)}`) : args.src;
  return { path, dest: plainPath(args.dest), options: args.extra_opts, include: args.include, exclude: args.exclude };
}

function observeHost(args: Args, prepared: Prepared, known: Known) {
  const key = archiveKey(args, prepared);
  const archive = known(hostArchive(key));
  const wantsAttributes = args.mode !== undefined || args.owner !== undefined || args.group !== undefined;
  const queries: Record<string, Query<unknown> | undefined> = {
    uid: effectiveUid(null),
    archive: hostArchive(key),
    temporary: file(key.path),
  };
  for (const path of wantsAttributes ? (archive?.files ?? []) : [])
    queries[`file ${path}`] = file(joinPath(key.dest, path));
  return queries;
}

function planHost(
  args: Args,
  prepared: Prepared,
  state: Readonly<Record<string, unknown>>,
  applied: readonly Change[],
  isCheck: boolean,
): Plan {
  const key = archiveKey(args, prepared);
  const isTemporary = key.path !== args.src;
  const isSwept = applied.some((done) => done.query.id === hostArchive(key).id && done.action === "remove");
  if (isSwept) return { changes: [] };
  const archive = state["archive"] as HostArchive | undefined;
  if (!archive) {
    if (isTemporary && isCheck)
      return { changes: [], warnings: ["what the archive would change is known only when the host has it"] };
    if (isTemporary && applied.length === 0)
      return { changes: [bringArchive(args, prepared, key.path)], isPartial: true };
    throw new TaskFailure(`Source '${args.src}' does not exist`);
  }
  if (archive.error !== undefined) throw new TaskFailure(`cannot read the archive ${args.src}: ${archive.error}`);
  for (const path of archive.files) refuseEscape(path);
  const isUnpacked = applied.some((done) => done.query.id === hostArchive(key).id && done.action === "change");
  if (!isUnpacked && hasDifferences(args, archive, state["uid"] === 0)) {
    const diff = { before: "", after: archive.differences.map((line) => `${line}\n`).join("") };
    const unpack = change(hostArchive(key), { differences: [] }, unpackScript(key, archive.type, args.keep_newer), {
      diff,
      isEvent: true,
      mayAlter: ["file", "file-content", "file-checksum"],
    });
    return { changes: [unpack], isPartial: true };
  }
  const sweep: Change = {
    action: "remove",
    query: hostArchive(key),
    after: archive,
    steps: [runCommand(sh`rm -f -- ${key.path}`)],
    isEvent: true,
    isQuiet: true,
  };
  return { changes: [...attributeChanges(args, key, archive, state), ...(isTemporary ? [sweep] : [])] };
}

function bringArchive(args: Args, prepared: Prepared, path: string): Change {
  if (prepared.kind !== "upload")
    return fetchFile(
      { url: args.src, path, timeout: 60, validate_certs: args.validate_certs, mode: "0600" },
      undefined,
    );
  return {
    ...create(file(path), {}, writeFile({ path, content: prepared.content.content, mode: "0600" })),
    isEvent: true,
    isQuiet: true,
  };
}

function attributeChanges(
  args: Args,
  key: HostArchiveKey,
  archive: HostArchive,
  state: Readonly<Record<string, unknown>>,
): readonly Change[] {
  return archive.files.flatMap((name) => {
    const path = joinPath(key.dest, name);
    const present = state[`file ${name}`] as FileState | undefined;
    if (!present) return [];
    const { steps, after } = planAttributes(path, present, args);
    return steps.length > 0 ? [change(file(path), after, steps)] : [];
  });
}

/** Differences in what the task sets anyway do not count, nor does the time alone. */
function hasDifferences(args: Args, { differences }: HostArchive, isRoot: boolean): boolean {
  return differences.some((line) => {
    if (line.endsWith(": Mod time differs")) return false;
    if (line.endsWith(": Uid differs")) return isRoot && args.owner === undefined;
    if (line.endsWith(": Gid differs")) return isRoot && args.group === undefined;
    if (line.endsWith(": Mode differs")) return args.mode === undefined;
    return !/^tar: (Removing leading|Ignoring unknown)/.test(line);
  });
}
