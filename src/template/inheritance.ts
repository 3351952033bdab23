import { Callable } from "./callable.ts";
import { Frame, Locals } from "./frame.ts";
import { joinParts, type Parts } from "./parts.ts";
import type { Template } from "./template.ts";
import { templateError } from "./template-error.ts";
import { TemplateObject } from "./values.ts";

/** Blocks of a template and of those it extends, child first. */
export class Inheritance {
  /** Set when `extends` was reached: rendered next, instead of the rest of the child. */
  parent: Template | undefined;
  /** Length of the output when `extends` was reached. */
  extendedAt = 0;
  readonly #locals: Locals;
  readonly #layers: Template[];

  constructor(template: Template, locals: Locals) {
    this.#layers = [template];
    this.#locals = locals;
  }

  adopt(template: Template): void {
    if (this.#layers.length > 100) throw templateError("templates extend each other without end");
    this.#layers.push(template);
  }

  /** Renders the most specific version of a block. A scoped one sees the variables around it. */
  render(name: string, frame: Frame, out: Parts, scoped: boolean): void {
    this.#renderFrom(0, name, frame, out, scoped ? frame.locals : this.#locals);
  }

  has(name: string): boolean {
    return this.#layers.some((layer) => layer.blocks.has(name));
  }

  #renderFrom(level: number, name: string, frame: Frame, out: Parts, outer: Locals | undefined): void {
    const index = this.#layers.findIndex((layer, at) => at >= level && layer.blocks.has(name));
    const layer = this.#layers[index];
    if (!layer) throw templateError(`the parent template has no block \`${name}\` for \`super()\``);
    if (layer.blocks.get(name)?.required) throw templateError(`block \`${name}\` is required: no template fills it`);
    const locals = new Locals(outer);
    const inner = new Frame(frame.engine, frame.scope, frame.env, {
      locals,
      template: layer,
      inheritance: this,
      depth: frame.depth + 1,
    });
    locals.set("super", this.#super(index + 1, name, inner, outer));
    locals.set("self", new SelfReference(this, inner));
    frame.engine.renderBlock(layer, name, inner, out);
  }

  #super(level: number, name: string, frame: Frame, outer: Locals | undefined): Callable {
    return new Callable("super", () => {
      const parts: Parts = [];
      this.#renderFrom(level, name, frame, parts, outer);
      return joinParts(parts);
    });
  }
}

/** `self.title()` renders another block of the template. */
export class SelfReference extends TemplateObject {
  readonly typeName = "TemplateReference";
  readonly #inheritance: Inheritance;
  readonly #frame: Frame;

  constructor(inheritance: Inheritance, frame: Frame) {
    super();
    this.#inheritance = inheritance;
    this.#frame = frame;
  }

  attribute(name: string): unknown {
    if (!this.#inheritance.has(name)) return undefined;
    return new Callable(name, () => {
      const parts: Parts = [];
      this.#inheritance.render(name, this.#frame, parts, false);
      return joinParts(parts);
    });
  }

  print(): string {
    return "<TemplateReference>";
  }
}
