import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { type Expanded, type ExpandedTask, tasksOf } from "../project/expanded.ts";
import type { HostRun } from "./host-run.ts";

/** The handlers of a play: found by name or topic, run in the order of their definition, once a flush. */
export class Handlers {
  readonly #nodes: Expanded[];
  readonly #nameOf: (task: ExpandedTask) => string;

  /** `nameOf`: a handler's name with its templates evaluated. */
  constructor(nodes: readonly Expanded[], nameOf: (task: ExpandedTask) => string) {
    this.#nodes = [...nodes];
    this.#nameOf = nameOf;
  }

  /** In the order of definition; blocks opened. */
  get tasks(): readonly ExpandedTask[] {
    return this.#nodes.flatMap(tasksOf);
  }

  /** Handlers that an included role brings. */
  add(nodes: readonly Expanded[]): void {
    this.#nodes.push(...nodes);
  }

  /**
   * Marks the handlers of a name or topic for a host. Of several with one name the list loaded last counts (the play's own after
   * those of roles), and in it the first. Throws for an unknown name.
   */
  notify(host: HostRun, topic: string, at: ExpandedTask): void {
    const tasks = this.tasks;
    const last = tasks.findLast((task) => this.#isNamed(task, topic));
    const named = last && tasks.find((task) => task.frame.parent === last.frame.parent && this.#isNamed(task, topic));
    const listening = tasks.filter((task) => task.task.listen.includes(topic));
    if (!named && listening.length === 0) {
      const known = tasks.flatMap((task) => [this.#nameOf(task), ...task.task.listen]);
      throw new TsrunError({
        code: "E_UNKNOWN_HANDLER",
        message: `no handler \`${topic}\` is named so or listens to it`,
        at: at.task.at,
        hint: didYouMean(topic, known),
      });
    }
    for (const task of [...(named ? [named] : []), ...listening]) host.notified.add(task.id);
  }

  #isNamed(task: ExpandedTask, topic: string): boolean {
    const name = this.#nameOf(task);
    if (name === topic) return true;
    return task.frame.role !== undefined && `${task.frame.role.name} : ${name}` === topic;
  }
}
