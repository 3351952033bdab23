import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import { type ExpandedTask, type Frame, shortRoleName } from "./expanded.ts";
import type { Project } from "./project.ts";

/** Compares what the tasks of a play notify with its handlers, where both are written in plain words. */
export class HandlerCheck {
  readonly #project: Project;
  readonly #topics = new Set<string>();
  readonly #notified: { readonly topic: string; readonly at: SourceRange | undefined; readonly isCertain: boolean }[] =
    [];
  readonly #seen = new Set<object>();
  #isOpen: boolean;

  constructor(project: Project) {
    this.#project = project;
    this.#isOpen = !project.settings.error_on_missing_handler;
  }

  /** Something may bring handlers that cannot be known before the run. */
  addUnknown(): void {
    this.#isOpen = true;
  }

  handler({ task, frame }: ExpandedTask): void {
    const { name } = frame.raw;
    const names = [...task.listen, ...(typeof name === "string" ? [name] : [])];
    for (const topic of names) {
      if (this.#project.templater.isTemplate(topic)) this.#isOpen = true;
      this.#topics.add(topic);
      if (frame.role)
        for (const role of [frame.role.name, shortRoleName(frame.role)]) this.#topics.add(`${role} : ${topic}`);
    }
    // A handler without a name goes by its module's.
    if (name === undefined) this.#topics.add(task.module.name);
  }

  /** A task, or a block whose tasks inherit what it notifies. `isCertain`: nothing can keep it from running. */
  notifier({ raw }: Frame, isCertain: boolean): void {
    const { notify } = raw;
    if (notify === undefined || notify === null || this.#seen.has(raw)) return;
    this.#seen.add(raw);
    const [container, keys] = Array.isArray(notify) ? [notify as object, [...notify.keys()]] : [raw, ["notify"]];
    for (const key of keys) {
      const topic = (container as Record<string | number, unknown>)[key];
      if (typeof topic === "string" && topic !== "" && !this.#project.templater.isTemplate(topic))
        this.#notified.push({
          topic,
          at: rangeOfValue(container, key),
          isCertain: isCertain && raw["changed_when"] !== false,
        });
    }
  }

  /** A task that runs and changes something would fail once its work is done, and nothing would ever do what it notifies. */
  errors(): readonly TsrunError[] {
    return this.#missing(true);
  }

  /** Tasks that a condition guards may never notify. */
  warnings(): readonly TemplateWarning[] {
    return this.#missing(false);
  }

  #missing(isCertain: boolean): readonly TsrunError[] {
    if (this.#isOpen) return [];
    const isError = this.#project.settings.error_on_missing_handler;
    return this.#notified
      .filter((notified) => (notified.isCertain && isError) === isCertain && !this.#topics.has(notified.topic))
      .map(
        ({ topic, at }) =>
          new TsrunError({
            code: "E_UNKNOWN_HANDLER",
            message: `no handler \`${topic}\` is named so or listens to it`,
            at,
            hint: didYouMean(topic, this.#topics) ?? "name a task under `handlers:` so",
          }),
      );
  }
}
