import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import type { Block, Mapping, Play, RoleUse, Task, TaskNode } from "../playbook/model.ts";
import { toText } from "../template/python-repr.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { type Decrypt, finalize, VarScope } from "../vars/scope.ts";
import type { Templater } from "../vars/templater.ts";
import { rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import {
  collectionsOf,
  type Expanded,
  type ExpandedBlock,
  type ExpandedPlay,
  type ExpandedTask,
  type Frame,
  framesWith,
  playVars,
  type Role,
  shortRoleName,
} from "./expanded.ts";
import { frameLayers } from "./frame-layers.ts";
import { isDirectory, type ProjectFiles } from "./project-files.ts";
import type { RoleAsked, RoleEntry, Roles } from "./roles.ts";
import { candidates, type SearchPath } from "./search-path.ts";
import { parseBoolean } from "../task/args.ts";
import { validationTask } from "./validation-task.ts";

/** Modules that the loader or the interpreter executes itself. */
const imports = /^(ansible\.(builtin|legacy)\.)?(import_tasks|import_role)$/;

export interface ExpandOptions {
  readonly files: ProjectFiles;
  readonly roles: Roles;
  readonly templater: Templater;
  readonly decrypt: Decrypt;
  readonly extraVars: VarsLayer;
  /** The setting `private_role_vars`. */
  readonly hasPrivateRoles: boolean;
}

/** Where expanded tasks go: the frame they stand in and the play they belong to. */
interface Place {
  readonly frame: Frame;
  readonly playbookDirectory: string;
  /** Roles met so far: variables of these are visible to the whole play. */
  readonly roles: Set<Role>;
  /** Those that are no dependency of another. */
  readonly named: Set<Role>;
  readonly handlers: Expanded[];
  /** Uses of roles whose handlers are among them. */
  readonly handlerRoles: Set<string>;
  readonly isHandler: boolean;
  /** Task files that are being imported, outermost first. */
  readonly importing?: readonly string[];
}

/** How a role is used: by `roles:` and dependencies, or by a task. */
interface Use {
  readonly entry: RoleEntry;
  readonly raw: Mapping;
  readonly params: Mapping;
  readonly at: SourceRange | undefined;
  /** `import_role` and `include_role` run a role again unless they say `allow_duplicates: false`. */
  readonly byTask?: { readonly vars: unknown; readonly allowsDuplicates: boolean } | undefined;
}

/** Turns parsed plays and task files into what is executed: static imports and roles opened, inheritance recorded in frames. */
export class Expander {
  readonly #options: ExpandOptions;
  #nextId = 1;

  constructor(options: ExpandOptions) {
    this.#options = options;
  }

  /** A play with its roles and static imports. `outer`: of its `import_playbook`. */
  play(play: Play, path: string, outer?: Frame): ExpandedPlay {
    const playbookDirectory = dirname(path);
    const frame: Frame = {
      level: "play",
      parent: outer,
      raw: play.raw,
      role: undefined,
      parentRoles: [],
      vars: varsLayer(play.raw, "play vars"),
      params: [],
      directory: playbookDirectory,
    };
    const roles = new Set<Role>();
    const handlers: Expanded[] = [];
    const named = new Set<Role>();
    const handlerRoles = new Set<string>();
    const place: Place = { frame, playbookDirectory, roles, named, handlers, handlerRoles, isHandler: false };
    const fromRoles = this.#roleUses(play.roles, place);
    const preTasks = this.#nodes(play.preTasks, place);
    const tasks = this.#nodes(play.tasks, place);
    const postTasks = this.#nodes(play.postTasks, place);
    const own = this.#nodes(play.handlers, { ...place, isHandler: true });
    return {
      frame,
      at: play.at,
      path,
      preTasks,
      tasks: [...fromRoles, ...tasks],
      postTasks,
      // Of two handlers with one name Ansible runs the one loaded last: the play's own come after those of roles.
      handlers: [...handlers, ...own],
      roles: [...roles],
      hasPrivateRoles: this.#options.hasPrivateRoles,
      namedRoles: [...named],
    };
  }

  /** The tasks of an `include_tasks` file. `raw`: keywords that `apply` gives them. */
  includedTasks(
    path: string,
    include: ExpandedTask,
    play: ExpandedPlay,
    params: readonly VarsLayer[],
    apply: Mapping,
    at?: SourceRange,
  ): readonly Expanded[] {
    const frame = includeFrame(include.frame, apply, params, dirname(path));
    const handlers: Expanded[] = [];
    const [roles, named, handlerRoles] = [new Set<Role>(), new Set<Role>(), new Set<string>()];
    const playbookDirectory = dirname(play.path);
    const { isHandler } = include;
    const place = { frame, playbookDirectory, roles, named, handlers, handlerRoles, isHandler };
    return this.#nodes(this.#options.files.taskList(path, include.isHandler, at), place);
  }

  /** The tasks and handlers of an `include_role`. */
  includedRole(
    name: string,
    entry: RoleEntry,
    include: ExpandedTask,
    play: ExpandedPlay,
    params: readonly VarsLayer[],
    apply: Mapping,
    at?: SourceRange,
  ): { readonly role: Role; readonly tasks: readonly Expanded[]; readonly handlers: readonly Expanded[] } {
    const playbookDirectory = dirname(play.path);
    const role = this.#options.roles.load(name, entry, playbookDirectory, at, roleAsked(include.frame));
    const outer = includeFrame(include.frame, apply, params, include.frame.directory);
    const handlers: Expanded[] = [];
    const [roles, named, handlerRoles] = [new Set<Role>(), new Set<Role>(), new Set<string>()];
    const place = { frame: outer, playbookDirectory, roles, named, handlers, handlerRoles, isHandler: false };
    const use = { entry, raw: {}, params: {}, at, byTask: byTask(include.frame.raw, entry) };
    return { role, tasks: this.#role(role, use, place), handlers };
  }

  #nodes(nodes: readonly TaskNode[], place: Place): readonly Expanded[] {
    const { findings } = this.#options.files;
    const expand = (node: TaskNode): readonly Expanded[] =>
      node.kind === "block" ? [this.#block(node, place)] : this.#task(node, place);
    return findings.together(() => nodes.flatMap((node) => findings.attempt(() => expand(node), [])));
  }

  #block(block: Block, place: Place): ExpandedBlock {
    const frame = this.#inner(place.frame, "block", block.raw, varsLayer(block.raw, "block vars"));
    const inside = { ...place, frame };
    return {
      kind: "block",
      id: this.#id(),
      frame,
      block: this.#nodes(block.block, inside),
      rescue: this.#nodes(block.rescue, inside),
      always: this.#nodes(block.always, inside),
      loop: block.loop,
      at: block.at,
    };
  }

  #task(task: Task, place: Place): readonly Expanded[] {
    if (imports.test(task.module.name)) return [this.#import(task, place)];
    const frame = this.#inner(place.frame, "task", task.raw, varsLayer(task.raw, "task vars"));
    return [{ kind: "task", id: this.#id(), task, frame, tags: this.#tags(frame, place), isHandler: place.isHandler }];
  }

  /** `import_tasks` and `import_role` become a block with the import's keywords. */
  #import(task: Task, place: Place): ExpandedBlock {
    const { raw, module } = task;
    if (task.loop) {
      throw new TsrunError({
        code: "E_LOOP_ON_IMPORT",
        message: `\`${module.name}\` is static and cannot loop`,
        at: rangeOfKey(task.loop.container, task.loop.key),
        hint: `use \`${module.name.replace("import", "include")}\``,
      });
    }
    const frame = this.#inner(place.frame, "block", raw, varsLayer(raw, `vars of ${module.name}`));
    const inside = { ...place, frame };
    const scope = this.#staticScope(frame, place);
    const args = finalize(evaluateArgs(scope, module.args)) as Record<string, unknown>;
    const at = module.at;
    if (module.name.endsWith("import_role")) {
      const entry = roleEntry(args);
      const name = toText(args["name"] ?? args["role"] ?? module.freeForm?.text ?? "");
      const role = this.#options.roles.load(
        name,
        entry,
        place.playbookDirectory,
        rangeOfValue(module.args, "name") ?? at,
        roleAsked(place.frame),
      );
      // Since ansible-core 2.17 an import may keep the role's variables from the rest of the play.
      const isPublic = parseBoolean(args["public"]) !== false;
      if (isPublic) place.named.add(role);
      const own = isPublic ? inside : { ...inside, roles: new Set<Role>() };
      const use = { entry, raw: {}, params: {}, at, byTask: byTask(raw, entry) };
      return this.#asBlock(frame, this.#role(role, use, own), at);
    }
    const written = module.freeForm
      ? scope.evaluateMember(module.freeForm.container, module.freeForm.key)
      : (args["file"] ?? args["_raw_params"]);
    const path = this.taskFile(String(written), frame, place.playbookDirectory, at);
    const importing = place.importing ?? [];
    if (importing.includes(path)) {
      throw new TsrunError({
        code: "E_IMPORT_CYCLE",
        message: `task file \`${String(written)}\` imports itself`,
        at,
        hint: [...importing.slice(importing.indexOf(path)), path].map((file) => basename(file)).join(" → "),
      });
    }
    const nodes = this.#options.files.taskList(path, place.isHandler, at);
    const directory = dirname(path);
    const tasks = this.#nodes(nodes, { ...inside, frame: { ...frame, directory }, importing: [...importing, path] });
    return this.#asBlock(frame, tasks, at);
  }

  /** Path of a task file that an import or include names: beside the file that names it, in the role's `tasks/`, beside the playbook. */
  taskFile(name: string, frame: Frame, playbookDirectory: string, at?: SourceRange): string {
    const tried = isAbsolute(name)
      ? [name]
      : [resolve(frame.directory, name), ...candidates(name, "tasks", searchPath(frame, playbookDirectory))];
    const found = tried.find((path) => existsSync(path) && !isDirectory(path));
    if (found !== undefined) return found;
    throw new TsrunError({
      code: "E_FILE_NOT_FOUND",
      message: `no task file \`${name}\``,
      at,
      hint: `looked for ${[...new Set(tried)].join(", ")}`,
    });
  }

  #asBlock(frame: Frame, block: readonly Expanded[], at: SourceRange): ExpandedBlock {
    return { kind: "block", id: this.#id(), frame, block, rescue: [], always: [], at };
  }

  /** `roles:` of a play or `dependencies:` of a role. */
  #roleUses(uses: readonly RoleUse[], place: Place): readonly Expanded[] {
    const { findings } = this.#options.files;
    const expand = (use: RoleUse): readonly Expanded[] => {
      const scope = this.#staticScope(place.frame, place);
      const name = String(
        finalize(this.#options.templater.isTemplate(use.name) ? scope.evaluateText(use.name) : use.name),
      );
      const role = this.#options.roles.load(name, {}, place.playbookDirectory, use.at, roleAsked(place.frame));
      if (!place.frame.role) place.named.add(role);
      return this.#role(role, { entry: {}, ...use }, place);
    };
    return findings.together(() => uses.flatMap((use) => findings.attempt(() => expand(use), [])));
  }

  /**
   * A role's dependencies and its tasks. Whether a use is the second with the same parameters, which Ansible leaves out, is known only where
   * it runs: the first may have been skipped on the host.
   */
  #role(role: Role, use: Use, place: Place): readonly Expanded[] {
    const { entry, raw, params, at } = use;
    place.roles.add(role);
    for (const dependency of role.dependencies) place.roles.add(dependency);
    const roleKey = keyOf(role, use);
    const frame: Frame = {
      level: "role",
      parent: place.frame,
      raw,
      role,
      parentRoles: place.frame.role ? [place.frame.role, ...place.frame.parentRoles] : place.frame.parentRoles,
      vars: varsLayer(raw, `vars of role ${role.name}`),
      params:
        Object.keys(params).length > 0
          ? [{ name: `parameters of role ${role.name}`, values: params, trusted: true }]
          : [],
      directory: join(role.path, "tasks"),
      roleKey,
    };
    const inside = { ...place, frame };
    const { files, roles } = this.#options;
    const dependencies = this.#roleUses(role.meta.dependencies, inside);
    const handlerFile = roles.taskFile(role, "handlers", entry.handlersFrom, at);
    if (handlerFile !== undefined && !place.handlerRoles.has(roleKey)) {
      place.handlerRoles.add(roleKey);
      const handlerPlace = { ...inside, isHandler: true, frame: { ...frame, directory: dirname(handlerFile) } };
      place.handlers.push(...this.#nodes(files.taskList(handlerFile, true, at), handlerPlace));
    }
    const taskFile = roles.taskFile(role, "tasks", entry.tasksFrom, at);
    const start: SourceRange = at ?? { source: files.source(taskFile ?? role.path), start: 0, end: 0 };
    const check =
      entry.isUnchecked === true ? undefined : validationTask(role, entry.tasksFrom ?? "main", params, start);
    const written = taskFile === undefined ? [] : files.taskList(taskFile, false, at);
    const tasks = this.#nodes(check ? [check, ...written] : written, inside);
    if (tasks.length === 0) return dependencies;
    const isOnce = !(use.byTask ? use.byTask.allowsDuplicates : role.meta.allowDuplicates);
    return [...dependencies, { ...this.#asBlock(frame, tasks, start), isOnce }];
  }

  #inner(parent: Frame, level: Frame["level"], raw: Mapping, vars: VarsLayer | undefined): Frame {
    const { role, parentRoles, directory } = parent;
    return { level, parent, raw, role, parentRoles, vars, params: [], directory };
  }

  /** Variables that are known before any host is: enough for file names of static imports and for tags. */
  #staticScope(frame: Frame, place: Place): VarScope {
    const layers = frameLayers(frame, { roles: [...place.roles], hasPrivateRoles: this.#options.hasPrivateRoles });
    const play = playVars(frame);
    const magic: VarsLayer = {
      name: "magic",
      trusted: false,
      values: {
        playbook_dir: place.playbookDirectory,
        ...(frame.role && { role_path: frame.role.path, role_name: shortRoleName(frame.role) }),
      },
    };
    const all = [magic, this.#options.extraVars, ...layers.params, ...layers.vars, ...play, ...layers.defaults];
    return new VarScope(all, this.#options.templater, this.#options.decrypt);
  }

  #tags(frame: Frame, place: Place): readonly string[] {
    const tags = framesWith(frame, "tags").flatMap((at) => {
      const raw = at.raw["tags"];
      const isOpen = JSON.stringify(raw)?.includes("{{");
      const value = isOpen ? finalize(this.#staticScope(frame, place).evaluateMember(at.raw, "tags")) : raw;
      return (Array.isArray(value) ? value : [value]).flatMap((tag) =>
        String(tag)
          .split(",")
          .map((part) => part.trim()),
      );
    });
    return [...new Set(tags.filter(Boolean))];
  }

  #id(): string {
    return String(this.#nextId++);
  }
}

/** What makes two uses of a role the same (`ROLE_CACHE` in ansible/playbook/role/__init__.py). */
function keyOf(role: Role, { entry, raw, params, byTask: task }: Use): string {
  const { tasksFrom, varsFrom, defaultsFrom, handlersFrom } = entry;
  const from = [tasksFrom, varsFrom, defaultsFrom, handlersFrom];
  return JSON.stringify([
    role.path,
    from,
    raw["when"],
    raw["tags"],
    params,
    raw["vars"],
    task !== undefined,
    task?.vars,
  ]);
}

function byTask(raw: Mapping, { allowsDuplicates }: RoleEntry): Use["byTask"] {
  return { vars: raw["vars"], allowsDuplicates: allowsDuplicates !== false };
}

/** From where a role is asked for. */
export function roleAsked(frame: Frame): RoleAsked {
  return { role: frame.role?.path, collections: collectionsOf(frame) };
}

/** The search path of a task's relative names: each role's folder, its `tasks/`, the task file's directory, the playbook's. */
export function searchPath(frame: Frame, playbookDirectory: string): SearchPath {
  const roles = frame.role ? [frame.role, ...frame.parentRoles] : frame.parentRoles;
  const directories = [...roles.flatMap(({ path }) => [path, join(path, "tasks")]), frame.directory, playbookDirectory];
  return [...new Set(directories)];
}

/** The `*_from` arguments of `import_role` and `include_role`. */
export function roleEntry(args: Readonly<Record<string, unknown>>): RoleEntry {
  const text = (key: string): string | undefined =>
    args[key] === undefined ? undefined : toText(args[key]).replace(/\.ya?ml$/, "");
  return {
    tasksFrom: text("tasks_from"),
    varsFrom: text("vars_from"),
    defaultsFrom: text("defaults_from"),
    handlersFrom: text("handlers_from"),
    isUnchecked: parseBoolean(args["rolespec_validate"]) === false,
    allowsDuplicates: parseBoolean(args["allow_duplicates"]) !== false,
  };
}

/** Every argument evaluated where it stands. */
export function evaluateArgs(scope: VarScope, args: Mapping): Record<string, unknown> {
  return Object.fromEntries(Object.keys(args).map((key) => [key, scope.evaluateMember(args, key)]));
}

function includeFrame(frame: Frame, apply: Mapping, params: readonly VarsLayer[], directory: string): Frame {
  const { parent, role, parentRoles } = frame;
  return {
    level: "include",
    // The keywords of a dynamic include are its own: its tasks inherit from what the include stands in.
    parent,
    raw: apply,
    role,
    parentRoles,
    vars: varsLayer(apply, "vars of apply"),
    params,
    directory,
  };
}

function varsLayer(raw: Mapping, name: string): VarsLayer | undefined {
  const { vars } = raw;
  if (typeof vars !== "object" || vars === null) return undefined;
  return { name, values: vars as Record<string, unknown>, trusted: true };
}
