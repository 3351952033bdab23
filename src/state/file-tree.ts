import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";
import { type FileState, findPath, parseFileFields } from "./file.ts";
import { type AttributePlan, ownerWord, planAttributes, type WantedAttributes } from "./file-attributes.ts";
import { chmodWord, resolveMode } from "./file-mode.ts";

/** Something below a directory of the host. */
export interface TreeEntry extends FileState {
  /** The whole path. */
  readonly path: string;
}

/** All that is below a directory, links not followed; empty when there is no such directory. Costly: never read ahead. */
export const fileTree = defineQuery<string, readonly TreeEntry[]>({
  name: "file-tree",
  isCostly: true,
  script: (paths) =>
    shLines(
      paths.map(
        (path) => sh`
        [ ! -d ${path} ] || find ${findPath(path)} -mindepth 1 -printf '---:%y:%m:%U:%G:%s:%n:%i:%D:%T@:%A@:%C@:%b:%u:%g\0%l\0%p\0' || exit 1
        printf '\0\0\0'`,
      ),
    ),
  parse(output, paths) {
    if (output.rc !== 0) throw new Error(`walking directories failed: ${decodeBytes(output.stderr).trim()}`);
    const parts = decodeBytes(output.stdout).split("\0");
    const trees: TreeEntry[][] = [[]];
    for (let at = 0; at + 2 < parts.length; at += 3) {
      const [fields = "", linkTarget = "", path = ""] = parts.slice(at, at + 3);
      if (fields === "") trees.push([]);
      else trees.at(-1)?.push({ path, ...parseFileFields(fields, linkTarget) });
    }
    return paths.map((_, index) => trees[index] ?? []);
  },
});

/** How everything below a directory gets the attributes: nothing when all has them. */
export function planTreeAttributes(root: string, tree: readonly TreeEntry[], wanted: WantedAttributes): AttributePlan {
  const owner = { owner: wanted.owner, group: wanted.group };
  const isOwned = tree.every((entry) => planAttributes(entry.path, entry, owner).steps.length === 0);
  const others = tree.filter((entry) => entry.type !== "link");
  const hasModes = others.every((entry) => planAttributes(entry.path, entry, { mode: wanted.mode }).steps.length === 0);
  const { mode } = wanted;
  const isOctal = mode !== undefined && /^[0-7o]+$/.test(mode);
  return {
    steps: [
      ...(isOwned ? [] : [sh`chown -hR -- ${ownerWord(wanted.owner, wanted.group)} ${root}`]),
      ...(hasModes || mode === undefined
        ? []
        : [sh`chmod -R -- ${isOctal ? chmodWord(resolveMode(mode, 0, true)) : mode} ${root}`]),
    ],
    after: {},
  };
}
