import { callable, type NamedArguments } from "./callable.ts";
import { equals } from "./compare.ts";
import type { Invokable } from "./compile-expression.ts";
import type { Frame } from "./frame.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { iterate, TemplateObject, Tuple } from "./values.ts";

/** The `loop` variable of a `for` statement. */
export class Loop extends TemplateObject implements Invokable {
  readonly typeName = "LoopContext";
  index0 = -1;
  readonly #items: readonly unknown[];
  readonly #depth0: number;
  readonly #recurse: ((items: readonly unknown[], depth0: number) => unknown) | undefined;
  #lastChanged: unknown;

  constructor(
    items: readonly unknown[],
    depth0: number,
    recurse?: (items: readonly unknown[], depth0: number) => unknown,
  ) {
    super();
    this.#items = items;
    this.#depth0 = depth0;
    this.#recurse = recurse;
  }

  attribute(name: string): unknown {
    const { index0 } = this;
    const length = this.#items.length;
    switch (name) {
      case "index":
        return index0 + 1;
      case "index0":
        return index0;
      case "revindex":
        return length - index0;
      case "revindex0":
        return length - index0 - 1;
      case "first":
        return index0 === 0;
      case "last":
        return index0 === length - 1;
      case "length":
        return length;
      case "depth":
        return this.#depth0 + 1;
      case "depth0":
        return this.#depth0;
      case "previtem":
        return index0 === 0 ? new Undefined({ message: "there is no previous item" }) : this.#items[index0 - 1];
      case "nextitem":
        return index0 === length - 1 ? new Undefined({ message: "there is no next item" }) : this.#items[index0 + 1];
      case "cycle":
        return callable("cycle", "*values", (values: readonly unknown[]) => {
          if (values.length === 0) throw templateError("`loop.cycle` needs values");
          return values[this.index0 % values.length];
        });
      case "changed":
        return callable("changed", "*values", (values: readonly unknown[]) => this.#changed(values));
      default:
        return undefined;
    }
  }

  /** `loop(children)` renders the body of a recursive loop for other items. */
  invoke(_frame: Frame, args: readonly unknown[], _named: NamedArguments): unknown {
    if (!this.#recurse)
      throw templateError("`loop` can only be called in a recursive loop", "write `{% for … recursive %}`");
    return this.#recurse(iterate(args[0]), this.#depth0 + 1);
  }

  print(): string {
    return `<LoopContext ${this.index0 + 1}/${this.#items.length}>`;
  }

  #changed(values: readonly unknown[]): boolean {
    const now = Tuple.of2(...values);
    if (this.#lastChanged !== undefined && equals(this.#lastChanged, now)) return false;
    this.#lastChanged = now;
    return true;
  }
}
