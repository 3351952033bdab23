import { type Change, create } from "../task/change.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { sh } from "../task/sh.ts";
import { type FileState, file } from "../state/file.ts";
import { describeAttributes, newAttributes, ownerWord, type WantedAttributes } from "./file-attributes.ts";
import { chmodWord } from "./file-mode.ts";

/** `/a/b/c` → `/a`, `/a/b`, `/a/b/c`. */
export function ancestorsOf(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "");
  const start = path.startsWith("/") ? "/" : "";
  return parts.map((_, index) => start + parts.slice(0, index + 1).join("/"));
}

/** Queries for a directory and all above it, under names that {@link planDirectory} finds. */
export function observeDirectory(path: string): Readonly<Record<string, Query<FileState | undefined>>> {
  return Object.fromEntries(ancestorsOf(path).map((ancestor) => [`directory ${ancestor}`, file(ancestor)]));
}

/** What {@link observeDirectory} read about one of its paths. */
export function observedDirectory(state: object, path: string): FileState | undefined {
  return (state as Readonly<Record<string, FileState | undefined>>)[`directory ${path}`];
}

/** Makes a directory and those above it that are missing; each new one gets the attributes. Empty when it is there. */
export function planDirectory(path: string, wanted: WantedAttributes, state: object): readonly Change[] {
  const ancestors = ancestorsOf(path);
  const missing = ancestors.filter((ancestor) => observedDirectory(state, ancestor) === undefined);
  for (const ancestor of ancestors) {
    const found = observedDirectory(state, ancestor);
    const target = found?.type === "link" ? found.followed : found;
    if (found && target?.type !== "directory") {
      throw new TaskFailure(`${ancestor} already exists as a ${found.type}, expected a directory`);
    }
  }
  if (missing.length === 0) return [];
  const after = { type: "directory" as const, linkTarget: undefined, ...newAttributes(wanted, "directory") };
  const owner = ownerWord(wanted.owner, wanted.group);
  const steps = [
    // -m counts for each operand, and all above it are made by the operands before.
    sh`mkdir -p ${wanted.mode !== undefined && ["-m", chmodWord(after.mode)]} -- ${missing}`,
    // The innermost first: in one that is given away, the next could be swapped for a link.
    owner !== "" && sh`chown -h -- ${owner} ${missing.toReversed()}`,
  ];
  return missing.map((directory, index) =>
    create(file(directory), after, index === 0 ? steps : [], {
      diff: {
        before: describeAttributes(directory, "absent", {}),
        after: describeAttributes(directory, "directory", wanted.mode === undefined ? {} : after),
      },
    }),
  );
}
