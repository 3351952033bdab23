import type { SourceRange } from "../lib/source.ts";
import type { Loop, Mapping, RoleMeta, Task } from "../playbook/model.ts";
import { textsOf } from "../playbook/values.ts";
import type { VarsLayer } from "../vars/layer.ts";

/** A role as it is on disk, loaded once. */
export interface Role {
  /** As it was asked for; of one in a collection with the collection's name. */
  readonly name: string;
  /** `namespace.collection` of a role in a collection. */
  readonly collection?: string | undefined;
  readonly path: string;
  readonly defaults: VarsLayer;
  readonly vars: VarsLayer;
  readonly meta: RoleMeta;
  /** Roles that it depends on, directly or through others, in order of execution. */
  readonly dependencies: readonly Role[];
}

/**
 * One level of inheritance: the play, a role, a block, an include, the task itself. Keywords are looked up from the inside out.
 */
export interface Frame {
  /** A playbook's import is a `play` too: what it gives is as strong as what the play itself says. */
  readonly level: "play" | "role" | "block" | "include" | "task";
  readonly parent: Frame | undefined;
  /** Keywords of this level; empty for a dynamic include, whose keywords are its own. */
  readonly raw: Mapping;
  /** The role whose tasks these are; inherited by inner frames. */
  readonly role: Role | undefined;
  /** Roles that included this role, nearest first. */
  readonly parentRoles: readonly Role[];
  /** `vars:` of plays, blocks, tasks and of a role's entry in `roles:`. */
  readonly vars: VarsLayer | undefined;
  /** Role parameters and the `vars:` and loop item of includes, strongest first: stronger than facts that were set. */
  readonly params: readonly VarsLayer[];
  /** Directory of the file that holds the tasks. */
  readonly directory: string;
  /** Of a role's frame: the same for every use of the role with the same parameters. */
  readonly roleKey?: string;
}

export interface ExpandedTask {
  readonly kind: "task";
  /** Unique in the run. */
  readonly id: string;
  readonly task: Task;
  readonly frame: Frame;
  /** Tags of the task and of everything it stands in. Templates in tags are evaluated before the run. */
  readonly tags: readonly string[];
  readonly isHandler: boolean;
}

export interface ExpandedBlock {
  readonly kind: "block";
  readonly id: string;
  readonly frame: Frame;
  readonly block: readonly Expanded[];
  readonly rescue: readonly Expanded[];
  readonly always: readonly Expanded[];
  readonly loop?: Loop | undefined;
  /** A role that runs once a host: left out where a use with the same `roleKey` has run. */
  readonly isOnce?: boolean;
  readonly at: SourceRange;
}

export type Expanded = ExpandedTask | ExpandedBlock;

export interface ExpandedPlay {
  readonly frame: Frame;
  readonly at: SourceRange;
  /** Path of the playbook file. */
  readonly path: string;
  readonly preTasks: readonly Expanded[];
  /** Roles and tasks, in this order. */
  readonly tasks: readonly Expanded[];
  readonly postTasks: readonly Expanded[];
  readonly handlers: readonly Expanded[];
  /** Roles of `roles:` and `import_role`, with their dependencies: their variables are visible to the whole play. */
  readonly roles: readonly Role[];
  /** Only their defaults are: the setting `private_role_vars`. */
  readonly hasPrivateRoles: boolean;
  /** Those of them that the play itself names, without dependencies: `ansible_play_role_names`. */
  readonly namedRoles: readonly Role[];
}

/** The tasks of a node in the order in which they stand, blocks opened. */
export function tasksOf(node: Expanded): readonly ExpandedTask[] {
  return node.kind === "task" ? [node] : [...node.block, ...node.rescue, ...node.always].flatMap(tasksOf);
}

/** Nearest frame that sets a keyword, from the inside out. */
export function frameWith(frame: Frame, keyword: string): Frame | undefined {
  for (let at: Frame | undefined = frame; at; at = at.parent) if (Object.hasOwn(at.raw, keyword)) return at;
  return undefined;
}

/** Frame of the role's use that a node stands in. */
export function roleFrameOf(frame: Frame): Frame | undefined {
  for (let at: Frame | undefined = frame; at; at = at.parent) if (at.roleKey !== undefined) return at;
  return undefined;
}

/** Collections in which a frame's roles are looked for: a role does not inherit those of the play. */
export function collectionsOf(frame: Frame): readonly string[] {
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    if (at.level === "role" && at.role) return at.role.meta.collections;
    if (Object.hasOwn(at.raw, "collections")) return textsOf(at.raw["collections"]);
  }
  return [];
}

/** `role_name`: without the collection. */
export function shortRoleName({ name, collection }: Role): string {
  return collection === undefined ? name : name.slice(collection.length + 1);
}

/** `vars:` of the play and of what imports it, strongest first: the outermost import. */
export function playVars(frame: Frame): readonly VarsLayer[] {
  const layers: VarsLayer[] = [];
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    if (at.level === "play" && at.vars) layers.unshift(at.vars);
  }
  return layers;
}

/** All frames that set a keyword, outermost first: `when`, `tags`, `environment` add up. */
export function framesWith(frame: Frame, keyword: string): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at: Frame | undefined = frame; at; at = at.parent) if (Object.hasOwn(at.raw, keyword)) frames.unshift(at);
  return frames;
}
