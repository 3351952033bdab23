import { shortModuleName } from "../playbook/keywords.ts";
import type { ExpandedTask } from "../project/expanded.ts";
import { unknownUntilApplied } from "./outcome.ts";
import type { ItemOutcome } from "./run-item.ts";

/** Codes of errors that a value may be the reason of which only a real run has. */
const valueCodes = new Set(["E_UNDEFINED", "E_TEMPLATE"]);

/** Modules that bring variables or tasks of their own. */
const bringers = new Set(["include_vars", "include_tasks", "include_role", "setup"]);

/**
 * Under `--check`: variables of a host that hold nothing yet, because the task that sets them was left out or depends on such a one. What
 * fails for want of them is unknown, not wrong.
 */
export class Doubts {
  readonly #tasks = new Map<string, string>();
  /** A task that may have brought names of which nothing is known. */
  #bringer: string | undefined;

  /** Takes in what became of a task: the names that it sets are in doubt or no longer. */
  settle(task: ExpandedTask, name: string, isInDoubt: boolean): void {
    const isFact = shortModuleName(task.task.module.name) === "set_fact";
    // What is made from nothing is nothing known, either.
    const cause = isInDoubt
      ? name
      : isFact
        ? this.#mentionedIn(JSON.stringify(Object.values(task.task.module.args)))
        : undefined;
    for (const set of namesSetBy(task)) {
      if (cause === undefined) this.#tasks.delete(set);
      else this.#tasks.set(set, cause);
    }
    if (isInDoubt && bringers.has(shortModuleName(task.task.module.name))) this.#bringer ??= name;
  }

  /** A failure for want of a variable in doubt is none, and neither is a condition that is false because of one. */
  weigh(task: ExpandedTask, outcome: ItemOutcome): ItemOutcome {
    const cause = this.#whyUnknown(task, outcome);
    if (cause === undefined) return outcome;
    const { status, fields } = unknownUntilApplied(`depends on "${cause}"`);
    return { status, result: { changed: false, ...fields }, error: undefined };
  }

  #whyUnknown(task: ExpandedTask, { status, result, error }: ItemOutcome): string | undefined {
    if (this.#tasks.size === 0 && this.#bringer === undefined) return undefined;
    const { false_condition: condition, msg } = result;
    if (status === "skipped" && typeof condition === "string") return this.#mentionedIn(condition);
    const { loop } = task.task;
    if (status === "skipped" && loop && result["skipped_reason"] === "No items in the list")
      return this.#mentionedIn(JSON.stringify((loop.container as Record<string | number, unknown>)[loop.key]));
    if (status !== "failed" || !valueCodes.has(error?.code ?? "")) return undefined;
    return this.#causeOf(task, String(msg));
  }

  #causeOf(task: ExpandedTask, message: string): string | undefined {
    const missing = /^`([A-Za-z_]\w*)/.exec(message)?.[1];
    const own = missing === undefined ? undefined : this.#tasks.get(missing);
    if (own !== undefined) return own;
    return this.#mentionedIn(JSON.stringify(task.frame.raw)) ?? (missing === undefined ? undefined : this.#bringer);
  }

  /** The task on which a text depends that names a variable in doubt. */
  #mentionedIn(text: string): string | undefined {
    return [...this.#tasks].find(([name]) => new RegExp(`\\b${name}\\b`).test(text))?.[1];
  }
}

function namesSetBy({ task, frame }: ExpandedTask): readonly string[] {
  const { register } = frame.raw;
  const facts = shortModuleName(task.module.name) === "set_fact" ? Object.keys(task.module.args) : [];
  return [...facts, ...(typeof register === "string" ? [register] : [])];
}
