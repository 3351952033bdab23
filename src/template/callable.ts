import type { Frame } from "./frame.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { makeDict, setOwn, TemplateObject, Tuple } from "./values.ts";

export type NamedArguments = ReadonlyMap<string, unknown>;
export const NO_NAMED: NamedArguments = new Map();

/** Something that templates can call: a global, a macro, a bound method. */
export class Callable extends TemplateObject {
  readonly typeName: string = "function";
  readonly name: string;
  readonly call: (frame: Frame, args: readonly unknown[], named: NamedArguments) => unknown;

  constructor(name: string, call: (frame: Frame, args: readonly unknown[], named: NamedArguments) => unknown) {
    super();
    this.name = name;
    this.call = call;
  }

  attribute(name: string): unknown {
    return name === "name" ? this.name : undefined;
  }

  /** Printing a function is always a mistake: the call was forgotten, or a key has the name of a method. */
  print(): string {
    throw templateError(
      `\`${this.name}\` is a function here`,
      `call it: \`${this.name}()\`; for a key of that name write \`['${this.name}']\``,
    );
  }
}

/** A filter or a test: a function of an input and arguments. */
export interface Plugin {
  readonly run: (frame: Frame, input: unknown, args: readonly unknown[], named: NamedArguments) => unknown;
  /** It looks at undefined input and arguments itself; for the others the first undefined one is the result. */
  readonly acceptsUndefined: boolean;
}

export interface PluginOptions {
  readonly acceptsUndefined?: boolean;
}

/** A function whose parameters stand in a small signature: `"old, new, count?"`, `"*items"`, `"**options"`. */
type PureFunction = (input: never, ...args: never[]) => unknown;
type FrameFunction = (frame: Frame, input: never, ...args: never[]) => unknown;

/** Declares a filter or test. A parameter that was not given arrives as JavaScript's `undefined`. */
export function plugin(signature: string, run: PureFunction, options: PluginOptions = {}): Plugin {
  const bind = binder(signature);
  const apply = run as (...all: unknown[]) => unknown;
  return define((_frame, input, args, named) => apply(input, ...bind(args, named)), options);
}

/** The same for one that needs the environment: other filters, the clock, warnings. */
export function framePlugin(signature: string, run: FrameFunction, options: PluginOptions = {}): Plugin {
  const bind = binder(signature);
  const apply = run as (...all: unknown[]) => unknown;
  return define((frame, input, args, named) => apply(frame, input, ...bind(args, named)), options);
}

/** A callable global or method with a signature. */
export function callable(name: string, signature: string, run: (...args: never[]) => unknown): Callable {
  const bind = binder(signature);
  const apply = run as (...all: unknown[]) => unknown;
  return new Callable(name, (_frame, args, named) => apply(...bind(args, named)));
}

function define(run: Plugin["run"], options: PluginOptions): Plugin {
  if (options.acceptsUndefined) return { run, acceptsUndefined: true };
  return {
    acceptsUndefined: false,
    run: (frame, input, args, named) => {
      if (input instanceof Undefined) return input;
      for (const arg of args) if (arg instanceof Undefined) return arg;
      if (named.size > 0) for (const arg of named.values()) if (arg instanceof Undefined) return arg;
      return run(frame, input, args, named);
    },
  };
}

interface Parameter {
  readonly name: string;
  readonly required: boolean;
}

/** Turns call arguments into the positions that a signature names, as Python does. */
export function binder(signature: string): (args: readonly unknown[], named: NamedArguments) => readonly unknown[] {
  const names = signature
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const rest = names.find((name) => /^\*[^*]/.test(name));
  const restNamed = names.find((name) => name.startsWith("**"));
  const parameters: Parameter[] = names
    .filter((name) => !name.startsWith("*"))
    .map((name) => ({ name: name.replace("?", ""), required: !name.endsWith("?") }));
  const minimum = parameters.filter((parameter) => parameter.required).length;
  return (args, named) => {
    if (named.size === 0 && rest === undefined && restNamed === undefined) {
      if (args.length >= minimum && args.length <= parameters.length) return args;
    }
    const bound: unknown[] = [];
    const left = named.size > 0 ? new Map(named) : undefined;
    parameters.forEach(({ name, required }, index) => {
      let value: unknown = index < args.length ? args[index] : undefined;
      if (left?.has(name)) {
        if (index < args.length) throw templateError(`argument \`${name}\` is given twice`);
        value = left.get(name);
        left.delete(name);
      } else if (index >= args.length && required) throw templateError(`missing argument \`${name}\``);
      bound.push(value);
    });
    if (rest !== undefined) bound.push(args.slice(parameters.length));
    else if (args.length > parameters.length) {
      throw templateError(`expected at most ${parameters.length} arguments, got ${args.length}`);
    }
    if (restNamed !== undefined) bound.push(left ?? new Map());
    else if (left && left.size > 0) {
      const [name] = left.keys();
      const known = parameters.map((parameter) => `\`${parameter.name}\``).join(", ");
      throw templateError(`unknown argument \`${name}\``, known ? `it takes ${known}` : "it takes no arguments");
    }
    return bound;
  };
}

/** Arguments that a `**mapping` brought together. */
export function namedToDict(named: NamedArguments): Record<string, unknown> {
  const dict = makeDict([]);
  for (const [name, value] of named) setOwn(dict, name, value);
  return dict;
}

/** What `varargs` is inside a macro. */
export function tupleOf(items: Iterable<unknown>): Tuple {
  return Tuple.of2(...items);
}
