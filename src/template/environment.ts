import type { SourceRange } from "../lib/source.ts";
import type { NamedArguments, Plugin } from "./callable.ts";
import type { Frame } from "./frame.ts";
import type { Template } from "./template.ts";

/** Variables of a host and task, resolved by name when a template asks for them. */
export interface Scope {
  /** Value, or an `Undefined` (or JavaScript's `undefined`) when there is no such variable. */
  get(name: string): unknown;
  has(name: string): boolean;
  /** All names, for suggestions and `lookup('varnames')`. */
  names?(): Iterable<string>;
}

export interface TemplateWarning {
  readonly message: string;
  readonly at?: SourceRange | undefined;
  readonly hint?: string | undefined;
}

/** Answers to questions about the controller's file system, for `is file` and the like. */
export interface FileTests {
  kind(path: string): "file" | "directory" | "other" | undefined;
  isLink(path: string): boolean;
  isMount(path: string): boolean;
  isSame(a: string, b: string): boolean;
  realpath(path: string): string;
  glob?(pattern: string): readonly string[];
}

export interface VaultFunctions {
  encrypt(text: string, secret: string, options: { readonly id?: string; readonly salt?: string }): string;
  decrypt(text: string, secret: string, id?: string): string;
}

/** Everything that templates may use besides their scope. What is impure comes in here; the engine does no I/O. */
export interface Environment {
  readonly filters: ReadonlyMap<string, Plugin>;
  readonly tests: ReadonlyMap<string, Plugin>;
  readonly globals: ReadonlyMap<string, unknown>;
  /** Runs a lookup that the engine does not know itself; answers a list. */
  readonly lookup?:
    | ((name: string, args: readonly unknown[], named: NamedArguments, frame: Frame) => unknown)
    | undefined;
  /** Names of the lookups that it runs. */
  readonly lookupNames?: (() => Iterable<string>) | undefined;
  /** Finds a template for `include`, `import` and `extends`, relative to the one that asks. */
  readonly loadTemplate?: ((name: string, from: Template | undefined) => Template | undefined) | undefined;
  readonly now?: (() => Date) | undefined;
  /** Random number in [0, 1). */
  readonly random?: (() => number) | undefined;
  readonly randomBytes?: ((count: number) => Uint8Array) | undefined;
  readonly warn?: ((warning: TemplateWarning) => void) | undefined;
  readonly files?: FileTests | undefined;
  readonly vault?: VaultFunctions | undefined;
  /** Home directories and variables for `expanduser` and `expandvars`. */
  readonly home?: ((user: string | undefined) => string | undefined) | undefined;
  readonly environ?: ((name: string) => string | undefined) | undefined;
}

/** A scope over plain values; also the way to put a few variables in front of another scope. */
export function scopeOf(values: Readonly<Record<string, unknown>>, parent?: Scope): Scope {
  return {
    get: (name) => (Object.hasOwn(values, name) ? values[name] : parent?.get(name)),
    has: (name) => Object.hasOwn(values, name) || (parent?.has(name) ?? false),
    names: function* () {
      yield* Object.keys(values);
      if (parent?.names) yield* parent.names();
    },
  };
}
