import { encodeBytes } from "../lib/bytes.ts";
import { type Change, change, create, runCommand, writeFile } from "../task/change.ts";
import type { Known, Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { sh } from "../task/sh.ts";
import { fetchFile } from "./download.ts";
import { effectiveUid } from "../state/effective-user.ts";
import { type FileState, file } from "../state/file.ts";
import { planAttributes } from "./file-attributes.ts";
import { type HostArchive, type HostArchiveKey, hostArchive, unpackScript } from "../state/host-archive.ts";
import { joinPath, plainPath } from "../state/host-path.ts";
import { contentOf, type NewContent } from "./new-content.ts";
import { refuseEscape, type UnpackArgs } from "./unpack.ts";

/** Where an archive comes from: the controller uploads it, or the host has or fetches it. */
export type Origin = "host" | NewContent;

/** The archive on the host; one that must get there first lies in `dest` for the time being, where no other account can put it. */
function archiveKey(args: UnpackArgs, origin: Origin): HostArchiveKey {
  const name = origin !== "host" ? origin.sha256 : contentOf(encodeBytes(args.src), "").sha256;
  const isTemporary = origin !== "host" || args.src.includes("://");
  const path = isTemporary ? joinPath(args.dest, `.tsrun-archive-${name.slice(0, 16)}`) : args.src;
  return { path, dest: plainPath(args.dest), options: args.extra_opts, include: args.include, exclude: args.exclude };
}

/** What must be known when the host itself compares. */
export function observeHost(args: UnpackArgs, origin: Origin, known: Known) {
  const key = archiveKey(args, origin);
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

/** First the archive comes to the host where it is not there, then it is unpacked where it differs, then its files get their attributes. */
export function planHost(
  args: UnpackArgs,
  origin: Origin,
  state: Readonly<Record<string, unknown>>,
  applied: readonly Change[],
  isCheck: boolean,
): Plan {
  const key = archiveKey(args, origin);
  const isTemporary = key.path !== args.src;
  const isSwept = applied.some((done) => done.query.id === hostArchive(key).id && done.action === "remove");
  if (isSwept) return { changes: [] };
  const archive = state["archive"] as HostArchive | undefined;
  if (!archive) {
    // Not there yet, but an earlier task would bring it.
    if (isCheck && (isTemporary || state["temporary"] !== undefined))
      return { changes: [predictUnpacked(key)], unknown: "what is in the archive is known only when the host has it" };
    if (isTemporary && applied.length === 0)
      return { changes: [bringArchive(args, origin, key.path)], isPartial: true };
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

/** Files below `dest` may appear or alter. */
function predictUnpacked(key: HostArchiveKey): Change {
  return {
    ...change(hostArchive(key), {}, [], { mayAlter: ["file", "file-content", "file-checksum"] }),
    isEvent: true,
  };
}

function bringArchive(args: UnpackArgs, origin: Origin, path: string): Change {
  if (origin === "host")
    return fetchFile(
      { url: args.src, path, timeout: 60, validate_certs: args.validate_certs, mode: "0600" },
      undefined,
    );
  return {
    ...create(file(path), {}, writeFile({ path, content: origin.content, mode: "0600" })),
    isEvent: true,
    isQuiet: true,
  };
}

function attributeChanges(
  args: UnpackArgs,
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
function hasDifferences(args: UnpackArgs, { differences }: HostArchive, isRoot: boolean): boolean {
  return differences.some((line) => {
    if (line.endsWith(": Mod time differs")) return false;
    if (line.endsWith(": Uid differs")) return isRoot && args.owner === undefined;
    if (line.endsWith(": Gid differs")) return isRoot && args.group === undefined;
    if (line.endsWith(": Mode differs")) return args.mode === undefined;
    return !/^tar: (Removing leading|Ignoring unknown)/.test(line);
  });
}
