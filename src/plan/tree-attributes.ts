import type { TreeEntry } from "../state/file-tree.ts";
import { sh } from "../task/sh.ts";
import { type AttributePlan, ownerWord, planAttributes, type WantedAttributes } from "./file-attributes.ts";
import { chmodWord, resolveMode } from "./file-mode.ts";

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
