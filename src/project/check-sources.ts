import { existsSync, readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import { parseBoolean } from "../task/args.ts";
import type { SearchFolder } from "../task/controller.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import { searchPath } from "./expand.ts";
import { frameWith, type ExpandedPlay, type ExpandedTask } from "./expanded.ts";
import type { Project } from "./project.ts";
import { candidates, findFile } from "./search-path.ts";

/** Files of the controller that tasks name in plain words. */
export class SourceCheck {
  readonly errors: TsrunError[] = [];
  readonly warnings: TemplateWarning[] = [];
  readonly #project: Project;
  /** Once a task may have run on the controller, any file may be there by the time it is needed. */
  #mayChange: boolean;

  constructor(project: Project) {
    this.#project = project;
    this.#mayChange =
      project.options.connection.type === "local" ||
      Object.hasOwn(project.extraVars.values, "ansible_connection") ||
      project.hostNames().some((host) => isLocal(project, host));
  }

  play({ frame }: ExpandedPlay): void {
    if (frameWith(frame, "connection") || /localhost|127\.0\.0\.1|::1/.test(JSON.stringify(frame.raw["hosts"] ?? "")))
      this.#mayChange = true;
  }

  /** Called for every task in its order, whether it is certain to run or not. */
  before(task: ExpandedTask, name: string): void {
    const keywords = ["connection", "delegate_to", "local_action"];
    const runsHere = keywords.some((keyword) => frameWith(task.frame, keyword));
    const vars = JSON.stringify(task.frame.raw["vars"] ?? null);
    if (runsHere || name === "fetch" || vars.includes("ansible_connection")) this.#mayChange = true;
  }

  /** Whether the files of this machine are still as they were when the run began. */
  get areSettled(): boolean {
    return !this.#mayChange;
  }

  /** `isCertain`: nothing can keep the task from running. */
  task(task: ExpandedTask, play: ExpandedPlay, name: string, isCertain: boolean): void {
    if (this.#mayChange) return;
    const named = sourceOf(task, name);
    if (named === undefined || named.text === "" || this.#project.templater.isTemplate(named.text)) return;
    const { text, folder, at } = named;
    const search = searchPath(task.frame, this.#project.directoryOf(play));
    if (findFile(text, folder, search) !== undefined) return;
    const looked = candidates(text, folder, search);
    const hint = didYouMean(basename(text), looked.flatMap(neighbours)) ?? `looked for ${looked.join(", ")}`;
    const message = `no ${WORD[folder]} \`${text}\` on this machine`;
    if (isCertain) this.errors.push(new TsrunError({ code: "E_FILE_NOT_FOUND", message, at, hint }));
    else this.warnings.push({ message, at, hint });
  }

  /** `vars_files` of a play that has hosts: of a list in it, one file must be there. */
  varsFiles({ frame, path }: ExpandedPlay): void {
    const written = frame.raw["vars_files"];
    if (this.#mayChange || written === undefined || written === null) return;
    const [container, keys] = Array.isArray(written)
      ? [written as object, [...written.keys()]]
      : [frame.raw, ["vars_files"]];
    for (const key of keys) {
      const value = (container as Record<string | number, unknown>)[key];
      const names = [value].flat();
      if (!names.every((name) => typeof name === "string" && !this.#project.templater.isTemplate(name))) continue;
      const bases = [dirname(path)];
      const looked = (names as string[]).flatMap((name) => candidates(name, "vars", bases));
      if (looked.some((candidate) => existsSync(candidate))) continue;
      this.errors.push(
        new TsrunError({
          code: "E_FILE_NOT_FOUND",
          message: `no variables file ${(names as string[]).map((name) => `\`${name}\``).join(" or ")}`,
          at: rangeOfValue(container, key),
          hint:
            didYouMean(basename(names[0] as string), looked.flatMap(neighbours)) ?? `looked for ${looked.join(", ")}`,
        }),
      );
    }
  }
}

const WORD: Readonly<Record<SearchFolder, string>> = {
  templates: "template",
  files: "file",
  vars: "variables file",
  tasks: "task file",
  library: "module",
};

/** The file of the controller that a task names, and the folder it is looked for in. */
function sourceOf(
  task: ExpandedTask,
  name: string,
): { readonly text: string; readonly folder: SearchFolder; readonly at: SourceRange | undefined } | undefined {
  const { args, freeForm, template, at } = task.task.module;
  if (template) return undefined;
  const free = freeForm && (rangeOfValue(freeForm.container, freeForm.key) ?? at);
  if (name === "script") {
    const written = freeForm?.text ?? args["cmd"];
    const [text] = typeof written === "string" ? written.trim().split(/\s+/) : [];
    if (text === undefined || /["'\\]/.test(text)) return undefined;
    return { text, folder: "files", at: free ?? rangeOfValue(args, "cmd") };
  }
  if (name === "include_vars") {
    const text = freeForm?.text ?? args["file"];
    return typeof text === "string" ? { text, folder: "vars", at: free ?? rangeOfValue(args, "file") } : undefined;
  }
  const folder = folderOf(name, args);
  const { src } = args;
  if (folder === undefined || typeof src !== "string") return undefined;
  return { text: src, folder, at: rangeOfValue(args, "src") ?? at };
}

function folderOf(name: string, args: Readonly<Record<string, unknown>>): SearchFolder | undefined {
  if (name === "template") return "templates";
  if (name !== "copy" && name !== "unarchive") return undefined;
  if (Object.hasOwn(args, "content") || Object.hasOwn(args, "copy")) return undefined;
  if (typeof args["src"] === "string" && args["src"].includes("://")) return undefined;
  return parseBoolean(args["remote_src"] ?? false) === false ? "files" : undefined;
}

function isLocal(project: Project, host: string): boolean {
  if (host === "localhost") return true;
  return project.inventoryLayers(host).some(({ values }) => Object.hasOwn(values, "ansible_connection"));
}

function neighbours(path: string): readonly string[] {
  try {
    return readdirSync(dirname(path));
  } catch {
    return [];
  }
}
