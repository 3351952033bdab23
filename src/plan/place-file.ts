import { z } from "zod";
import { type Change, change, create, type Diff, writeFile } from "../task/change.ts";
import type { Known, Observed } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { type FileState, file } from "../state/file.ts";
import {
  describeAttributes,
  fileAttributeArgs,
  newAttributes,
  planAttributes,
  type WantedAttributes,
} from "./file-attributes.ts";
import { checksumOf, fileChecksum } from "../state/file-checksum.ts";
import { type FileContent, fileContent } from "../state/file-content.ts";
import { chmodWord, resolveMode } from "./file-mode.ts";
import { directoryOf } from "../state/host-path.ts";
import { refusePlantedLink } from "./planted-link.ts";
import type { NewContent } from "./new-content.ts";

/** Arguments that all modules share which write a whole file. */
export const placedFileArgs = {
  backup: z.boolean().default(false).describe("Keep the old file under a name with the time"),
  validate: z
    .string()
    .optional()
    .describe("Command that checks the new file before it takes its place; `%s` is its path"),
  ...fileAttributeArgs,
  unsafe_writes: z.boolean().default(false).describe("Write in place when a rename is not possible"),
};

/** A file that should have this content and these attributes. */
export interface Place extends WantedAttributes {
  readonly path: string;
  readonly content: NewContent;
  /** Write to what a link leads to, instead of replacing the link. */
  readonly follow?: boolean | undefined;
  /** False: leave a file that exists as it is. */
  readonly force?: boolean | undefined;
  readonly backup?: boolean | undefined;
  readonly validate?: string | undefined;
  readonly unsafeWrites?: boolean | undefined;
}

export type PlaceQueries = {
  readonly current: Query<FileState | undefined>;
  readonly parent: Query<FileState | undefined>;
  readonly sha256: Query<string | undefined> | undefined;
  /** Only where a diff needs it. */
  readonly old: Query<FileContent | undefined> | undefined;
};

/** What must be read to place a file: for one that is right already, one round. */
export function observePlace(path: string, content: NewContent, known: Known, wantsDiff: boolean): PlaceQueries {
  const current = known(file(path));
  const target = current?.type === "link" ? current.followed : current;
  const sum = checksumOf({ path, algorithm: "sha256" }, content.size);
  const isSameSize = target?.type === "file" && target.size === content.size;
  const differs = target?.type === "file" && (!isSameSize || known(sum) !== content.sha256);
  return {
    current: file(path),
    parent: file(directoryOf(path)),
    sha256: isSameSize || !sum.kind.isCostly ? sum : undefined,
    old: wantsDiff && differs && content.text !== undefined ? fileContent(path) : undefined,
  };
}

/** The changes that bring content and attributes to a path. Empty when all is as wanted. */
export function planPlace(place: Place, { current, parent, sha256, old }: Observed<PlaceQueries>): readonly Change[] {
  const { content } = place;
  const target = place.follow && current?.type === "link" && current.followed ? current.followed : current;
  const path = target === current ? place.path : (current?.realPath ?? place.path);
  if (target && place.force === false) return [];
  if (!target) requireDirectory(directoryOf(path), parent);
  if (target && target.type !== "file" && target.type !== "link") {
    throw new TaskFailure(`${path} is a ${target.type}, expected a file`);
  }
  if (target?.type === "file" && target.size === content.size && sha256 === content.sha256) {
    return planAttributeChange(place, place.path, path, current as FileState, target);
  }
  if (target !== current) refusePlantedLink(place.path, current);
  const attributes = newAttributes(place, "file");
  const kept = target?.type === "file" ? planAttributes(path, target, place) : undefined;
  const after = {
    ...(kept ? kept.after : { type: "file" as const, links: 1, linkTarget: undefined, ...attributes }),
    size: content.size,
  };
  const mode = kept ? modeOf(place, target) : chmodWord(attributes.mode);
  const write = writeFile({
    path,
    content: content.content,
    mode,
    owner: place.owner,
    group: place.group,
    backup: place.backup,
    validate: place.validate,
    unsafeWrites: place.unsafeWrites,
  });
  const diff = contentDiff(path, old?.text, content, target?.type === "file");
  const query = file(place.path);
  const isThroughLink = path !== place.path;
  const main = current
    ? change(query, isThroughLink ? { followed: { ...(target as FileState), ...after } } : after, write, { diff })
    : create(query, after, write, { diff });
  return [main, ...predictContent(place.path, content, current !== undefined)];
}

/** What later tasks will read there, for check mode. */
export function predictContent(
  path: string,
  content: Pick<NewContent, "text" | "size" | "sha256">,
  exists: boolean,
): readonly Change[] {
  if (content.text === undefined) return [];
  const predict = exists ? change : create;
  return [
    predict(fileContent(path), { text: content.text, size: content.size }, []),
    predict(fileChecksum({ path, algorithm: "sha256" }), content.sha256, []),
  ];
}

/** Fails as Ansible does when the directory of a new file is missing. */
export function requireDirectory(path: string, state: FileState | undefined): void {
  const directory = state?.type === "link" ? state.followed : state;
  if (!directory) throw new TaskFailure(`Destination directory ${path} does not exist`);
  if (directory.type !== "directory") throw new TaskFailure(`${path} is a ${directory.type}, expected a directory`);
}

/** Attributes of something whose content is right. `current` is what lies at `path`, `target` what lies at `targetPath` behind it. */
export function planAttributeChange(
  wanted: WantedAttributes,
  path: string,
  targetPath: string,
  current: FileState,
  target: FileState,
): readonly Change[] {
  const { steps, after } = planAttributes(targetPath, target, wanted);
  if (steps.length === 0) return [];
  if (target !== current) refusePlantedLink(path, current);
  const shown = Object.fromEntries(Object.keys(after).map((member) => [member, target[member as keyof FileState]]));
  const diff: Diff = {
    before: describeAttributes(targetPath, target.type, shown),
    after: describeAttributes(targetPath, target.type, after),
  };
  const whole = current === target ? after : { followed: { ...target, ...after } };
  return [change(file(path), whole, steps, { diff })];
}

/** Before and after of a file's content; says so where it is no text. */
export function contentDiff(path: string, before: string | undefined, content: NewContent, existed: boolean): Diff {
  return {
    before: existed ? diffText(before) : "",
    after: diffText(content.text),
    beforeHeader: path,
    afterHeader: content.label,
  };
}

function diffText(text: string | undefined): string {
  if (text === undefined) return "";
  return text.includes("\0") ? `(binary, ${text.length} characters)\n` : text;
}

function modeOf({ mode }: Place, target: FileState | undefined): string | undefined {
  return mode === undefined || !target ? undefined : chmodWord(resolveMode(mode, target.mode, false));
}
