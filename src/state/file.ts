import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

export type FileType = "file" | "directory" | "link" | "fifo" | "socket" | "block" | "character" | "other";

/** What lies at a path, without following a last symbolic link. */
export interface FileState {
  readonly type: FileType;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Name of the owner, or the id where there is no such account. */
  readonly owner: string;
  readonly group: string;
  readonly size: number;
  readonly links: number;
  readonly inode: number;
  readonly device: number;
  /** Seconds since 1970, with their fraction. */
  readonly mtime: number;
  readonly atime: number;
  readonly ctime: number;
  /** Blocks of 512 bytes. */
  readonly blocks: number;
  /** What the task's user may do with it (access(2), through links): `r`, `w` and `x`, or `-` in their place. */
  readonly access: string;
  /** Of a symbolic link: its text as it stands. */
  readonly linkTarget?: string | undefined;
  /** Of a symbolic link: the path it leads to in the end, which need not exist. */
  readonly realPath?: string | undefined;
  /** Of a symbolic link: what lies at `realPath`; undefined for a broken link. */
  readonly followed?: FileState | undefined;
}

/**
 * What lies at a path; undefined when there is nothing. One `find` for all paths, and two processes more when links are among them.
 *
 * Throws when the user may not search the directory: "nothing there" is never a guess.
 */
export const file = defineQuery<string, FileState | undefined>({
  name: "file",
  // GNU find prints all that is needed and exactly; other finds know no -printf, so stat answers there, a process a file.
  // A record is `fields NUL link-text NUL path NUL`; a section starts with a record of its name.
  script: (paths) => sh`
    gnu() {
      find "$@" -maxdepth 0 \( -readable -printf r -o -printf - \) \( -writable -printf w -o -printf - \) \( -executable -printf x -o -printf - \) -printf ':%y:%m:%U:%G:%s:%n:%i:%D:%T@:%A@:%C@:%b:%u:%g\0%l\0%p\0'
    }
    other() {
      o=$1; shift
      for p do
        [ -e "$p" ] || [ -L "$p" ] || continue
        [ -r "$p" ] && a=r || a=-; [ -w "$p" ] && a=\${a}w || a=\${a}-; [ -x "$p" ] && a=\${a}x || a=\${a}-
        [ -e "$p" ] && f=$o || f=-P
        case $f in -L) f='stat -L';; *) f=stat;; esac
        printf '%s:%s\0%s\0%s\0' "$a" "$($f -c '0x%f:%a:%u:%g:%s:%h:%i:%d:%Y:%X:%Z:%b:%U:%G' -- "$p")" "$(readlink "$p")" "$p"
      done
    }
    look() {
      gnu "$@" && return
      case $(find --version 2>/dev/null) in *GNU*) return;; esac
      printf 'other\0\0\0'; other "$@"
    }
    links() {
      n=$#
      while [ $n -gt 0 ]; do
        [ -L "$1" ] && set -- "$@" "$1"
        shift; n=$((n - 1))
      done
      [ $# = 0 ] && return
      printf 'links\0\0\0'; look -L "$@"
      printf 'real\0\0\0'; realpath -zm -- "$@" 2>/dev/null && return
      printf '\0each\0\0\0'; for p do printf '%s\0' "$(readlink -f -- "$p")"; done
    }
    files() { look -P "$@"; links "$@"; }
    files ${paths.map(findPath)}
    exit 0`,
  parse(output, paths) {
    if (output.rc !== 0) throw new Error(`reading files failed: ${decodeBytes(output.stderr).trim()}`);
    const [direct, rest = ""] = splitSection(decodeBytes(output.stdout), "links");
    const [followed, ends = ""] = splitSection(rest, "real");
    const found = parseRecords(direct);
    const targets = parseRecords(followed);
    const links = [...new Set(paths.map(findPath))].filter((path) => found.get(path)?.type === "link");
    const [whole, each] = splitSection(ends, "each");
    // busybox's realpath ignores -z.
    const realPaths = (each ?? whole).split(each !== undefined || whole.includes("\0") ? "\0" : "\n");
    const stderr = decodeBytes(output.stderr);
    return paths.map((key) => {
      const path = findPath(key);
      const state = found.get(path);
      if (!state) {
        const denied = stderr.split("\n").find((line) => line.includes(path) && line.endsWith("Permission denied"));
        if (denied) throw new Error(`permission denied: ${path}`);
        return undefined;
      }
      if (state.type !== "link") return state;
      const target = targets.get(path);
      return {
        ...state,
        realPath: realPaths[links.indexOf(path)] || undefined,
        followed: target?.type === "link" ? undefined : target,
      };
    });
  },
});

/** A path as a word that find and its like cannot take for an option or an operator. */
export function findPath(path: string): string {
  return path.startsWith("/") ? path : `./${path}`;
}

function splitSection(text: string, name: string): [string, string | undefined] {
  const mark = `${name}\0\0\0`;
  const at = text.startsWith(mark) ? 0 : text.indexOf(`\0${mark}`) + 1;
  if (at === 0 && !text.startsWith(mark)) return [text, undefined];
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function parseRecords(text: string): ReadonlyMap<string, FileState> {
  const [gnu, other] = splitSection(text, "other");
  const parts = (other ?? gnu).split("\0");
  const found = new Map<string, FileState>();
  for (let at = 0; at + 2 < parts.length; at += 3) {
    const [fields = "", linkText = "", path = ""] = parts.slice(at, at + 3);
    found.set(path, parseFileFields(fields, linkText));
  }
  return found;
}

/** The state in a line of `access:type:mode:…` as the scripts of file and file-tree print it. */
export function parseFileFields(fields: string, linkText: string): FileState {
  const [
    access = "",
    type = "",
    mode = "",
    uid,
    gid,
    size,
    links,
    inode,
    device,
    mtime,
    atime,
    ctime,
    blocks,
    owner = "",
    group = "",
  ] = fields.split(":");
  if (group === "") throw new Error(`no state of a file: ${JSON.stringify(fields)}`);
  const parsedType = type.startsWith("0x") ? typeOfMode(Number(type)) : (typeLetters[type] ?? "other");
  return {
    type: parsedType,
    mode: Number.parseInt(mode, 8),
    uid: Number(uid),
    gid: Number(gid),
    owner: owner === "UNKNOWN" ? String(uid) : owner,
    group: group === "UNKNOWN" ? String(gid) : group,
    size: Number(size),
    links: Number(links),
    inode: Number(inode),
    device: Number(device),
    mtime: Number(mtime),
    atime: Number(atime),
    ctime: Number(ctime),
    blocks: Number(blocks),
    access,
    ...(parsedType === "link" && { linkTarget: linkText }),
  };
}

const typeLetters: Readonly<Record<string, FileType>> = {
  f: "file",
  d: "directory",
  l: "link",
  p: "fifo",
  s: "socket",
  b: "block",
  c: "character",
};

/** Type of a raw st_mode. */
function typeOfMode(raw: number): FileType {
  const letters: Readonly<Record<number, string>> = {
    0o10: "f",
    0o4: "d",
    0o12: "l",
    0o1: "p",
    0o14: "s",
    0o6: "b",
    0o2: "c",
  };
  return typeLetters[letters[raw >> 12] ?? ""] ?? "other";
}
