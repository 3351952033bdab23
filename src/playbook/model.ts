import type { SourceRange } from "../lib/source.ts";

/**
 * A playbook as written and checked: names of keywords are known, shapes are right, nothing is evaluated. Keyword values stay in the
 * mapping they were read from (`raw`), so that `yaml/positions.ts` can tell where each stands and `vars` can evaluate it there.
 */
export type Mapping = Readonly<Record<string, unknown>>;

/** What is common to plays, blocks, tasks and role uses. */
export interface Node {
  /** The YAML mapping: `raw.when`, `raw.become`, `raw.vars`, … Only keywords that are allowed at this level. */
  readonly raw: Mapping;
  /** First key to the end of the mapping. */
  readonly at: SourceRange;
}

/** `module: args` of a task. */
export interface ModuleCall {
  /** As written: `apt`, `ansible.builtin.apt`. */
  readonly name: string;
  readonly at: SourceRange;
  /**
   * Arguments by name, positions kept (the mapping itself where the author wrote one; `args:` merged below it; `k=v` lines parsed).
   * Values may be templates.
   */
  readonly args: Mapping;
  /** Text after `command:` and the like that is no `k=v`; whole text, for modules that take free form. */
  readonly freeForm?: { readonly text: string; readonly container: object; readonly key: string };
  /** `module: "{{ dict }}"` or `args: "{{ dict }}"`: evaluated first, then merged below `args`. */
  readonly template?: { readonly container: object; readonly key: string };
}

export interface Loop {
  /** `items` for `loop:`, else the lookup's name (`dict` for `with_dict`). `with_items` is `items` with flattening. */
  readonly lookup: string;
  /** Written as `loop:` (no flattening) or as `with_…`. */
  readonly isWith: boolean;
  /** Where the value stands: `container[key]`. */
  readonly container: object;
  readonly key: string;
}

export interface Task extends Node {
  readonly kind: "task";
  readonly module: ModuleCall;
  readonly loop?: Loop;
  /** Topics a handler listens to (`listen`); empty for ordinary tasks. */
  readonly listen: readonly string[];
}

export interface Block extends Node {
  readonly kind: "block";
  readonly block: readonly TaskNode[];
  readonly rescue: readonly TaskNode[];
  readonly always: readonly TaskNode[];
  /** tsrun's own: a loop over a whole block. */
  readonly loop?: Loop;
}

/**
 * One entry of a task list. `import_tasks`, `include_tasks`, `import_role`, `include_role` are tasks whose module has that name;
 * `project` expands the static ones, `run` the dynamic ones.
 */
export type TaskNode = Task | Block;

/** One entry of `roles:` or of a role's `dependencies:`. */
export interface RoleUse extends Node {
  readonly name: string;
  /** Everything that is no keyword: parameters of the role. */
  readonly params: Mapping;
}

export interface Play extends Node {
  readonly kind: "play";
  readonly roles: readonly RoleUse[];
  readonly preTasks: readonly TaskNode[];
  readonly tasks: readonly TaskNode[];
  readonly postTasks: readonly TaskNode[];
  readonly handlers: readonly TaskNode[];
}

export interface PlaybookImport extends Node {
  readonly kind: "import_playbook";
  /** As written; may be a template. */
  readonly file: string;
}

export type PlaybookEntry = Play | PlaybookImport;

/** `meta/main.yaml` of a role. */
export interface RoleMeta {
  readonly dependencies: readonly RoleUse[];
  readonly allowDuplicates: boolean;
  /** By entry point (`main`, other task files): the options of `meta/argument_specs.yaml`. */
  readonly argumentSpecs: Mapping;
  /** Where the role's own includes look for roles first. */
  readonly collections: readonly string[];
}
