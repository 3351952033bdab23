import { type Change, change, create, runCommand } from "../task/change.ts";
import type { CommandOutput, Known, Queries } from "../task/define-task.ts";
import { refusePlantedLink } from "./planted-link.ts";
import { TaskFailure } from "../task/failure.ts";
import { type Sh, sh, shLines, userShell } from "../task/sh.ts";
import { type FileState, file } from "../state/file.ts";
import { fileResult, newAttributes, ownerWord, type WantedAttributes } from "./file-attributes.ts";
import { checksumOf } from "../state/file-checksum.ts";
import { openBeside } from "./open-beside.ts";
import { chmodWord, resolveMode } from "./file-mode.ts";
import { directoryOf, joinPath, nameOf, plainPath } from "../state/host-path.ts";
import { observeDirectory, planDirectory } from "./make-directory.ts";
import { planAttributeChange, requireDirectory } from "./place-file.ts";
import { treeDifference } from "../state/tree-difference.ts";

/** How something of the host is copied on the host. */
export interface HostCopy extends WantedAttributes {
  readonly dest: string;
  readonly directory_mode?: string | undefined;
  readonly force: boolean;
  readonly backup: boolean;
  readonly validate?: string | undefined;
  readonly follow: boolean;
  readonly local_follow: boolean;
}

type Answers = Readonly<Record<string, unknown>>;

/** `copy` with `remote_src`: from one place of the host to another, content never passing through the controller. */
export const hostCopy = { observe, plan, result };

function observe(src: string, copy: HostCopy, known: Known): Queries {
  const source = file(plainPath(src));
  const from = endOf(known(source));
  const dest = file(plainPath(copy.dest));
  if (from?.type === "directory") {
    const root = treeDest(src, copy);
    return {
      ...observeDirectory(root),
      source,
      dest,
      differs: treeDifference({ source: plainPath(src), dest: root, follow: copy.local_follow }),
    };
  }
  const path = fileDest(src, copy, known(dest));
  const to = endOf(known(file(path)));
  const isSameSize = from !== undefined && to?.type === "file" && from.size === to.size;
  return {
    ...observeDirectory(directoryOf(path)),
    source,
    dest,
    current: file(path),
    parent: file(directoryOf(path)),
    sourceSum: from && checksumOf({ path: plainPath(src), algorithm: "sha1" }, from.size),
    destSum: isSameSize ? checksumOf({ path, algorithm: "sha1" }, from.size) : undefined,
  };
}

function plan(src: string, copy: HostCopy, state: object): readonly Change[] {
  const answers = state as Answers;
  const source = endOf(answers["source"] as FileState | undefined);
  if (!source) throw new TaskFailure(`Source ${src} not found`);
  if (source.type === "directory") return planTree(src, copy, answers);
  if (source.type !== "file") throw new TaskFailure(`Cannot copy invalid source '${src}': not a file`);
  const place = fileDest(src, copy, answers["dest"] as FileState | undefined);
  const current = answers["current"] as FileState | undefined;
  const makes = copy.dest.endsWith("/")
    ? planDirectory(directoryOf(place), { ...copy, mode: copy.directory_mode }, state)
    : [];
  if (!current && makes.length === 0) requireDirectory(directoryOf(place), answers["parent"] as FileState | undefined);
  const target = copy.follow && current?.type === "link" && current.followed ? current.followed : current;
  const path = target === current ? place : (current?.realPath ?? place);
  if (target && !copy.force) return [];
  const mode = copy.mode === "preserve" ? source.mode.toString(8) : copy.mode;
  const wanted = { ...copy, mode };
  const isSame =
    target?.type === "file" &&
    target.size === source.size &&
    answers["sourceSum"] !== undefined &&
    answers["sourceSum"] === answers["destSum"];
  if (isSame) return planAttributeChange(wanted, place, path, current as FileState, target);
  if (target !== current) refusePlantedLink(place, current);
  const attributes = newAttributes(wanted, "file");
  const isKept = target?.type === "file";
  const newMode = isKept ? (mode === undefined ? target.mode : resolveMode(mode, target.mode, false)) : attributes.mode;
  const owner = ownerWord(
    copy.owner ?? (isKept ? String(target.uid) : undefined),
    copy.group ?? (isKept ? String(target.gid) : undefined),
  );
  const script = copyScript({ src, path, mode: newMode, owner, copy, exists: target !== undefined });
  const after = {
    ...(isKept ? {} : { type: "file" as const, linkTarget: undefined, links: 1 }),
    ...attributes,
    mode: newMode,
    size: source.size,
  };
  const main = current
    ? change(
        file(place),
        path === place ? after : { followed: { ...(target as FileState), ...after } },
        runCommand(script),
      )
    : create(file(place), after, runCommand(script));
  return [...makes, main];
}

/** Copies beside the destination, then renames: readers see the old file or the new one. */
function copyScript(how: {
  src: string;
  path: string;
  mode: number;
  owner: string;
  copy: HostCopy;
  exists: boolean;
}): Sh {
  const { src, path, copy } = how;
  return shLines([
    openBeside(directoryOf(path)),
    sh`trap 'rm -f -- "$t"' EXIT; cp -- ${src} "$o" || exit`,
    how.owner !== "" && sh`chown -- ${how.owner} "$o" || exit`,
    sh`chmod ${chmodWord(how.mode)} -- "$o" || exit`,
    copy.validate !== undefined && sh`${validation(copy.validate)} || { echo 'failed to validate' >&2; exit 1; }`,
    copy.backup &&
      how.exists &&
      sh`b=${path}.$$.$(date +%Y-%m-%d@%H:%M:%S)~ && cp -p -- ${path} "$b" && printf 'backup_file=%s\n' "$b" || exit`,
    sh`mv -fT -- "$t" ${path}`,
  ]);
}

function validation(command: string): Sh {
  if (!command.includes("%s")) throw new TaskFailure(`validate must contain %s: ${command}`);
  return userShell(command.replaceAll("%s", '"$t"'));
}

function planTree(src: string, copy: HostCopy, answers: Answers): readonly Change[] {
  const root = treeDest(src, copy);
  if (answers["differs"] !== true) return [];
  const makes = planDirectory(root, { ...copy, mode: copy.directory_mode }, answers);
  const owner = ownerWord(copy.owner, copy.group);
  const steps = [
    sh`cp -r ${copy.local_follow ? "-L" : "-P"} --preserve=mode,timestamps -- ${`${plainPath(src)}/.`} ${`${root}/`}`,
    owner !== "" && sh`chown -hR -- ${owner} ${root}`,
  ];
  const query = treeDifference({ source: plainPath(src), dest: root, follow: copy.local_follow });
  return [...makes, { ...change(query, false, steps), mayAlter: ["file", "file-content", "file-checksum"] }];
}

function result(
  src: string,
  copy: HostCopy,
  before: object,
  after: object,
  outputs: readonly CommandOutput[],
): Readonly<Record<string, unknown>> {
  const answers = after as Answers;
  const dest = (before as Answers)["dest"] as FileState | undefined;
  if (endOf(answers["source"] as FileState | undefined)?.type === "directory") return { src, dest: copy.dest };
  const current = answers["current"] as FileState | undefined;
  const backup = outputs.map(({ stdout }) => /^backup_file=(.*)$/m.exec(stdout)?.[1]).find(Boolean);
  return {
    src,
    dest: fileDest(src, copy, dest),
    ...(answers["sourceSum"] !== undefined && { checksum: answers["sourceSum"] }),
    ...(backup !== undefined && { backup_file: backup }),
    ...fileResult(copy.follow && current?.type === "link" ? current.followed : current),
  };
}

function fileDest(src: string, copy: HostCopy, dest: FileState | undefined): string {
  const isDirectory = copy.dest.endsWith("/") || endOf(dest)?.type === "directory";
  return isDirectory ? joinPath(copy.dest, nameOf(src)) : plainPath(copy.dest);
}

/** Without a slash at its end a source directory itself is copied into `dest`. */
function treeDest(src: string, copy: HostCopy): string {
  return src.endsWith("/") ? plainPath(copy.dest) : joinPath(copy.dest, nameOf(src));
}

function endOf(state: FileState | undefined): FileState | undefined {
  return state?.type === "link" ? state.followed : state;
}
