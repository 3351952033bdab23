import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Span } from "./ast.ts";
import { getAttribute, getItem } from "./attributes.ts";
import type { NamedArguments, Plugin } from "./callable.ts";
import type { Environment, Scope } from "./environment.ts";
import type { Inheritance } from "./inheritance.ts";
import type { Parts } from "./parts.ts";
import { findPlugin } from "./plugin-name.ts";
import type { Located } from "./syntax.ts";
import type { Template } from "./template.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";

/** Variables that the template itself sets: one level for each loop round, macro call, `with` or block. */
export class Locals {
  readonly #values = new Map<string, unknown>();
  readonly #parent: Locals | undefined;

  constructor(parent?: Locals) {
    this.#parent = parent;
  }

  /** Value, or JavaScript's `undefined`. */
  get(name: string): unknown {
    const value = this.#values.get(name);
    return value === undefined ? this.#parent?.get(name) : value;
  }

  set(name: string, value: unknown): void {
    this.#values.set(name, value);
  }

  /** Names and values set on this very level. */
  own(): IterableIterator<[string, unknown]> {
    return this.#values.entries();
  }
}

/** How a running template runs others. Handed down, since the compiler cannot import what imports it. */
export interface Engine {
  runModule(
    template: Template,
    scope: Scope,
    env: Environment,
    parent?: Frame,
  ): { readonly parts: Parts; readonly locals: Locals };
  renderBlock(template: Template, name: string, frame: Frame, out: Parts): void;
}

/** What one evaluation works with: scope, environment, the template's own variables and inherited blocks. */
export class Frame {
  readonly engine: Engine;
  readonly scope: Scope;
  readonly env: Environment;
  readonly locals: Locals | undefined;
  readonly template: Template | undefined;
  /** Blocks of the running template and its parents. */
  readonly inheritance: Inheritance | undefined;
  /** Text under a `{% filter %}` block. */
  readonly blockText: unknown;
  /** Nesting of macros, includes and recursive loops. */
  readonly depth: number;

  constructor(
    engine: Engine,
    scope: Scope,
    env: Environment,
    more: {
      readonly locals?: Locals | undefined;
      readonly template?: Template | undefined;
      readonly inheritance?: Inheritance | undefined;
      readonly blockText?: unknown;
      readonly depth?: number;
    } = {},
  ) {
    this.engine = engine;
    this.scope = scope;
    this.env = env;
    this.locals = more.locals;
    this.template = more.template;
    this.inheritance = more.inheritance;
    this.blockText = more.blockText;
    this.depth = more.depth ?? 0;
  }

  with(more: { readonly locals?: Locals; readonly blockText?: unknown; readonly depth?: number }): Frame {
    return new Frame(this.engine, this.scope, this.env, {
      locals: more.locals ?? this.locals,
      template: this.template,
      inheritance: this.inheritance,
      blockText: more.blockText ?? this.blockText,
      depth: more.depth ?? this.depth,
    });
  }

  /** Value of a variable: scope first, then globals; an {@link Undefined} when nobody knows it. */
  resolve(name: string, span: Span, located: Located): unknown {
    const value = readVariable(this.scope, name);
    if (value !== undefined && !(value instanceof Undefined)) return value;
    const global = this.env.globals.get(name);
    if (global !== undefined) return global;
    if (value !== undefined) return value;
    const { scope, env } = this;
    const hint = (): string | undefined => {
      const before = /([\w.]*[\w\])])-$/.exec(located.text.slice(0, span.start))?.[1];
      if (before !== undefined) return `\`-\` means minus here; a key with a dash is written \`['…-${name}']\``;
      // A short name resembles every other one.
      return name.length < 3 ? undefined : didYouMean(name, [...(scope.names?.() ?? []), ...env.globals.keys()]);
    };
    return new Undefined({ path: name, hint, located, span });
  }

  attribute(value: unknown, name: string): unknown {
    return getAttribute(value, name);
  }

  item(value: unknown, key: unknown): unknown {
    return getItem(value, key);
  }

  /** Applies a filter by name, as `map('upper')` does. */
  filter(name: string, input: unknown, args: readonly unknown[], named: NamedArguments): unknown {
    return this.#plugin("filter", name).run(this, input, args, named);
  }

  test(name: string, input: unknown, args: readonly unknown[], named: NamedArguments): unknown {
    return this.#plugin("test", name).run(this, input, args, named);
  }

  #plugin(kind: "filter" | "test", name: string): Plugin {
    const known = kind === "filter" ? this.env.filters : this.env.tests;
    const found = findPlugin(known, name);
    if (found) return found;
    const code = kind === "filter" ? "E_UNKNOWN_FILTER" : "E_UNKNOWN_TEST";
    throw templateError(`unknown ${kind} \`${name}\``, didYouMean(name, known.keys()), code);
  }
}

/** A lazy variable whose template hit something undefined is itself undefined, so that `default` works on it. */
function readVariable(scope: Scope, name: string): unknown {
  try {
    return scope.get(name);
  } catch (error) {
    if (error instanceof TsrunError && error.code === "E_UNDEFINED") return Undefined.fromError(error);
    throw error;
  }
}
