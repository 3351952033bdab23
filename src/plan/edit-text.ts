import { encodeBytes } from "../lib/bytes.ts";
import type { Change } from "../task/change.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { type FileState, file } from "../state/file.ts";
import type { WantedAttributes } from "./file-attributes.ts";
import { type FileContent, fileContent } from "../state/file-content.ts";
import { directoryOf, plainPath } from "../state/host-path.ts";
import { observeDirectory, planDirectory } from "./make-directory.ts";
import { contentOf } from "./new-content.ts";
import { planAttributeChange, planPlace } from "./place-file.ts";

/** A module that alters the text of a file (lineinfile, replace, blockinfile, ini_file). */
export interface TextEdit extends WantedAttributes {
  readonly path: string;
  readonly backup?: boolean | undefined;
  readonly validate?: string | undefined;
  readonly unsafe_writes?: boolean | undefined;
}

/** What {@link observeText} reads, and by index signature the directories above. */
export interface ObservedText {
  readonly current: FileState | undefined;
  readonly content: FileContent | undefined;
}

/** The file, its text, and the directories above it. */
export function observeText(path: string): Readonly<Record<string, Query<unknown>>> {
  return {
    ...observeDirectory(directoryOf(plainPath(path))),
    current: file(plainPath(path)),
    content: fileContent(plainPath(path)),
  };
}

/** The text as it is: undefined when there is no file. Fails for a directory and for a file that is too big to be edited. */
export function textOf(path: string, { current, content }: ObservedText): string | undefined {
  const target = current?.type === "link" ? current.followed : current;
  if (!target) return undefined;
  if (target.type === "directory") throw new TaskFailure(`Path ${path} is a directory !`, { rc: 256 });
  if (content?.text === undefined) throw new TaskFailure(`${path} cannot be edited: it has ${target.size} bytes`);
  return content.text;
}

/** Brings a file to a new text, and its attributes to what is wanted. Links are followed, missing directories made, as Ansible does. */
export function planText(edit: TextEdit, text: string, state: ObservedText): readonly Change[] {
  const path = plainPath(edit.path);
  const old = textOf(path, state);
  if (edit.validate !== undefined && !edit.validate.includes("%s"))
    throw new TaskFailure(`validate must contain %s: ${edit.validate}`);
  if (old === text && state.current) {
    const target = state.current.type === "link" ? (state.current.followed as FileState) : state.current;
    return planAttributeChange(edit, path, state.current.realPath ?? path, state.current, target);
  }
  const makes = old === undefined ? planDirectory(directoryOf(path), {}, state) : [];
  const content = contentOf(encodeBytes(text), `${edit.path} (content)`);
  const place = { ...edit, path, content, follow: true, unsafeWrites: edit.unsafe_writes };
  // No checksum was asked for: the texts differ.
  const observed = {
    current: state.current,
    parent: { type: "directory" } as FileState,
    sha256: undefined,
    old: state.content,
  };
  return [...makes, ...planPlace(place, observed)];
}
