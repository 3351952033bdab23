import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import { didYouMean, editDistance, suggest } from "../lib/suggest.ts";
import type { TemplateWarning } from "../template/environment.ts";
import type { Expression } from "../template/expression.ts";
import { freeVariables } from "../template/free-variables.ts";
import type { Template } from "../template/template.ts";
import { originOf, recursiveVariable } from "../vars/scope.ts";
import { rangeOfKey } from "../yaml/positions.ts";
import { certainUses } from "./check-certain-uses.ts";
import { memberProblem } from "./check-members.ts";
import type { Project } from "./project.ts";

/** What tsrun itself sets, besides everything that starts with `ansible_`. */
const magic =
  /^(ansible_.*|discovered_interpreter_.*|inventory_(hostname|hostname_short|file|dir)|omit|group_names|groups|hostvars|vars|environment|playbook_dir|play_hosts|role_(name|path|uuid|names)|template_.*|module_setup|gather_subset|packages|services|getent_.*|self|super|caller|varargs|kwargs|loop)$/;

interface Use {
  readonly name: string;
  readonly members: readonly string[];
  readonly at: SourceRange | undefined;
  /** False when a condition decides whether it is read at all. */
  readonly isCertain: boolean;
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
  /** Names that some condition mentions: whoever wrote it knows that they may be missing. */
  readonly #asked = new Set<string>();
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

  /** A value that is evaluated whole, at any depth: in any case, or if conditions let it. */
  useValue(container: object, key: string | number, isCertain = true): void {
    const value = (container as Record<string | number, unknown>)[key];
    if (typeof value === "string") this.#useText(value, container, key, isCertain);
    else if (Array.isArray(value)) for (const index of value.keys()) this.useValue(value, index, isCertain);
    else if (isPlain(value)) for (const name of Object.keys(value)) this.useValue(value, name, isCertain);
  }

  /** A condition that is evaluated: a text, or a list whose first member decides whether the others are. */
  useCondition(raw: object, key: string, isCertain = true): void {
    const value = (raw as Record<string, unknown>)[key];
    const list: readonly (readonly [object, string | number])[] = Array.isArray(value)
      ? [...value.keys()].map((index) => [value, index] as const)
      : [[raw, key]];
    for (const [index, [container, at]] of list.entries()) {
      const text = (container as Record<string | number, unknown>)[at];
      if (typeof text !== "string" || text.trim() === "") continue;
      this.#attempt(() => {
        const { expression, template } = this.#project.templater.condition(text, originOf(container, at));
        for (const { name } of freeVariables(template ?? expression)) this.#asked.add(name);
        if (!template && index === 0) this.#use(expression, container, at, isCertain);
      });
    }
  }

  /** A template file that is rendered. */
  useTemplate(template: Template, isCertain: boolean): void {
    for (const { name, members, at } of certainUses(template)) this.#uses.push({ name, members, at, isCertain });
  }

  /** Every name that is certain to be read and that nothing defines, once each, in the order of the tasks. */
  errors(): readonly TsrunError[] {
    const undefinedNames = this.#report(true).map(
      ({ message, at, hint }) => new TsrunError({ code: "E_UNDEFINED", message, at, hint }),
    );
    return [...undefinedNames, ...this.#recursions()];
  }

  /** Names that nothing defines where a condition decides whether they are read: only those that look like another name. */
  warnings(): readonly TemplateWarning[] {
    return this.#report(false);
  }

  #report(isCertain: boolean): readonly TemplateWarning[] {
    if (this.#isOpen) return [];
    const found = new Map<string, { warning: TemplateWarning; places: number }>();
    const [certain, other] = [this.#reached(true), this.#reached(false)];
    for (const use of isCertain ? certain : other) {
      const problem = this.#isKnown(use.name) ? this.#memberProblem(use) : this.#undefined(use);
      if (problem === undefined) continue;
      const known = found.get(problem.message);
      if (known) known.places += 1;
      else found.set(problem.message, { warning: { ...problem, at: use.at }, places: 1 });
    }
    return [...found.values()].map(({ warning, places }) =>
      places === 1 ? warning : { ...warning, message: `${warning.message} (it is used ${places} times)` },
    );
  }

  /** Uses, and those in values that are read by them. */
  #reached(isCertain: boolean): readonly Use[] {
    const uses = this.#uses.filter((use) => use.isCertain === isCertain);
    const followed = new Set<string>();
    for (let index = 0; index < uses.length; index++) {
      const { name } = uses[index] as Use;
      const written = this.#names.get(name);
      if (!written || followed.has(name)) continue;
      followed.add(name);
      const value = (written.container as Record<string, unknown>)[written.key];
      if (typeof value === "string") uses.push(...this.#usesOf(value, written.container, written.key, isCertain));
    }
    return uses;
  }

  /** Values that need themselves. */
  #recursions(): readonly TsrunError[] {
    if (this.#isOpen) return [];
    const errors: TsrunError[] = [];
    const done = new Set<string>();
    const visit = (name: string, chain: readonly string[]): void => {
      const written = this.#names.get(name);
      const value = written && (written.container as Record<string, unknown>)[written.key];
      if (!written || typeof value !== "string" || done.has(name)) return;
      if (chain.includes(name)) {
        errors.push(
          recursiveVariable([...chain.slice(chain.indexOf(name)), name], rangeOfKey(written.container, written.key)),
        );
        return;
      }
      for (const use of this.#usesOf(value, written.container, written.key, true)) visit(use.name, [...chain, name]);
      done.add(name);
    };
    for (const { name, isCertain } of this.#uses) if (isCertain) visit(name, []);
    return errors;
  }

  #undefined({ name, isCertain }: Use): { readonly message: string; readonly hint: string } | undefined {
    const near = didYouMean(name, this.#names.keys());
    if (isCertain) {
      const message = `\`${name}\` is undefined: nothing in this run sets it`;
      return {
        message,
        hint: near ?? elsewhere(name) ?? `set it, as with \`-e ${name}=…\`, or write \`${name} | default(…)\``,
      };
    }
    if (near === undefined || this.#asked.has(name) || !isTypo(name, suggest(name, this.#names.keys()) as string))
      return undefined;
    return { message: `\`${name}\` is undefined, should this task run: nothing in this run sets it`, hint: near };
  }

  #memberProblem(use: Use): { readonly message: string; readonly hint?: string | undefined } | undefined {
    if (!use.isCertain || use.members.length === 0) return undefined;
    const written = this.#names.get(use.name);
    const value = written && (written.container as Record<string, unknown>)[written.key];
    return memberProblem(this.#project, use.name, use.members, value);
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

  #useText(text: string, container: object, key: string | number, isCertain: boolean): void {
    this.#uses.push(...this.#usesOf(text, container, key, isCertain));
  }

  #usesOf(text: string, container: object, key: string | number, isCertain: boolean): readonly Use[] {
    let uses: readonly Use[] = [];
    this.#attempt(() => {
      const template = this.#project.templater.parse(text, originOf(container, key));
      if (template) uses = usesIn(template, container, key, isCertain);
    });
    return uses;
  }

  #use(parsed: Expression | Template, container: object, key: string | number, isCertain: boolean): void {
    this.#uses.push(...usesIn(parsed, container, key, isCertain));
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

function usesIn(
  parsed: Expression | Template,
  container: object,
  key: string | number,
  isCertain: boolean,
): readonly Use[] {
  const origin = originOf(container, key);
  return certainUses(parsed).map(({ name, members, at }) => ({
    name,
    members,
    at: origin.locate(at.start, at.end) ?? origin.locate(0, 0),
    isCertain,
  }));
}

/** One slip of the finger apart, and long enough that it is no coincidence. */
function isTypo(name: string, near: string): boolean {
  return (
    name.length >= 6 && editDistance(name, near) === 1 && !/\d/.test(name) && `${name}s` !== near && name !== `${near}s`
  );
}

/** Words of other languages, and names that only exist in a certain place. */
function elsewhere(name: string): string | undefined {
  if (name === "item") return "only a task with `loop` has `item`";
  if (/^(?:null|nil|NULL|Null)$/.test(name)) return "write `none`";
  if (/^(?:yes|on|YES)$/.test(name)) return "write `true`";
  return /^(?:no|off|NO)$/.test(name) ? "write `false`" : undefined;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
