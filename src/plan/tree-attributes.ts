import type { FileState } from "../state/file.ts";
import type { TreeEntry } from "../state/file-tree.ts";
import { type Sh, sh } from "../task/sh.ts";
import { type AttributePlan, ownerWord, planAttributes, type WantedAttributes } from "./file-attributes.ts";
import { resolveMode } from "./file-mode.ts";
import { setModes } from "./set-attributes.ts";

/** How everything below a directory gets the attributes: nothing when all has them. */
export function planTreeAttributes(
  path: string,
  root: FileState,
  tree: readonly TreeEntry[],
  wanted: WantedAttributes,
): AttributePlan {
  const owner = { owner: wanted.owner, group: wanted.group };
  const isOwned = tree.every((entry) => planAttributes(entry.path, entry, owner).steps.length === 0);
  const altered = tree.flatMap((entry) => {
    if (entry.type === "link") return [];
    const newMode =
      wanted.mode === undefined ? entry.mode : resolveMode(wanted.mode, entry.mode, entry.type === "directory");
    // The kernel clears the set-id bits of files that chown touches.
    const isCleared = !isOwned && entry.type === "file" && (newMode & 0o6000) !== 0;
    return newMode !== entry.mode || isCleared ? [{ ...entry, newMode }] : [];
  });
  return {
    steps: [
      ...(isOwned ? [] : [chownTree(path, root, ownerWord(wanted.owner, wanted.group))]),
      ...(altered.length === 0 ? [] : [setModes(altered)]),
    ],
    after: {},
  };
}

/** chown itself never follows a link on its way down; that it begins in the right directory is for us to see. */
function chownTree(path: string, { device, inode }: FileState, owner: string): Sh {
  return sh`( cd -- ${path} || exit
[ "$(stat -c %d:%i .)" = ${`${device}:${inode}`} ] || { printf '%s was replaced meanwhile\n' ${path} >&2; exit 1; }
chown -hR -- ${owner} . )`;
}
