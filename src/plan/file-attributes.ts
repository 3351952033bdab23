import { z } from "zod";
import { fileMode, formatMode } from "../task/args.ts";
import type { Sh } from "../task/sh.ts";
import type { FileState } from "../state/file.ts";
import { flagWords } from "./file-flags.ts";
import { newDirectoryMode, newFileMode, resolveMode } from "./file-mode.ts";
import { setAttributes } from "./set-attributes.ts";

/** Arguments that all modules share which make or keep a file; `defineFileTask` heeds those that are no owner and no mode. */
export const fileAttributeArgs = {
  mode: fileMode().optional().describe("Permissions: octal digits in quotes, or symbolic as in `u=rw,g=r`"),
  owner: z.string().optional().describe("Account that owns the file, by name or id"),
  group: z.string().optional().describe("Group that owns the file, by name or id"),
  attributes: z
    .string()
    .regex(flagWords, "expected letters of chattr after `+`, `-` or `=`, such as `+i`")
    .optional()
    .describe("Attributes of the file system, as chattr takes them: `+i`; `=` and no sign take all others away")
    .meta({ aliases: ["attr"] }),
  seuser: contextArg("User"),
  serole: contextArg("Role"),
  setype: contextArg("Type"),
  selevel: contextArg("Level"),
  unsafe_writes: z
    .boolean()
    .default(false)
    .describe("Accepted for Ansible's sake: what is written is put in place by a rename"),
};

function contextArg(part: string) {
  return z
    .string()
    .optional()
    .describe(`${part} of the SELinux context: without meaning where SELinux is not enabled, refused where it is`);
}

export interface WantedAttributes {
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/** Members of a file's state that attributes alter. */
export interface AttributeState {
  readonly mode?: number;
  readonly owner?: string;
  readonly uid?: number;
  readonly group?: string;
  readonly gid?: number;
}

export interface AttributePlan {
  /** Empty when all is as wanted. */
  readonly steps: readonly Sh[];
  readonly after: AttributeState;
}

/** How the attributes of something that exists are brought to what is wanted. A link's own owner is set, never its mode. */
export function planAttributes(path: string, current: FileState, wanted: WantedAttributes): AttributePlan {
  const owner =
    wanted.owner !== undefined && !isOwner(wanted.owner, current.owner, current.uid) ? wanted.owner : undefined;
  const group =
    wanted.group !== undefined && !isOwner(wanted.group, current.group, current.gid) ? wanted.group : undefined;
  const isLink = current.type === "link";
  const mode =
    wanted.mode === undefined || isLink
      ? undefined
      : resolveMode(wanted.mode, current.mode, current.type === "directory");
  const changesOwner = owner !== undefined || group !== undefined;
  // The kernel clears the set-id bits of a file that gets another owner, so they are set again.
  const isCleared = changesOwner && ((mode ?? current.mode) & 0o6000) !== 0;
  const newMode = mode !== undefined && (mode !== current.mode || isCleared) ? mode : undefined;
  return {
    steps:
      changesOwner || newMode !== undefined
        ? [setAttributes(path, current, { owner: ownerWord(owner, group), mode: newMode })]
        : [],
    after: {
      ...(newMode !== undefined && { mode: newMode }),
      ...ownershipAfter(owner, group),
    },
  };
}

/** What a new file or directory will be like where that is known. */
export function newAttributes(
  wanted: WantedAttributes,
  type: "file" | "directory",
): AttributeState & { readonly mode: number } {
  const isDirectory = type === "directory";
  const base = isDirectory ? newDirectoryMode : newFileMode;
  return {
    mode: wanted.mode === undefined ? base : resolveMode(wanted.mode, base, isDirectory),
    ...ownershipAfter(wanted.owner, wanted.group),
  };
}

/** `owner:group` as chown takes it, with either part left out. */
export function ownerWord(owner: string | undefined, group: string | undefined): string {
  return `${owner ?? ""}${group === undefined ? "" : `:${group}`}`;
}

/** Attributes as lines of a diff. */
export function describeAttributes(path: string, state: string, attributes: AttributeState): string {
  return [
    `path: ${path}`,
    `state: ${state}`,
    ...(attributes.mode !== undefined ? [`mode: ${formatMode(attributes.mode)}`] : []),
    ...(attributes.owner !== undefined ? [`owner: ${attributes.owner}`] : []),
    ...(attributes.group !== undefined ? [`group: ${attributes.group}`] : []),
    "",
  ].join("\n");
}

/** What {@link fileResult} gives, for a module's `returns`. */
export const fileReturns: Readonly<Record<string, string>> = {
  state: "What lies there: `file`, `directory`, `link`, `hard` or `absent`",
  mode: "Its mode, such as `0644`",
  owner: "Name of its owner",
  group: "Name of its group",
  uid: "Id of its owner",
  gid: "Id of its group",
  size: "Its size in bytes",
};

/** The fields of a result that tell what a file is like now, named as in Ansible. */
export function fileResult(state: FileState | undefined): Readonly<Record<string, unknown>> {
  if (!state) return {};
  const fields: Record<string, unknown> = {
    state: resultState(state),
    mode: typeof state.mode === "number" ? formatMode(state.mode) : undefined,
    owner: state.owner,
    group: state.group,
    uid: state.uid,
    gid: state.gid,
    size: state.size,
  };
  // Under --check some members cannot be told.
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && typeof value !== "symbol"),
  );
}

/** Ansible's word for what lies at a path. */
export function resultState(state: FileState | undefined): "absent" | "link" | "directory" | "hard" | "file" {
  if (!state) return "absent";
  if (state.type === "link" || state.type === "directory") return state.type;
  return state.links > 1 ? "hard" : "file";
}

function isOwner(wanted: string, name: string | undefined, id: number | undefined): boolean {
  // Under --check the owner of a file that an earlier task would make is not known; most are root's.
  if (name === undefined && id === undefined) return wanted === "root" || wanted === "0";
  return /^\d+$/.test(wanted) ? Number(wanted) === id : wanted === name;
}

function ownershipAfter(owner: string | undefined, group: string | undefined): AttributeState {
  return {
    ...(owner !== undefined && (/^\d+$/.test(owner) ? { owner, uid: Number(owner) } : { owner })),
    ...(group !== undefined && (/^\d+$/.test(group) ? { group, gid: Number(group) } : { group })),
  };
}
