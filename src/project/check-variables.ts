import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Expression } from "../template/expression.ts";
import type { Template } from "../template/template.ts";
import { originOf } from "../vars/scope.ts";
import { certainUses } from "./check-certain-uses.ts";
import type { Project } from "./project.ts";

/** What tsrun itself sets, besides everything that starts with `ansible_`. */
const magic =
  /^(ansible_.*|discovered_interpreter_.*|inventory_(hostname|hostname_short|file|dir)|omit|group_names|groups|hostvars|vars|environment|playbook_dir|play_hosts|role_(name|path|uuid|names)|template_.*|module_setup|gather_subset|packages|services|getent_.*|self|super|caller|varargs|kwargs|loop)$/;

interface Use {
  readonly name: string;
  readonly at: SourceRange | undefined;
}

/** Where the only value of a name is written; undefined when there are several, or when it comes from elsewhere. */
interface Written {
  readonly container: object;
  readonly key: string;
}

/**
 * Compares the variables that a run is certain to read with every name that anything in it could define. A name of one play counts for
 * all: a wrong error would be worse than one that comes later.
 */
export class VariableCheck {
  readonly #project: Project;
  readonly #uses: Use[] = [];
  readonly #names = new Map<string, Written | undefined>();
  readonly #followed = new Set<string>();
  #isOpen = false;

  constructor(project: Project) {
    this.#project = project;
    this.#isOpen = project.settings.fact_caching !== "memory" || !project.settings.error_on_undefined_vars;
    this.#layer(project.extraVars.values);
    this.#layer(project.optionVars.values);
    for (const host of new Set([...project.hostNames(), "localhost"]))
      for (const { values, trusted } of project.inventoryLayers(host)) this.#layer(values, trusted);
  }

  /** Something may define names that cannot be known before the run: nothing is reported then. */
  defineUnknown(): void {
    this.#isOpen = true;
  }

  /** A name whose value is made in the run. */
  define(name: unknown): void {
    if (typeof name !== "string" || this.#project.templater.isTemplate(name)) this.#isOpen = true;
    else this.#names.set(name, undefined);
  }

  /** The names of a mapping that is written in the project. */
  defineAll(values: unknown): void {
    if (typeof values === "string") this.#isOpen = true;
    else if (typeof values === "object" && values !== null) this.#layer(values as Readonly<Record<string, unknown>>);
  }

  /** A value that is certain to be evaluated whole, at any depth. */
  useValue(container: object, key: string | number): void {
    const value = (container as Record<string | number, unknown>)[key];
    if (typeof value === "string") this.#useText(value, container, key);
    else if (Array.isArray(value)) for (const index of value.keys()) this.useValue(value, index);
    else if (isPlain(value)) for (const name of Object.keys(value)) this.useValue(value, name);
  }

  /** A condition that is certain to be evaluated: a text, or a list whose first member decides whether the others are. */
  useCondition(raw: object, key: string): void {
    const value = (raw as Record<string, unknown>)[key];
    const [container, at] = Array.isArray(value) ? [value as object, 0] : [raw, key];
    const text = (container as Record<string | number, unknown>)[at];
    if (typeof text !== "string" || text.trim() === "") return;
    this.#attempt(() => {
      const { expression, template } = this.#project.templater.condition(text, originOf(container, at));
      if (!template) this.#use(expression, container, at);
    });
  }

  /** A template file that is certain to be rendered. */
  useTemplate(template: Template): void {
    for (const { name, at } of certainUses(template)) this.#uses.push({ name, at });
  }

  /** Every name that is certain to be read and that nothing defines, in the order of the tasks. */
  errors(): readonly TsrunError[] {
    if (this.#isOpen) return [];
    const errors: TsrunError[] = [];
    // Values that are read bring in names of their own: the list grows while it is walked.
    for (let index = 0; index < this.#uses.length; index++) {
      const { name, at } = this.#uses[index] as Use;
      const written = this.#names.get(name);
      if (written && !this.#followed.has(name)) {
        this.#followed.add(name);
        const value = (written.container as Record<string, unknown>)[written.key];
        if (typeof value === "string") this.#useText(value, written.container, written.key);
      }
      if (this.#isKnown(name)) continue;
      errors.push(
        new TsrunError({
          code: "E_UNDEFINED",
          message: `\`${name}\` is undefined: nothing in this run sets it`,
          at,
          hint:
            didYouMean(name, this.#names.keys()) ??
            (name === "item"
              ? "only a task with `loop` has `item`"
              : `set it, as with \`-e ${name}=…\`, or write \`${name} | default(…)\``),
        }),
      );
    }
    return errors;
  }

  #isKnown(name: string): boolean {
    return this.#names.has(name) || magic.test(name) || this.#project.templater.environment.globals.has(name);
  }

  #layer(values: Readonly<Record<string, unknown>>, isTrusted = true): void {
    for (const key of Object.keys(values)) {
      const isOnly = !this.#names.has(key) || this.#names.get(key)?.container === values;
      this.#names.set(key, isTrusted && isOnly ? { container: values, key } : undefined);
    }
  }

  #useText(text: string, container: object, key: string | number): void {
    this.#attempt(() => {
      const template = this.#project.templater.parse(text, originOf(container, key));
      if (template) this.#use(template, container, key);
    });
  }

  #use(parsed: Expression | Template, container: object, key: string | number): void {
    const origin = originOf(container, key);
    for (const { name, at } of certainUses(parsed))
      this.#uses.push({ name, at: origin.locate(at.start, at.end) ?? origin.locate(0, 0) });
  }

  /** What cannot be parsed is reported elsewhere. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof TsrunError)) throw error;
    }
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
