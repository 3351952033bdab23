import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";
import { findPath } from "./file.ts";

/** What `file` says of a file's content; `unknown` where the host has no such program. */
export interface MimeState {
  readonly mimetype: string;
  readonly charset: string;
}

/** Kind of content of what lies at a path (not through links), as the program `file` guesses it. One process for all. */
export const fileMime = defineQuery<string, MimeState>({
  name: "file-mime",
  script: (paths) =>
    sh`command -v file >/dev/null && file --mime-type --mime-encoding -00 -- ${paths.map(findPath)} 2>/dev/null; exit 0`,
  parse(output, paths) {
    const parts = decodeBytes(output.stdout).split("\0");
    const found = new Map<string, MimeState>();
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const [, mimetype, charset] = /^\s*([^;]+); charset=(\S+)/.exec(parts[at + 1] ?? "") ?? [];
      if (mimetype !== undefined && charset !== undefined) found.set(parts[at] ?? "", { mimetype, charset });
    }
    return paths.map((path) => found.get(findPath(path)) ?? { mimetype: "unknown", charset: "unknown" });
  },
});

/** Attributes of the file system (chattr), in Ansible's words; `flags` as lsattr prints the letters. */
export interface AttributeFlags {
  /** Undefined where the file system has attributes but no versions (overlayfs). */
  readonly version: string | undefined;
  readonly flags: string;
  readonly names: readonly string[];
}

/** Attributes of files and directories; undefined where the file system or the host has none. Two processes for all. */
export const fileFlags = defineQuery<string, AttributeFlags | undefined>({
  name: "file-flags",
  // Asked for versions, lsattr says nothing of a file that has none.
  script: (paths) => sh`command -v lsattr >/dev/null || exit 0
    set -- ${paths.map(findPath)}; lsattr -d -- "$@" 2>/dev/null; printf '\0'; lsattr -vd -- "$@" 2>/dev/null; exit 0`,
  parse(output, paths) {
    const [plain = "", versioned = ""] = decodeBytes(output.stdout).split("\0");
    const letters = eachLine(plain, paths, /^([-a-zA-Z]+) /);
    const versions = eachLine(versioned, paths, /^\s*(\d+) +[-a-zA-Z]+ /);
    return letters.map((found, index) => {
      if (found === undefined) return undefined;
      const flags = found.replaceAll("-", "");
      return { version: versions[index], flags, names: flags.split("").flatMap((letter) => flagNames[letter] ?? []) };
    });
  },
});

/** What stands before each path. A file without attributes has no line, so each line is recognised by its path. */
function eachLine(text: string, paths: readonly string[], pattern: RegExp): readonly (string | undefined)[] {
  let at = 0;
  return paths.map((path) => {
    const [start, found] = pattern.exec(text.slice(at)) ?? [];
    if (start === undefined || !text.startsWith(`${findPath(path)}\n`, at + start.length)) return undefined;
    at += start.length + findPath(path).length + 1;
    return found;
  });
}

const flagNames: Readonly<Record<string, string>> = {
  A: "noatime",
  a: "append",
  c: "compressed",
  C: "nocow",
  d: "nodump",
  D: "dirsync",
  e: "extents",
  E: "encrypted",
  h: "blocksize",
  i: "immutable",
  I: "indexed",
  j: "journalled",
  N: "inline",
  s: "zero",
  S: "synchronous",
  t: "notail",
  T: "blockroot",
  u: "undelete",
  X: "compressedraw",
  Z: "compresseddirty",
};
