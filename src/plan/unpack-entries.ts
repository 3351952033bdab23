import type { ArchiveEntry } from "../lib/archive-entry.ts";
import { buildTar } from "../lib/tar.ts";
import { change, create, runCommand } from "../task/change.ts";
import type { Known, Plan } from "../task/define-task.ts";
import type { Query } from "../task/query.ts";
import { sh } from "../task/sh.ts";
import { effectiveUid } from "../state/effective-user.ts";
import { type FileState, file } from "../state/file.ts";
import { checksumOf } from "../state/file-checksum.ts";
import { resolveMode } from "./file-mode.ts";
import { joinPath, plainPath } from "../state/host-path.ts";
import type { UnpackArgs } from "./unpack.ts";

/** A member that the controller read. */
export interface Member extends ArchiveEntry {
  readonly sha256: string | undefined;
}

/** What must be known to compare the members one by one. */
export function observeEntries(args: UnpackArgs, entries: readonly Member[], known: Known) {
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
export function planEntries(
  args: UnpackArgs,
  entries: readonly Member[],
  state: Readonly<Record<string, unknown>>,
): Plan {
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

function differs(args: UnpackArgs, entry: Member, state: Readonly<Record<string, unknown>>, isRoot: boolean): boolean {
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
function wantedEntry(args: UnpackArgs, entry: ArchiveEntry): ArchiveEntry {
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
