import { fnmatch } from "../lib/fnmatch.ts";
import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { shortModuleName } from "../playbook/keywords.ts";
import { type ExpandedPlay, type ExpandedTask, tasksOf } from "../project/expanded.ts";

/**
 * `--start-at-task`: everything before a task of that name (or pattern) is left out. Where no task that is known from the start has the
 * name, includes are opened on the way to look for it inside of them; Ansible never finds those.
 */
export class StartAt {
  readonly #pattern: string | undefined;
  /** The play in which a task known from the start has the name. */
  readonly #play: ExpandedPlay | undefined;
  #isPending: boolean;

  /** Throws when no task has the name and there is no include that could bring one. */
  constructor(pattern: string | undefined, plays: readonly ExpandedPlay[]) {
    this.#pattern = pattern;
    this.#isPending = pattern !== undefined;
    if (pattern === undefined) return;
    this.#play = plays.find((play) => listed(play).some((task) => this.#isNamed(task, writtenName(task))));
    const all = plays.flatMap(listed);
    if (this.#play || all.some(isInclude)) return;
    throw new TsrunError({
      code: "E_NO_START_TASK",
      message: `no task \`${pattern}\` to start at`,
      hint: didYouMean(pattern, all.map(writtenName)) ?? "--list-tasks shows them",
    });
  }

  /** Still looking: true at the end of a run when no include brought the task. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** Whether a play has to be looked at: not while the task is known to be in a later one. */
  wants(play: ExpandedPlay): boolean {
    return !this.#isPending || this.#play === undefined || this.#play === play;
  }

  /** Whether a task is to be run or, as an include, to be looked into. `name`: with its templates evaluated. */
  reaches(task: ExpandedTask, name: string): boolean {
    if (!this.#isPending) return true;
    if (this.#isNamed(task, name)) {
      this.#isPending = false;
      return true;
    }
    return this.#play === undefined && isInclude(task);
  }

  #isNamed(task: ExpandedTask, name: string): boolean {
    const pattern = this.#pattern as string;
    const { role } = task.frame;
    return [name, ...(role ? [`${role.name} : ${name}`] : [])].some(
      (each) => each === pattern || fnmatch(each, pattern),
    );
  }
}

function listed(play: ExpandedPlay): readonly ExpandedTask[] {
  return [...play.preTasks, ...play.tasks, ...play.postTasks].flatMap(tasksOf);
}

function isInclude(task: ExpandedTask): boolean {
  return ["include_tasks", "include_role"].includes(shortModuleName(task.task.module.name));
}

function writtenName(task: ExpandedTask): string {
  const { name } = task.frame.raw;
  return typeof name === "string" ? name : task.task.module.name;
}
