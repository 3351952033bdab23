import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { parseBoolean } from "../task/args.ts";
import type { SearchFolder } from "../task/controller.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import { searchPath } from "./expand.ts";
import { frameWith, type ExpandedPlay, type ExpandedTask } from "./expanded.ts";
import type { Project } from "./project.ts";
import { candidates, findFile } from "./search-path.ts";
import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";

/** Files of the controller that tasks name in plain words. */
export class SourceCheck {
  readonly errors: TsrunError[] = [];
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

  /** A task that is certain to run. */
  task(task: ExpandedTask, play: ExpandedPlay, name: string): void {
    if (this.#mayChange) return;
    const { args } = task.task.module;
    const { src } = args;
    const folder = folderOf(name, args);
    if (folder === undefined || typeof src !== "string" || src === "" || this.#project.templater.isTemplate(src))
      return;
    const search = searchPath(task.frame, this.#project.directoryOf(play));
    if (findFile(src, folder, search) !== undefined) return;
    const looked = candidates(src, folder, search);
    this.errors.push(
      new TsrunError({
        code: "E_FILE_NOT_FOUND",
        message: `no ${folder === "templates" ? "template" : "file"} \`${src}\` on this machine`,
        at: rangeOfValue(args, "src") ?? task.task.module.at,
        hint: didYouMean(basename(src), looked.flatMap(neighbours)) ?? `looked for ${looked.join(", ")}`,
      }),
    );
  }
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
