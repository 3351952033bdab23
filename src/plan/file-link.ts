import { type Change, change, create } from "../task/change.ts";
import { TaskFailure } from "../task/failure.ts";
import { sh } from "../task/sh.ts";
import { type FileState, file } from "../state/file.ts";
import {
  describeAttributes,
  newAttributes,
  ownerWord,
  planAttributes,
  resultState,
  type WantedAttributes,
} from "./file-attributes.ts";
import { directoryOf, joinPath, plainPath } from "../state/host-path.ts";

/** A link, in the words of the file module. */
export interface LinkArgs extends WantedAttributes {
  readonly state?: string | undefined;
  readonly src?: string | undefined;
  readonly force: boolean;
  readonly follow: boolean;
}

export interface ObservedLink {
  readonly current: FileState | undefined;
  /** What lies at {@link linkSource}. */
  readonly source: FileState | undefined;
}

/** The path that must exist for a link to lead somewhere: a symbolic link's source is relative to the link. */
export function linkSource(args: LinkArgs, path: string, current: FileState | undefined): string | undefined {
  if (args.src === undefined) return undefined;
  if (args.state === "hard") return plainPath(args.src);
  const directory = current?.type === "directory" ? path : directoryOf(path);
  return args.src.startsWith("/") ? plainPath(args.src) : plainPath(joinPath(directory, args.src));
}

/** Makes a symbolic link, or turns it. Undefined: it is right already, and only its attributes may not be. */
export function planLink(args: LinkArgs, path: string, state: ObservedLink): readonly Change[] | undefined {
  const { current, source } = state;
  const { src, force } = args;
  if (src === undefined && current?.type !== "link")
    throw new TaskFailure("src is required for creating new symlinks", { path });
  const exists = source !== undefined && (source.type !== "link" || source.followed !== undefined);
  if (src !== undefined && !force && !exists) {
    const target = linkSource(args, path, current);
    throw new TaskFailure(`src file does not exist, use "force=yes" if you really want to create the link: ${target}`, {
      path,
      src,
    });
  }
  if (current && current.type !== "link" && !force) {
    throw new TaskFailure(`refusing to convert from ${resultState(current)} to symlink for ${path}`, { path });
  }
  if (current?.type === "link" && (src === undefined || current.linkTarget === src)) return undefined;
  const target = src as string;
  // rmdir refuses a directory that is not empty.
  const make = current
    ? sh`t=${directoryOf(path)}/.tsrun-link.$$; ${current.type === "directory" && sh`rmdir -- ${path} &&`} ln -s -- ${target} "$t" && mv -fT -- "$t" ${path} || { rm -f -- "$t"; exit 1; }`
    : sh`ln -s -- ${target} ${path}`;
  const followed = source?.type === "link" ? source.followed : source;
  const owner = ownerWord(args.owner, args.group);
  const ownSteps = !args.follow && owner !== "" ? [sh`chown -h -- ${owner} ${path}`] : [];
  const attributes = args.follow && followed ? planAttributes(path, followed, args) : undefined;
  const after = {
    type: "link" as const,
    ...(ownSteps.length > 0 && newAttributes({ owner: args.owner, group: args.group }, "file")),
    mode: 0o777,
    linkTarget: target,
    realPath: source?.type === "link" ? source.realPath : linkSource(args, path, current),
    followed: followed && { ...followed, ...attributes?.after },
  };
  const diff = {
    before: `${describeAttributes(path, resultState(current), {})}${current?.type === "link" ? `src: ${current.linkTarget}\n` : ""}`,
    after: `${describeAttributes(path, "link", {})}src: ${target}\n`,
  };
  const steps = [make, ...ownSteps, ...(attributes?.steps ?? [])];
  return [current ? change(file(path), after, steps, { diff }) : create(file(path), after, steps, { diff })];
}

/** Makes a hard link. Undefined: it is right already, and only its attributes may not be. */
export function planHardLink(args: LinkArgs, path: string, state: ObservedLink): readonly Change[] | undefined {
  const { current, source } = state;
  const { src, force } = args;
  if (src === undefined) {
    if (resultState(current) !== "hard") throw new TaskFailure("src is required for creating new hardlinks", { path });
    return undefined;
  }
  if (!source) throw new TaskFailure("src does not exist", { dest: path, src });
  if (current && current.inode === source.inode && current.device === source.device) return undefined;
  if (current && current.type !== "link" && !force) {
    const what =
      resultState(current) === "file" ? "file exists at destination" : "different hard link exists at destination";
    throw new TaskFailure(`Cannot link, ${what}`, { dest: path, src });
  }
  if (current?.type === "directory")
    throw new TaskFailure(`${path} is a directory, expected a file`, { dest: path, src });
  const make = current
    ? sh`t=${directoryOf(path)}/.tsrun-link.$$; ln -- ${src} "$t" && mv -fT -- "$t" ${path} || { rm -f -- "$t"; exit 1; }`
    : sh`ln -- ${src} ${path}`;
  const attributes = planAttributes(path, source, args);
  const after = { ...source, links: source.links + 1, ...attributes.after };
  const diff = {
    before: describeAttributes(path, resultState(current), {}),
    after: `${describeAttributes(path, "hard", {})}src: ${src}\n`,
  };
  const steps = [make, ...attributes.steps];
  return [current ? change(file(path), after, steps, { diff }) : create(file(path), after, steps, { diff })];
}
