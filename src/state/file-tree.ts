import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";
import { type FileState, findPath, parseFileFields } from "./file.ts";

/** Something below a directory of the host. */
export interface TreeEntry extends FileState {
  /** The whole path. */
  readonly path: string;
}

export interface FileTreeKey {
  readonly path: string;
  /** How many levels down; all without it. */
  readonly depth?: number | undefined;
  /** Look at what links lead to, and into the directories behind them. */
  readonly follow?: boolean | undefined;
}

/** All that is below a directory; empty when there is no such directory. Costly: never read ahead. */
export const fileTreeOf = defineQuery<FileTreeKey, readonly TreeEntry[]>({
  name: "file-tree",
  isCostly: true,
  script: (keys) =>
    shLines(
      keys.map(({ path, depth, follow }) => {
        const options = [findPath(path), "-mindepth", 1, depth !== undefined && ["-maxdepth", depth]];
        return sh`
        [ ! -d ${path} ] || find ${follow ? "-L" : "-P"} ${options} -printf '---:%y:%m:%U:%G:%s:%n:%i:%D:%T@:%A@:%C@:%b:%u:%g\0%l\0%p\0' || exit 1
        printf '\0\0\0'`;
      }),
    ),
  parse(output, keys) {
    if (output.rc !== 0) throw new Error(`walking directories failed: ${decodeBytes(output.stderr).trim()}`);
    const parts = decodeBytes(output.stdout).split("\0");
    const trees: TreeEntry[][] = [[]];
    for (let at = 0; at + 2 < parts.length; at += 3) {
      const [fields = "", linkTarget = "", path = ""] = parts.slice(at, at + 3);
      if (fields === "") trees.push([]);
      else trees.at(-1)?.push({ path, ...parseFileFields(fields, linkTarget) });
    }
    return keys.map((_, index) => trees[index] ?? []);
  },
});

/** All that is below a directory, links not followed. */
export function fileTree(path: string): ReturnType<typeof fileTreeOf> {
  return fileTreeOf({ path });
}
