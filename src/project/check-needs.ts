import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { ModuleDefinition } from "../modules/registry.ts";
import { describeArguments } from "../task/args.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { checkPlugins } from "../template/check-plugins.ts";
import { parseTemplate } from "../template/parse-template.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import { forgives, hasCondition, isGuarded } from "./check-reach.ts";
import { SourceCheck } from "./check-sources.ts";
import { VariableCheck } from "./check-variables.ts";
import { searchPath } from "./expand.ts";
import type { ExpandedPlay, ExpandedTask, Frame, Role } from "./expanded.ts";
import type { Project } from "./project.ts";
import { findFile } from "./search-path.ts";

const collections = /^ansible\.(builtin|legacy)\./;

/**
 * What a run is certain to need from the project: variables, and files of the controller. Only that is reported which must fail in any
 * case: a task under a condition, after `never`, in a block with `rescue` or in a handler may never need what it names.
 */
export class NeedsCheck {
  readonly #project: Project;
  readonly #variables: VariableCheck;
  readonly #sources: SourceCheck;
  readonly #frames = new Set<Frame>();
  readonly #roles = new Set<Role>();
  /** Plays that `meta` may end early. */
  readonly #ending = new Set<ExpandedPlay>();

  /** Whether an earlier task adds hosts or groups: then nothing is known of a later play's hosts. */
  #growsInventory = false;

  constructor(project: Project) {
    this.#project = project;
    this.#variables = new VariableCheck(project);
    this.#sources = new SourceCheck(project);
  }

  /** Whether the tasks of a play are certain to run, as far as the play itself decides that. */
  play(play: ExpandedPlay): boolean {
    const { tags, skipTags, startAtTask } = this.#project.options;
    const { raw } = play.frame;
    this.#frame(play.frame);
    for (const role of play.roles) this.role(role);
    const hasHosts = this.#hasHosts(raw["hosts"]);
    this.#varsFiles(play, hasHosts);
    if (hasHosts) this.#sources.varsFiles(play);
    const prompts = raw["vars_prompt"];
    if (Array.isArray(prompts))
      for (const prompt of prompts as { name?: unknown }[]) this.#variables.define(prompt.name);
    this.#sources.play(play);
    if (startAtTask !== undefined || tags.length > 0 || skipTags.length > 0) return false;
    this.#variables.useValue(raw, "hosts");
    return !isGuarded(play.frame) && hasHosts;
  }

  /** Names that a role brings in. */
  role(role: Role): void {
    if (this.#roles.has(role)) return;
    this.#roles.add(role);
    for (const layer of [role.defaults, role.vars]) this.#variables.defineAll(layer.values);
    for (const dependency of role.dependencies) this.role(dependency);
  }

  /** A block or a task: its variables. */
  frame(frame: Frame): void {
    for (let at: Frame | undefined = frame; at; at = at.parent) this.#frame(at);
  }

  /** A module that does not exist is reported by others, and what it would set is unknown. */
  unknownModule(): void {
    this.#variables.defineUnknown();
  }

  task(task: ExpandedTask, play: ExpandedPlay, module: ModuleDefinition, mayBeCertain: boolean): void {
    const { frame } = task;
    const name = task.task.module.name.replace(collections, "");
    const isCertain =
      mayBeCertain &&
      !this.#ending.has(play) &&
      !task.isHandler &&
      !task.tags.includes("never") &&
      !forgives(frame) &&
      !isGuarded(frame.parent);
    this.#sources.before(task, name);
    this.#defines(task, play, name, isCertain && !isGuarded(frame));
    this.#uses(task, play, module, name, isCertain);
    if (name === "meta") this.#ending.add(play);
    if (name === "group_by" || name === "add_host") this.#growsInventory = true;
  }

  /** `isWhole`: all of the project could be read. Else what seems to be undefined may be set by the rest. */
  errors(isWhole: boolean): readonly TsrunError[] {
    return [...this.#sources.errors, ...(isWhole ? this.#variables.errors() : [])];
  }

  /** What would go wrong if a condition let it. */
  warnings(): readonly TemplateWarning[] {
    return [...this.#sources.warnings, ...this.#variables.warnings()];
  }

  #frame(frame: Frame): void {
    if (this.#frames.has(frame)) return;
    this.#frames.add(frame);
    if (frame.vars) this.#variables.defineAll(frame.vars.values);
    for (const layer of frame.params) this.#variables.defineAll(layer.values);
    for (const role of frame.role ? [frame.role, ...frame.parentRoles] : []) this.role(role);
    if (Object.hasOwn(frame.raw, "vars")) this.#variables.defineAll(frame.raw["vars"]);
  }

  #varsFiles(play: ExpandedPlay, isRead: boolean): void {
    const written = play.frame.raw["vars_files"];
    const names = (Array.isArray(written) ? written : [written]).flat();
    for (const name of names) {
      if (name === undefined || name === null) continue;
      const path =
        typeof name === "string" && !this.#project.templater.isTemplate(name)
          ? findFile(name, "vars", [this.#project.directoryOf(play)])
          : undefined;
      this.#fileOf(path, isRead);
    }
  }

  /** `isRead`: the run is certain to read the file. One that it may not get to is reported when it does. */
  #fileOf(path: string | undefined, isRead: boolean): void {
    const { files } = this.#project;
    try {
      if (path === undefined) this.#variables.defineUnknown();
      else this.#variables.defineAll(files.vars(path));
    } catch (error) {
      this.#variables.defineUnknown();
      if (isRead && this.#sources.areSettled) files.findings.report(error);
    }
  }

  #hasHosts(pattern: unknown): boolean {
    const patterns = [pattern ?? []].flat().map(String).join(",");
    if (patterns === "" || this.#growsInventory || this.#project.templater.isTemplate(patterns)) return false;
    try {
      return this.#project.match(patterns).length > 0;
    } catch {
      return false;
    }
  }

  #defines(task: ExpandedTask, play: ExpandedPlay, name: string, isCertain: boolean): void {
    const { module: call, loop } = task.task;
    const { raw } = task.frame;
    this.frame(task.frame);
    if (raw["register"] !== undefined) this.#variables.define(raw["register"]);
    const control = raw["loop_control"];
    if (typeof control === "object" && control !== null) {
      const { loop_var: item, index_var: index } = control as Record<string, unknown>;
      for (const each of [item, index]) if (each !== undefined) this.#variables.define(each);
    } else if (control !== undefined) this.#variables.defineUnknown();
    if (loop) this.#variables.define("item");
    const isTemplate = (value: unknown): boolean =>
      typeof value === "string" && this.#project.templater.isTemplate(value);
    switch (name) {
      case "set_fact":
        if (call.template || call.freeForm) this.#variables.defineUnknown();
        for (const key of Object.keys(call.args)) this.#variables.define(key);
        return;
      case "include_vars": {
        const { file, name: into, dir } = call.args;
        const written = call.freeForm?.text ?? file;
        if (into !== undefined) this.#variables.define(into);
        else if (call.template || dir !== undefined || typeof written !== "string" || isTemplate(written))
          this.#variables.defineUnknown();
        else {
          const path = findFile(written, "vars", searchPath(task.frame, this.#project.directoryOf(play)));
          this.#fileOf(path, isCertain);
        }
        return;
      }
      case "include_tasks":
      case "include_role": {
        const { apply } = call.args;
        if (typeof apply === "object" && apply !== null) this.#variables.defineAll((apply as { vars?: unknown }).vars);
        else if (apply !== undefined) this.#variables.defineUnknown();
        const isOpen = call.template !== undefined || isTemplate(call.freeForm?.text) || this.#isOpen(call.args);
        if (isOpen) this.#variables.defineUnknown();
        return;
      }
      case "validate_argument_spec":
        // What a specification asks for is reported by the task that checks it.
        for (const option of Object.keys(call.args["argument_spec"] ?? {})) this.#variables.define(option);
        return;
      case "add_host":
      case "group_by":
        return this.#variables.defineUnknown();
      case "meta":
        if (JSON.stringify(call).includes("refresh_inventory")) this.#variables.defineUnknown();
        return;
      default:
        if (this.#isOwnModuleWithFacts(task, name)) this.#variables.defineUnknown();
    }
  }

  #isOpen(value: unknown): boolean {
    if (typeof value === "string") return this.#project.templater.isTemplate(value);
    return typeof value === "object" && value !== null && Object.values(value).some((member) => this.#isOpen(member));
  }

  /** The project's own modules may return facts, which become variables. */
  #isOwnModuleWithFacts(task: ExpandedTask, name: string): boolean {
    const { options, settings } = this.#project;
    const roles = task.frame.role ? [task.frame.role, ...task.frame.parentRoles] : [];
    const folders = [
      ...roles.map(({ path }) => join(path, "library")),
      join(options.cwd, "tasks"),
      ...settings.library,
    ];
    const short = name.split(".").at(-1) as string;
    return folders
      .flatMap((folder) => [".ts", ".mts", ".js", ".mjs"].map((extension) => join(folder, short + extension)))
      .filter((path) => existsSync(path))
      .some((path) => /facts|from "\./.test(readFileSync(path, "utf8")));
  }

  /** `isCertain`: nothing outside of the task can keep it from running. */
  #uses(task: ExpandedTask, play: ExpandedPlay, module: ModuleDefinition, name: string, isCertain: boolean): void {
    const { module: call, loop } = task.task;
    const { raw } = task.frame;
    const variables = this.#variables;
    const turns = loop && (loop.container as Record<string, unknown>)[loop.key];
    const hasTurns = !loop || (!loop.isWith && Array.isArray(turns) && turns.length > 0);
    for (let at: Frame | undefined = task.frame; at; at = at.parent)
      if (hasCondition(at)) variables.useCondition(at.raw, "when", isCertain && hasTurns && at === task.frame);
    const isFree = isCertain && !hasCondition(task.frame);
    if (loop && (!loop.isWith || loop.lookup === "items")) variables.useValue(loop.container, loop.key, isFree);
    const runs = isFree && hasTurns;
    this.#sources.task(task, play, name, runs);
    if (name === "assert" || Object.hasOwn(call.args, "verbosity")) return;
    if (call.template) variables.useValue(call.template.container, call.template.key, runs);
    const rawFields = new Set(
      describeArguments(module.args)
        .filter((field) => field.meta.raw)
        .flatMap((field) => [field.name, ...(field.meta.aliases ?? [])]),
    );
    for (const key of Object.keys(call.args)) if (!rawFields.has(key)) variables.useValue(call.args, key, runs);
    if (call.freeForm && module.freeForm !== undefined && !rawFields.has(module.freeForm))
      variables.useValue(call.freeForm.container, call.freeForm.key, runs);
    if (Object.hasOwn(raw, "delegate_to")) variables.useValue(raw, "delegate_to", runs);
    if (name === "template") this.#template(task, play, runs);
    const isSure = runs && !this.#project.options.isCheck && !("creates" in call.args) && !("removes" in call.args);
    for (const key of ["until", "changed_when", "failed_when"]) variables.useCondition(raw, key, isSure);
  }

  /** The file of a `template` task with usual delimiters. */
  #template(task: ExpandedTask, play: ExpandedPlay, isCertain: boolean): void {
    const { args } = task.task.module;
    const { src } = args;
    if (typeof src !== "string" || this.#project.templater.isTemplate(src)) return;
    if (Object.keys(args).some((key) => /_(start|end)_string$/.test(key))) return;
    const path = findFile(src, "templates", searchPath(task.frame, this.#project.directoryOf(play)));
    if (path === undefined) return;
    try {
      const template = parseTemplate(this.#project.files.source(path), { keepTrailingNewline: true });
      const [error] = checkPlugins(template, this.#project.templater.environment);
      if (error) this.#sources.errors.push(error);
      else this.#variables.useTemplate(template, isCertain);
    } catch (error) {
      if (!(error instanceof TsrunError)) throw error;
      const at = error.at ?? rangeOfValue(args, "src");
      this.#sources.errors.push(
        new TsrunError({ code: error.code, message: error.message, at, hint: error.hint, cause: error }),
      );
    }
  }
}
