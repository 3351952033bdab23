import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { type Expanded, type ExpandedTask, roleFrameOf, shortRoleName, tasksOf } from "../project/expanded.ts";
import type { HostRun } from "./host-run.ts";

/** The handlers of a play: found by name or topic, run in the order of their definition, once a flush. */
export class Handlers {
  readonly #nodes: Expanded[];
  readonly #nameOf: (task: ExpandedTask, host: HostRun) => string;

  /** `nameOf`: a handler's name with its templates evaluated for a host. */
  constructor(nodes: readonly Expanded[], nameOf: (task: ExpandedTask, host: HostRun) => string) {
    this.#nodes = [...nodes];
    this.#nameOf = nameOf;
  }

  /** In the order of definition; blocks opened. */
  get tasks(): readonly ExpandedTask[] {
    return this.#nodes.flatMap(tasksOf);
  }

  /**
   * Handlers that an included role brings. Those of a use that was there before are replaced, and what waits for them too: it runs once,
   * with the variables of the latest use.
   */
  add(nodes: readonly Expanded[], hosts: readonly HostRun[]): void {
    const keyOf = ({ frame }: Expanded): string | undefined => roleFrameOf(frame)?.roleKey;
    const keys = new Set(nodes.map(keyOf));
    const old = this.#nodes.filter((node) => keys.has(keyOf(node)));
    if (old.length > 0) {
      this.#nodes.splice(0, Infinity, ...this.#nodes.filter((node) => !old.includes(node)));
      const next = nodes.flatMap(tasksOf);
      for (const [index, { id }] of old.flatMap(tasksOf).entries())
        for (const { notified } of hosts) if (notified.delete(id) && next[index]) notified.add(next[index].id);
    }
    this.#nodes.push(...nodes);
  }

  /**
   * Marks the handlers of a name or topic for a host. Of several with one name the list loaded last counts (the play's own after
   * those of roles), and in it the first. Throws for an unknown name.
   */
  notify(host: HostRun, topic: string, at: ExpandedTask): void {
    for (const { id } of this.#meant(host, topic, at)) host.notified.add(id);
  }

  /** As {@link notify}, where it is unknown whether the task would change anything. */
  notifyPerhaps(host: HostRun, topic: string, at: ExpandedTask, taskName: string): void {
    for (const { id } of this.#meant(host, topic, at))
      if (!host.perhapsNotified.has(id)) host.perhapsNotified.set(id, taskName);
  }

  #meant(host: HostRun, topic: string, at: ExpandedTask): readonly ExpandedTask[] {
    const tasks = this.tasks;
    const last = tasks.findLast((task) => this.#isNamed(task, topic, host));
    const named =
      last && tasks.find((task) => task.frame.parent === last.frame.parent && this.#isNamed(task, topic, host));
    const listening = tasks.filter((task) => task.task.listen.includes(topic));
    if (!named && listening.length === 0) {
      const known = tasks.flatMap((task) => [this.#nameOf(task, host), ...task.task.listen]);
      throw new TsrunError({
        code: "E_UNKNOWN_HANDLER",
        message: `no handler \`${topic}\` is named so or listens to it`,
        at: at.task.at,
        hint: didYouMean(topic, known),
      });
    }
    return [...(named ? [named] : []), ...listening];
  }

  #isNamed(task: ExpandedTask, topic: string, host: HostRun): boolean {
    const name = this.#nameOf(task, host);
    if (name === topic) return true;
    const { role } = task.frame;
    return role !== undefined && [role.name, shortRoleName(role)].some((each) => `${each} : ${name}` === topic);
  }
}
