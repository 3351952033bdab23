import { gunzipSync } from "node:zlib";
import type { ArchiveEntry } from "../lib/archive-entry.ts";
import { messageOf } from "../lib/errors.ts";
import { fnmatch } from "../lib/fnmatch.ts";
import { parseTar } from "../lib/tar.ts";
import { parseZip } from "../lib/zip.ts";
import { TaskFailure } from "../task/failure.ts";
import type { WantedAttributes } from "./file-attributes.ts";

/** How an archive is unpacked, in the words of unarchive. */
export interface UnpackArgs extends WantedAttributes {
  readonly src: string;
  readonly dest: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly extra_opts: readonly string[];
  readonly keep_newer: boolean;
  readonly validate_certs: boolean;
}

/** An archive that the controller read itself. */
export interface LocalArchive {
  readonly type: "tar" | "zip";
  readonly entries: readonly ArchiveEntry[];
}

/** Which members of an archive are meant. */
export interface Selection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Leading parts of the paths to drop. */
  readonly strip: number;
}

/** Reads a tar, tar.gz or zip archive; undefined for other formats, which the host must unpack. */
export function readArchive(bytes: Uint8Array, path: string): LocalArchive | undefined {
  if (bytes.length === 0) throw new TaskFailure(`Invalid archive '${path}', the file is 0 bytes`);
  const magic = Buffer.from(bytes.subarray(0, 4)).toString("latin1");
  try {
    if (magic.startsWith("PK")) return { type: "zip", entries: parseZip(bytes) };
    if (magic.startsWith("\x1f\x8b")) return { type: "tar", entries: parseTar(gunzipSync(bytes)) };
    if (Buffer.from(bytes.subarray(257, 262)).toString("latin1") === "ustar")
      return { type: "tar", entries: parseTar(bytes) };
    return undefined;
  } catch (error) {
    throw new TaskFailure(`cannot read the archive ${path}: ${messageOf(error)}`);
  }
}

/** The members that are meant, under the paths that they will have. Refuses paths that lead out of the directory. */
export function selectEntries({ entries, type }: LocalArchive, selection: Selection): readonly ArchiveEntry[] {
  const chosen = new Map<string, ArchiveEntry>();
  for (const entry of entries) {
    const path = entry.path.replace(/^(\.?\/)+/, "");
    if (path === "" || path === ".") continue;
    if (selection.include.length > 0 && !selection.include.some((pattern) => isMatch(path, pattern, type))) continue;
    if (selection.exclude.some((pattern) => isMatch(path, pattern.replace(/\/+$/, ""), type))) continue;
    refuseEscape(entry.path);
    if (entry.type === "other")
      throw new TaskFailure(`\`${entry.path}\` in the archive is neither a file, a directory nor a link`);
    const stripped = path.split("/").slice(selection.strip).join("/");
    if (stripped !== "") chosen.set(stripped, { ...entry, path: stripped });
  }
  for (const path of chosen.keys()) {
    const parts = path.split("/");
    const link = parts
      .slice(1)
      .map((_, index) => parts.slice(0, index + 1).join("/"))
      .find((parent) => chosen.get(parent)?.type === "link");
    if (link !== undefined) throw new TaskFailure(`\`${path}\` in the archive lies behind the link \`${link}\``);
  }
  return [...chosen.values()];
}

/** Fails for names that would lead out of the directory. */
export function refuseEscape(path: string): void {
  if (path.startsWith("/") || path.split("/").includes(".."))
    throw new TaskFailure(`\`${path}\` in the archive leads out of the directory`);
}

/** A directory that matches takes all that is in it along. tar's patterns may start at any slash. */
function isMatch(path: string, pattern: string, type: "tar" | "zip"): boolean {
  const wanted = pattern.replace(/^\.\//, "").replace(/\/+$/, "");
  if (fnmatch(path, wanted)) return true;
  const parts = path.split("/");
  if (parts.some((_, index) => fnmatch(parts.slice(0, index + 1).join("/"), wanted))) return true;
  return type === "tar" && parts.some((_, index) => fnmatch(parts.slice(index).join("/"), wanted));
}
