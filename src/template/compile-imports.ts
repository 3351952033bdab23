import type { ExpressionNode, StatementNode } from "./ast.ts";
import { compileExpression } from "./compile-expression.ts";
import type { Renderer } from "./compile-template.ts";
import { scopeOf } from "./environment.ts";
import { type Frame, Locals } from "./frame.ts";
import { joinText, type Parts } from "./parts.ts";
import type { Located } from "./syntax.ts";
import { Template } from "./template.ts";
import { locate, templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { describeValue, TemplateObject } from "./values.ts";

type ImportNode = Extract<StatementNode, { kind: "extends" | "include" | "import" | "from" }>;

/** Compiles `extends`, `include`, `import` and `from`: the statements that bring in other templates. */
export function compileImports(node: ImportNode, located: Located): Renderer {
  const name = compileExpression(node.template, located);
  const load = (frame: Frame, optional: boolean): Template | undefined => {
    try {
      return findTemplate(name(frame), frame, optional);
    } catch (error) {
      return locate(error, located, node.template);
    }
  };
  switch (node.kind) {
    case "extends":
      return (frame, out) => {
        const { inheritance } = frame;
        if (!inheritance || inheritance.parent)
          throw locate(templateError("a template can extend only one other"), located, node);
        inheritance.extendedAt = out.length;
        inheritance.parent = load(frame, false);
        return undefined;
      };
    case "include":
      return (frame, out) => {
        const template = load(frame, node.ignoreMissing);
        if (!template) return undefined;
        const inner = run(template, frame, node.withContext, node.template, located);
        for (const part of inner.parts) out.push(part);
        return undefined;
      };
    case "import":
      return (frame) => {
        const made = run(load(frame, false) as Template, frame, node.withContext, node.template, located);
        frame.locals?.set(node.name, new TemplateModule(made.locals, made.parts));
        return undefined;
      };
    case "from":
      return (frame) => {
        const template = load(frame, false) as Template;
        const { locals } = run(template, frame, node.withContext, node.template, located);
        for (const [imported, alias] of node.names) {
          const message = `the template \`${template.located.source.path}\` has no \`${imported}\` to import`;
          frame.locals?.set(alias, ownValue(locals, imported) ?? new Undefined({ message, located, span: node }));
        }
        return undefined;
      };
  }
}

function run(
  template: Template,
  frame: Frame,
  withContext: boolean,
  at: ExpressionNode,
  located: Located,
): { parts: Parts; locals: Locals } {
  try {
    // Without its context a template sees nothing but the globals, as in Jinja2.
    const { engine, scope, env } = frame;
    if (withContext) return engine.runModule(template, scope, env, frame);
    return engine.runModule(template, scopeOf({}), env, frame.with({ locals: new Locals() }));
  } catch (error) {
    return locate(error, located, at);
  }
}

function findTemplate(wanted: unknown, frame: Frame, optional: boolean): Template | undefined {
  if (wanted instanceof Undefined) {
    if (optional) return undefined;
    throw wanted.toError();
  }
  const names = Array.isArray(wanted) ? wanted : [wanted];
  for (const name of names) {
    if (name instanceof Template) return name;
    if (name instanceof Undefined) continue;
    if (typeof name !== "string") throw templateError(`the name of a template is text, got ${describeValue(name)}`);
    const found = frame.env.loadTemplate?.(name, frame.template);
    if (found) return found;
  }
  if (optional) return undefined;
  const tried = names.map((name) => `\`${String(name)}\``).join(", ");
  throw templateError(`cannot find the template ${tried}`, undefined, "E_TEMPLATE_NOT_FOUND");
}

function ownValue(locals: Locals, name: string): unknown {
  for (const [known, value] of locals.own()) if (known === name) return value;
  return undefined;
}

/** What `import 'x' as name` gives: the macros and variables of the other template. */
export class TemplateModule extends TemplateObject {
  readonly typeName = "TemplateModule";
  readonly #locals: Locals;
  readonly #parts: Parts;

  constructor(locals: Locals, parts: Parts) {
    super();
    this.#locals = locals;
    this.#parts = parts;
  }

  attribute(name: string): unknown {
    return name.startsWith("_") ? undefined : ownValue(this.#locals, name);
  }

  print(): string {
    return joinText(this.#parts);
  }
}
