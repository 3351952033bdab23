import { basename } from "node:path";
import { errorsOf, throwAll, TsrunError } from "../lib/errors.ts";
import { Findings } from "../lib/findings.ts";
import { isMissing } from "../modules/missing-module.ts";
import type { ModuleDefinition } from "../modules/registry.ts";
import type { SourceRange } from "../lib/source.ts";
import type { Mapping, ModuleCall } from "../playbook/model.ts";
import { checkVariableName } from "../playbook/check-keywords.ts";
import { Problems } from "../playbook/problems.ts";
import { checkArguments, describeArguments } from "../task/args.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { originOf } from "../vars/scope.ts";
import { rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import { HandlerCheck } from "./check-handlers.ts";
import { bareLoop, loopError } from "./check-loops.ts";
import { modeWarning } from "./check-modes.ts";
import { NeedsCheck } from "./check-needs.ts";
import { becomeWarning, playErrors } from "./check-play.ts";
import { forgives, isGuarded } from "./check-reach.ts";
import type { Expanded, ExpandedPlay, ExpandedTask, Role } from "./expanded.ts";
import { roleAsked, roleEntry } from "./expand.ts";
import type { RunHooks, RunOptions } from "./options.ts";
import { type LoadedPlaybook, loadProject, type Project } from "./project.ts";

/** Keywords that hold conditions: expressions without braces. */
const conditions = ["when", "until", "changed_when", "failed_when"];

/**
 * Loads a project with its playbooks and checks everything that can be checked before the first connection: modules and their arguments, templates and conditions, files that
 * constant includes name, variables and files that are certain to be missing. Throws all that is wrong, in the order of the files.
 */
export async function checkedProject(
  options: RunOptions,
  hooks: RunHooks,
  warn: (warning: TemplateWarning) => void,
): Promise<{ readonly project: Project; readonly playbooks: readonly LoadedPlaybook[] }> {
  const findings = new Findings();
  findings.open();
  const project = await loadProject(options, hooks, warn, findings);
  const playbooks = findings.attempt(() => project.playbooks(options.playbooks), []);
  const check = new Check(project);
  for (const { plays } of playbooks) for (const play of plays) await check.play(play);
  check.finish(findings.close());
  return { project, playbooks };
}

class Check {
  readonly #project: Project;
  readonly #errors: TsrunError[] = [];
  readonly #warnings: TemplateWarning[] = [];
  /** Modules that tsrun does not have, in tasks that may never be reached. */
  readonly #missing: TsrunError[] = [];
  readonly #seen = new Set<unknown>();
  readonly #needs: NeedsCheck;
  readonly #handlers: HandlerCheck;
  /** Files and roles that are being included without condition, outermost first. */
  readonly #including: string[] = [];

  constructor(project: Project) {
    this.#project = project;
    this.#needs = new NeedsCheck(project);
    this.#handlers = new HandlerCheck(project);
  }

  async play(play: ExpandedPlay): Promise<void> {
    this.#templates(play.frame.raw, ["hosts", "name", "vars", "environment", "serial", "become_user", "vars_files"]);
    for (const role of play.roles) this.#role(role);
    const isCertain = this.#needs.play(play);
    if (isCertain) this.#errors.push(...playErrors(play));
    for (const list of [play.preTasks, play.tasks, play.postTasks]) await this.#list(list, play, isCertain);
    await this.#list(play.handlers, play, false);
  }

  /**
   * Warns of what is suspicious and throws what is wrong. `unread`: errors of what could not be read; while there are any, handlers and
   * variables that seem to be missing may stand there.
   */
  finish(unread: readonly TsrunError[]): void {
    const isWhole = unread.length === 0;
    const suspicions = isWhole ? [...this.#handlers.warnings(), ...this.#needs.warnings()] : [];
    for (const warning of [...this.#warnings, ...missingWarning(this.#missing), ...suspicions])
      this.#project.warn(warning);
    const missing = [...(isWhole ? this.#handlers.errors() : []), ...this.#needs.errors(isWhole)];
    const errors = [...unread, ...this.#errors, ...missing];
    throwAll(inOrder([...new Map(errors.map((error) => [keyOf(error), error])).values()]));
  }

  /** `isCertain`: nothing outside of these tasks can keep them from running. */
  async #list(nodes: readonly Expanded[], play: ExpandedPlay, isCertain: boolean): Promise<void> {
    for (const node of nodes) {
      this.#conditions(node.frame.raw);
      const isFree = isCertain && !isGuarded(node.frame) && !(node.kind === "task" && node.tags.includes("never"));
      this.#handlers.notifier(node.frame, isFree);
      const warning = becomeWarning(this.#project, node.frame);
      if (warning) this.#warnings.push(warning);
      if (node.kind === "block") {
        this.#templates(node.frame.raw, ["name", "vars", "environment", "become_user", "delegate_to"]);
        this.#needs.frame(node.frame);
        const isInside = isCertain && !node.loop;
        await this.#list(node.block, play, isInside && node.rescue.length === 0);
        await this.#list(node.rescue, play, false);
        await this.#list(node.always, play, isInside);
      } else await this.#task(node, play, isCertain);
    }
  }

  async #task(task: ExpandedTask, play: ExpandedPlay, isCertain: boolean): Promise<void> {
    const { raw } = task.frame;
    const { module: call, loop } = task.task;
    const known = new Set([...conditions, "args", "action", "local_action", call.name]);
    this.#templates(
      raw,
      Object.keys(raw).filter((key) => !known.has(key)),
    );
    if (task.isHandler) this.#handlers.handler(task);
    if (loop) {
      this.#template(loop.container, loop.key);
      const error = loopError(this.#project, loop);
      // The items are made before the task's own condition is looked at.
      const isReached = isCertain && !task.isHandler && !task.tags.includes("never") && !isGuarded(task.frame.parent);
      if (error && isReached && !forgives(task.frame)) this.#errors.push(error);
      else if (error) this.#warnings.push(error);
      const warning = bareLoop(this.#project, loop);
      if (warning) this.#warnings.push(warning);
    }
    if (this.#project.templater.isTemplate(call.name)) {
      for (const key of Object.keys(call.args)) this.#template(call.args, key);
      return this.#needs.unknownModule();
    }
    let module: ModuleDefinition;
    try {
      module = await this.#project.module(task);
    } catch (error) {
      this.#needs.unknownModule();
      return this.#report(error);
    }
    if (isMissing(module)) {
      this.#needs.unknownModule();
      const isReached = isCertain && !task.isHandler && !task.tags.includes("never") && !isGuarded(task.frame);
      return void (isReached ? this.#errors : this.#missing).push(module.error);
    }
    this.#arguments(module, call);
    this.#needs.task(task, play, module, isCertain);
    const includes = isCertain && !task.isHandler && !loop && !task.tags.includes("never") && !isGuarded(task.frame);
    await this.#include(task, play, includes);
  }

  #arguments(module: ModuleDefinition, call: ModuleCall): void {
    if (this.#seen.has(call)) return;
    this.#seen.add(call);
    const rawFields = new Set(
      describeArguments(module.args)
        .filter((field) => field.meta.raw)
        .flatMap((field) => [field.name, ...(field.meta.aliases ?? [])]),
    );
    for (const key of Object.keys(call.args)) if (!rawFields.has(key)) this.#template(call.args, key);
    const warning = modeWarning(call.args);
    if (warning) this.#warnings.push(warning);
    if (module.name === "set_fact") this.#factNames(call.args);
    if (call.template) return;
    const given: Record<string, unknown> = { ...call.args };
    if (call.freeForm) {
      if (module.freeForm === undefined) {
        this.#errors.push(
          new TsrunError({
            code: "E_BAD_ARG",
            message: `module \`${call.name}\` takes no free text, got \`${call.freeForm.text}\``,
            at: call.at,
            hint: call.freeForm.text.includes("\u00a0")
              ? "a space in it is a no-break space (U+00A0): type an ordinary one"
              : /^\w+ *= *\S*$|^\S+$/.test(call.freeForm.text) && module.name === "set_fact"
                ? "no blanks around `=`; better, write `name: value`"
                : "give its arguments as `name: value`",
          }),
        );
        return;
      }
      if (module.freeForm && !rawFields.has(module.freeForm))
        this.#template(call.freeForm.container, call.freeForm.key);
      given[module.freeForm] = call.freeForm.text;
    }
    const isOpen = (key: string): boolean => hasTemplate(this.#project, given[key]);
    for (const problem of checkArguments(module.args, given, isOpen).problems) {
      const { key } = problem;
      const at =
        key === undefined
          ? call.at
          : ((problem.code === "E_BAD_ARG"
              ? rangeOfArgument(call.args, key, problem.index)
              : rangeOfKey(call.args, key)) ?? call.at);
      // A missing argument may come from `module_defaults`; it is checked again when it is evaluated.
      const isMissing = problem.code === "E_MISSING_ARG" || key === undefined;
      if (isMissing && this.#project.usesModuleDefaults) continue;
      this.#errors.push(
        new TsrunError({
          code: problem.code,
          message:
            problem.code === "E_BAD_ARG"
              ? `module \`${call.name}\`: ${problem.message}`
              : `${problem.message} for module \`${call.name}\``,
          at,
          hint: problem.hint,
        }),
      );
    }
  }

  #factNames(facts: Readonly<Record<string, unknown>>): void {
    const problems = new Problems();
    for (const name of Object.keys(facts)) checkVariableName(problems, name, rangeOfKey(facts, name));
    this.#attempt(() => problems.throwIfAny());
  }

  /** What a constant include names must exist, and is checked like everything else. */
  async #include(task: ExpandedTask, play: ExpandedPlay, isCertain: boolean): Promise<void> {
    const { module: call } = task.task;
    const name = call.name.replace(/^ansible\.(builtin|legacy)\./, "");
    if (name !== "include_tasks" && name !== "include_role") return;
    const { expander, roles } = this.#project;
    const written = call.freeForm?.text ?? call.args[name === "include_tasks" ? "file" : "name"] ?? call.args["role"];
    if (typeof written !== "string" || hasTemplate(this.#project, call.args) || hasTemplate(this.#project, written)) {
      this.#handlers.addUnknown();
      return;
    }
    try {
      if (name === "include_tasks") {
        const path = expander.taskFile(written, task.frame, this.#project.directoryOf(play), call.at);
        await this.#inside(path, `tasks ${path} ${task.frame.role?.path}`, call, isCertain, () =>
          this.#list(expander.includedTasks(path, task, play, [], {}, call.at), play, isCertain),
        );
        return;
      }
      const entry = roleEntry(call.args);
      const path = roles.find(written, this.#project.directoryOf(play), call.at, roleAsked(task.frame));
      await this.#inside(path, `role ${path} ${JSON.stringify(entry)}`, call, isCertain, async () => {
        const included = expander.includedRole(written, entry, task, play, [], {}, call.at);
        this.#role(included.role);
        this.#needs.role(included.role);
        await this.#list(included.handlers, play, false);
        await this.#list(included.tasks, play, isCertain);
      });
    } catch (error) {
      // What a condition guards may never be included: Ansible reads it when it gets there.
      const isMissing =
        error instanceof TsrunError && error.at?.start === call.at.start && error.code.endsWith("NOT_FOUND");
      if (!isMissing || isCertain) return this.#report(error);
      this.#warnings.push(error);
      this.#handlers.addUnknown();
    }
  }

  /** Checks what is included, once. What includes itself without condition never ends. */
  async #inside(
    path: string,
    key: string,
    call: ModuleCall,
    isCertain: boolean,
    check: () => Promise<void>,
  ): Promise<void> {
    if (isCertain && this.#including.includes(key)) {
      this.#errors.push(
        new TsrunError({
          code: "E_IMPORT_CYCLE",
          message: `\`${basename(path)}\` includes itself without a condition`,
          at: call.at,
          hint: "add a `when` that ends it",
        }),
      );
    }
    if (!this.#once(key)) return;
    if (isCertain) this.#including.push(key);
    try {
      await check();
    } finally {
      if (isCertain) this.#including.pop();
    }
  }

  #role(role: Role): void {
    if (!this.#once(role)) return;
    for (const layer of [role.defaults, role.vars]) this.#templates(layer.values, Object.keys(layer.values));
  }

  #conditions(raw: Readonly<Record<string, unknown>>): void {
    for (const key of conditions) {
      const value = raw[key];
      const container: object = Array.isArray(value) ? value : raw;
      for (const at of Array.isArray(value) ? value.keys() : [key]) {
        const text = (container as Record<string | number, unknown>)[at];
        if (typeof text !== "string" || text.trim() === "" || !this.#onceAt(container, at)) continue;
        this.#attempt(() => this.#project.templater.condition(text, originOf(container, at)));
      }
    }
  }

  #templates(container: Readonly<Record<string, unknown>>, keys: readonly string[]): void {
    for (const key of keys) if (Object.hasOwn(container, key)) this.#template(container, key);
  }

  /** Parses every template in a value, at any depth. */
  #template(container: object, key: string | number): void {
    const value = (container as Record<string | number, unknown>)[key];
    if (typeof value === "string") {
      if (this.#onceAt(container, key))
        this.#attempt(() => this.#project.templater.parse(value, originOf(container, key)));
    } else if (Array.isArray(value)) {
      for (const index of value.keys()) this.#template(value, index);
    } else if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
      for (const name of Object.keys(value)) this.#template(value, name);
    }
  }

  #attempt(action: () => unknown): void {
    try {
      action();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#errors.push(...errorsOf(error));
  }

  readonly #checked = new WeakMap<object, Set<string | number>>();

  #onceAt(container: object, key: string | number): boolean {
    const keys = this.#checked.get(container) ?? new Set();
    this.#checked.set(container, keys);
    return !keys.has(key) && keys.add(key) !== undefined;
  }

  #once(thing: unknown): boolean {
    if (this.#seen.has(thing)) return false;
    this.#seen.add(thing);
    return true;
  }
}

/** One warning for all: a role for many systems names many. */
function missingWarning(missing: readonly TsrunError[]): readonly TemplateWarning[] {
  const messages = [...new Set(missing.map(({ message }) => message))];
  const [first] = missing;
  if (!first?.at) return [];
  const more = messages.length > 1 ? `, and ${messages.length - 1} more of the kind` : "";
  return [{ message: `${messages[0]}${more}`, at: first.at, hint: "a host that gets to such a task fails there" }];
}

function hasTemplate(project: Project, value: unknown): boolean {
  if (typeof value === "string") return project.templater.isTemplate(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([key, member]) => project.templater.isTemplate(key) || hasTemplate(project, member),
  );
}

function rangeOfArgument(args: Mapping, key: string, index: number | undefined): SourceRange | undefined {
  const value = args[key];
  const inside = index !== undefined && Array.isArray(value) ? rangeOfValue(value, index) : undefined;
  return inside ?? rangeOfValue(args, key);
}

/** By file, in the order in which the files were come upon, and by place in the file. */
function inOrder(errors: readonly TsrunError[]): readonly TsrunError[] {
  const paths = [...new Set(errors.map(({ at }) => at?.source.path))];
  const rank = ({ at }: TsrunError): number => paths.indexOf(at?.source.path);
  return errors.toSorted((a, b) => rank(a) - rank(b) || (a.at?.start ?? 0) - (b.at?.start ?? 0));
}

function keyOf(error: TsrunError): string {
  return JSON.stringify([error.code, error.message, error.at?.source.path, error.at?.start]);
}
