import { compileStatements, type Renderer } from "./compile-template.ts";
import type { Environment, Scope } from "./environment.ts";
import { type Engine, Frame, Locals } from "./frame.ts";
import { Inheritance, SelfReference } from "./inheritance.ts";
import { checkDepth, type Parts } from "./parts.ts";
import type { Template } from "./template.ts";

/** What compiled templates need of the engine that runs them. */
export const engine: Engine = { runModule, renderBlock };

/** Runs a template and the ones it extends; also tells the variables that it set at its top level. */
export function runModule(
  template: Template,
  scope: Scope,
  env: Environment,
  parent?: Frame,
): { readonly parts: Parts; readonly locals: Locals } {
  const depth = (parent?.depth ?? 0) + 1;
  checkDepth(depth);
  const outer = new Locals(parent?.locals);
  const locals = new Locals(outer);
  const inheritance = new Inheritance(template, locals);
  const parts: Parts = [];
  for (let current: Template | undefined = template; current; ) {
    const frame: Frame = new Frame(engine, scope, env, { locals, template: current, inheritance, depth });
    if (current.blocks.size > 0) outer.set("self", new SelfReference(inheritance, frame));
    const from = parts.length;
    inheritance.parent = undefined;
    compiled(current, "")(frame, parts);
    const next: Template | undefined = inheritance.parent;
    if (next) {
      // A child's own text outside of blocks is dropped from its `extends` on.
      parts.length = Math.max(from, inheritance.extendedAt);
      inheritance.adopt(next);
    }
    current = next;
  }
  return { parts, locals };
}

function renderBlock(template: Template, name: string, frame: Frame, out: Parts): void {
  compiled(template, name)(frame, out);
}

const renderers = new WeakMap<Template, Map<string, Renderer>>();

/** The compiled body of a template (under the empty name) or of one of its blocks. */
function compiled(template: Template, block: string): Renderer {
  let known = renderers.get(template);
  if (!known) renderers.set(template, (known = new Map()));
  let renderer = known.get(block);
  if (!renderer) {
    const body = block === "" ? template.body : (template.blocks.get(block)?.body ?? []);
    renderer = compileStatements(body, template.located);
    known.set(block, renderer);
  }
  return renderer;
}
