import type { MacroNode } from "./ast.ts";
import { Callable, type NamedArguments, namedToDict, tupleOf } from "./callable.ts";
import { compileExpression } from "./compile-expression.ts";
import type { compileStatements } from "./compile-template.ts";
import { type Frame, Locals } from "./frame.ts";
import { namesUsed } from "./free-variables.ts";
import { checkDepth, joinParts, type Parts } from "./parts.ts";
import type { Located } from "./syntax.ts";
import { locate, templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";

/** A macro as a value: callable, and with the attributes that Jinja2 documents. */
export class Macro extends Callable {
  override readonly typeName: string = "Macro";
  readonly #attributes: Readonly<Record<string, unknown>>;

  constructor(name: string, attributes: Readonly<Record<string, unknown>>, call: Callable["call"]) {
    super(name, call);
    this.#attributes = attributes;
  }

  override attribute(name: string): unknown {
    return Object.hasOwn(this.#attributes, name) ? this.#attributes[name] : undefined;
  }

  override print(): string {
    return `<Macro '${this.name}'>`;
  }
}

/** Turns a macro definition into a function from a defining frame to the macro. */
export function compileMacro(
  node: MacroNode,
  located: Located,
  compile: typeof compileStatements,
): (frame: Frame) => Macro {
  const body = compile(node.body, located);
  const parameters = node.parameters.map(({ name, fallback }) => ({
    name,
    fallback: fallback && compileExpression(fallback, located),
  }));
  const used = namesUsed(node.body);
  const declared = new Set(parameters.map((parameter) => parameter.name));
  const special = (name: string): boolean => used.has(name) && !declared.has(name);
  const catches = { caller: special("caller"), varargs: special("varargs"), kwargs: special("kwargs") };
  const attributes = {
    name: node.name,
    arguments: tupleOf(declared),
    catch_kwargs: catches.kwargs,
    catch_varargs: catches.varargs,
    caller: used.has("caller"),
  };

  function bind(frame: Frame, locals: Locals, args: readonly unknown[], named: NamedArguments): void {
    const left = new Map(named);
    parameters.forEach(({ name, fallback }, index) => {
      let value = index < args.length ? args[index] : left.get(name);
      if (index >= args.length) left.delete(name);
      if (value === undefined && fallback) value = fallback(frame.with({ locals }));
      locals.set(
        name,
        value ?? new Undefined({ message: `parameter \`${name}\` was not provided`, located, span: node }),
      );
    });
    if (catches.caller) {
      const missing = new Undefined({
        message: `\`caller\` is undefined: macro \`${node.name}\` was not used in a call block`,
        located,
        span: node,
      });
      locals.set("caller", left.get("caller") ?? missing);
      left.delete("caller");
    }
    if (catches.kwargs) locals.set("kwargs", namedToDict(left));
    else if (left.size > 0)
      throw templateError(`macro \`${node.name}\` takes no argument \`${left.keys().next().value ?? ""}\``);
    if (catches.varargs) locals.set("varargs", tupleOf(args.slice(parameters.length)));
    else if (args.length > parameters.length) {
      throw templateError(`macro \`${node.name}\` takes at most ${parameters.length} arguments, got ${args.length}`);
    }
  }

  return (defining) =>
    new Macro(node.name, attributes, (caller, args, named) => {
      const depth = Math.max(caller.depth, defining.depth) + 1;
      checkDepth(depth);
      const locals = new Locals(defining.locals);
      const frame = defining.with({ locals, depth });
      try {
        bind(frame, locals, args, named);
      } catch (error) {
        locate(error, located, { start: node.start, end: node.start + 2 });
      }
      const parts: Parts = [];
      body(frame, parts);
      return joinParts(parts);
    });
}
