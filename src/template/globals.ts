import { Callable, callable, type NamedArguments } from "./callable.ts";
import { DateTime } from "./datetime.ts";
import { runLookup } from "./lookup.ts";
import { pairsOf } from "./methods/dict.ts";
import { repr } from "./python-repr.ts";
import { formatTime } from "./strftime.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { describeValue, isInteger, makeDict, Omit, TemplateObject } from "./values.ts";

const MAX_RANGE = 10_000_000;

/** Functions and values that every template sees unless a variable hides them. */
export function builtinGlobals(): Map<string, unknown> {
  return new Map<string, unknown>([
    ["omit", Omit],
    ["range", callable("range", "start, stop?, step?", range)],
    ["dict", new Callable("dict", (_frame, args, named) => makeDict([...pairsOf(args[0] ?? []), ...named]))],
    [
      "namespace",
      new Callable("namespace", (_frame, args, named) => new Namespace([...pairsOf(args[0] ?? []), ...named])),
    ],
    ["cycler", callable("cycler", "*items", (items: readonly unknown[]) => new Cycler(items))],
    ["joiner", callable("joiner", "sep?", (separator: unknown = ", ") => joiner(separator))],
    ["lookup", new Callable("lookup", (frame, args, named) => runLookup(frame, args, named, false))],
    ["query", new Callable("query", (frame, args, named) => runLookup(frame, args, named, true))],
    ["q", new Callable("q", (frame, args, named) => runLookup(frame, args, named, true))],
    ["now", new Callable("now", (frame, args, named) => now(frame.env.now, args, named))],
    [
      "undef",
      callable(
        "undef",
        "hint?",
        (hint: unknown = "a value must be set here") => new Undefined({ message: String(hint) }),
      ),
    ],
  ]);
}

function range(start: unknown, stop: unknown, step: unknown = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(isInteger)) throw templateError("`range` takes integers", "convert text with `| int`");
  const stride = Number(step);
  if (stride === 0) throw templateError("the step of `range` cannot be zero");
  const length = Math.max(0, Math.ceil((Number(to) - Number(from)) / stride));
  if (length > MAX_RANGE) throw templateError(`\`range\` of ${length} numbers is too long`);
  return Array.from({ length }, (_, index) => Number(from) + index * stride);
}

function now(clock: (() => Date) | undefined, args: readonly unknown[], named: NamedArguments): unknown {
  if (!clock) throw templateError("`now` is not available here");
  const utc = named.get("utc") ?? args[0] ?? false;
  const format = named.get("fmt") ?? args[1];
  const date = clock();
  const moment = utc === false ? DateTime.local(date) : DateTime.utc(date);
  return typeof format === "string" && format !== "" ? formatTime(moment, format) : moment;
}

/** Attributes that inner scopes can set: the way to carry a value out of a loop. */
export class Namespace extends TemplateObject {
  readonly typeName = "Namespace";
  readonly #values = new Map<string, unknown>();

  constructor(pairs: Iterable<readonly [unknown, unknown]>) {
    super();
    for (const [name, value] of pairs) this.#values.set(String(name), value);
  }

  set(name: string, value: unknown): void {
    this.#values.set(name, value);
  }

  attribute(name: string): unknown {
    return this.#values.get(name);
  }

  print(): string {
    return `<Namespace ${repr(makeDict(this.#values))}>`;
  }
}

/** `cycler('odd', 'even')`: the next item at each call of `next()`. */
class Cycler extends TemplateObject {
  readonly typeName = "Cycler";
  readonly #items: readonly unknown[];
  #at = 0;

  constructor(items: readonly unknown[]) {
    super();
    if (items.length === 0) throw templateError("`cycler` needs items");
    this.#items = items;
  }

  attribute(name: string): unknown {
    if (name === "current") return this.#items[this.#at];
    if (name === "reset") return callable("reset", "", () => ((this.#at = 0), null));
    if (name !== "next") return undefined;
    return callable("next", "", () => {
      const item = this.#items[this.#at];
      this.#at = (this.#at + 1) % this.#items.length;
      return item;
    });
  }

  print(): string {
    return "<Cycler>";
  }
}

/** Nothing at its first call, the separator afterwards. */
function joiner(separator: unknown): Callable {
  if (typeof separator !== "string") throw templateError(`the separator is text, got ${describeValue(separator)}`);
  let used = false;
  return new Callable("joiner", () => {
    if (used) return separator;
    used = true;
    return "";
  });
}
