import type { AssignTarget, ExpressionNode, StatementNode } from "./ast.ts";
import { compileExpression, type Evaluator } from "./compile-expression.ts";
import { compileImports } from "./compile-imports.ts";
import { type Frame, Locals } from "./frame.ts";
import { Namespace } from "./globals.ts";
import { Loop } from "./loop.ts";
import { compileMacro } from "./macro.ts";
import { checkDepth, joinParts, type Parts } from "./parts.ts";
import type { Located } from "./syntax.ts";
import { locate, templateError } from "./template-error.ts";
import { isTruthy } from "./truth.ts";
import { Undefined } from "./undefined.ts";
import { describeValue, iterate } from "./values.ts";

/** How a statement ended: the loop around it goes on, stops, or takes its next round. */
export type Flow = "break" | "continue" | undefined;

/** A statement list turned into a function that adds to the output. */
export type Renderer = (frame: Frame, out: Parts) => Flow;

type Of<K extends StatementNode["kind"]> = Extract<StatementNode, { kind: K }>;

/** Compiles statements to closures. */
export function compileStatements(body: readonly StatementNode[], located: Located): Renderer {
  const steps = body.map((node) => compileStatement(node, located));
  return (frame, out) => {
    for (const step of steps) {
      const flow = step(frame, out);
      if (flow !== undefined) return flow;
    }
    return undefined;
  };
}

function compileStatement(node: StatementNode, located: Located): Renderer {
  switch (node.kind) {
    case "text": {
      const { text } = node;
      return (_frame, out) => void out.push(text);
    }
    case "output":
      return compileOutput(node, located);
    case "if":
      return compileIf(node, located);
    case "for":
      return compileFor(node, located);
    case "set":
      return compileSet(node, located);
    case "set-block":
      return compileSetBlock(node, located);
    case "with":
      return compileWith(node, located);
    case "scope": {
      const body = compileStatements(node.body, located);
      return (frame, out) => body(frame.with({ locals: new Locals(frame.locals) }), out);
    }
    case "filter-block":
      return compileFilterBlock(node, located);
    case "macro": {
      const make = compileMacro(node, located, compileStatements);
      return (frame) => assignName(frame, node.name, make(frame));
    }
    case "call-block":
      return compileCallBlock(node, located);
    case "block":
      return (frame, out) => {
        const { inheritance } = frame;
        if (inheritance && inheritance.parent === undefined)
          guard(node, located, () => inheritance.render(node.name, frame, out, node.scoped));
        return undefined;
      };
    case "extends":
    case "include":
    case "import":
    case "from":
      return compileImports(node, located);
    case "do": {
      const value = compileExpression(node.value, located);
      return (frame) => {
        const result = value(frame);
        if (result instanceof Undefined && !result.isLenient) throw result.toError();
        return undefined;
      };
    }
    case "break":
      return () => "break";
    case "continue":
      return () => "continue";
  }
}

function guard<T>(node: StatementNode | ExpressionNode | AssignTarget, located: Located, run: () => T): T {
  try {
    return run();
  } catch (error) {
    return locate(error, located, node);
  }
}

function compileOutput(node: Of<"output">, located: Located): Renderer {
  const value = compileExpression(node.value, located);
  return (frame, out) => {
    const result = value(frame);
    if (result instanceof Undefined && !result.isLenient) throw guard(node.value, located, () => raise(result));
    out.push(result);
    return undefined;
  };
}

function raise(value: Undefined): never {
  throw value.toError();
}

function compileIf(node: Of<"if">, located: Located): Renderer {
  const branches = node.branches.map(({ test, body }) => ({
    node: test,
    test: compileExpression(test, located),
    body: compileStatements(body, located),
  }));
  const otherwise = compileStatements(node.otherwise, located);
  return (frame, out) => {
    for (const branch of branches) {
      const value = branch.test(frame);
      const holds = typeof value === "boolean" ? value : guard(branch.node, located, () => isTruthy(value));
      if (holds) return branch.body(frame, out);
    }
    return otherwise(frame, out);
  };
}

function compileFor(node: Of<"for">, located: Located): Renderer {
  const iterable = compileExpression(node.iterable, located);
  const filter = node.filter && compileExpression(node.filter, located);
  const body = compileStatements(node.body, located);
  const otherwise = compileStatements(node.otherwise, located);
  const assign = compileTarget(node.target, located);

  function select(all: readonly unknown[], frame: Frame, test: Evaluator): readonly unknown[] {
    return all.filter((item) => {
      const inner = frame.with({ locals: new Locals(frame.locals) });
      assign(inner, item);
      return isTruthy(test(inner));
    });
  }

  function run(all: readonly unknown[], frame: Frame, out: Parts, depth0: number): Flow {
    const items = filter ? select(all, frame, filter) : all;
    if (items.length === 0) return otherwise(frame.with({ locals: new Locals(frame.locals) }), out);
    const recurse = (inner: readonly unknown[], level: number): unknown => {
      checkDepth(frame.depth + level);
      const parts: Parts = [];
      run(inner, frame, parts, level);
      return joinParts(parts);
    };
    const loop = new Loop(items, depth0, node.recursive ? recurse : undefined);
    for (let at = 0; at < items.length; at++) {
      const locals = new Locals(frame.locals);
      const inner = frame.with({ locals });
      loop.index0 = at;
      locals.set("loop", loop);
      assign(inner, items[at]);
      if (body(inner, out) === "break") break;
    }
    return undefined;
  }

  return (frame, out) => {
    const value = iterable(frame);
    const items = guard(node.iterable, located, () => iterate(value));
    // A list that the body appends to would never end.
    return run([...items], frame, out, 0);
  };
}

/** Stores a value in a name, a tuple of names or a namespace's attribute. */
function compileTarget(target: AssignTarget, located: Located): (frame: Frame, value: unknown) => void {
  if (target.kind === "name") {
    const { name } = target;
    return (frame, value) => assignName(frame, name, value);
  }
  if (target.kind === "namespace") {
    const holder = compileExpression(
      { kind: "name", name: target.name, start: target.start, end: target.start + target.name.length },
      located,
    );
    return (frame, value) => {
      const namespace = holder(frame);
      guard(target, located, () => {
        if (namespace instanceof Undefined) throw namespace.toError();
        if (!(namespace instanceof Namespace)) {
          throw templateError(
            `\`${target.name}\` is ${describeValue(namespace)}, not a namespace`,
            `make one: \`{% set ${target.name} = namespace() %}\``,
          );
        }
        namespace.set(target.attribute, value);
      });
    };
  }
  const items = target.items.map((item) => compileTarget(item, located));
  return (frame, value) => {
    const values = guard(target, located, () => iterate(value));
    if (values.length !== items.length) {
      guard(target, located, () => {
        throw templateError(`expected ${items.length} values to unpack, got ${values.length}`);
      });
    }
    items.forEach((assign, index) => assign(frame, values[index]));
  };
}

function assignName(frame: Frame, name: string, value: unknown): undefined {
  frame.locals?.set(name, value);
}

function compileSet(node: Of<"set">, located: Located): Renderer {
  const value = compileExpression(node.value, located);
  const assign = compileTarget(node.target, located);
  return (frame) => {
    assign(frame, value(frame));
    return undefined;
  };
}

function compileSetBlock(node: Of<"set-block">, located: Located): Renderer {
  const body = compileStatements(node.body, located);
  const filter = node.filter && compileExpression(node.filter, located);
  const assign = compileTarget(node.target, located);
  return (frame) => {
    const parts: Parts = [];
    body(frame.with({ locals: new Locals(frame.locals) }), parts);
    const value = joinParts(parts);
    assign(frame, filter ? filter(frame.with({ blockText: value })) : value);
    return undefined;
  };
}

function compileWith(node: Of<"with">, located: Located): Renderer {
  const bindings = node.bindings.map(
    ([target, value]) => [compileTarget(target, located), compileExpression(value, located)] as const,
  );
  const body = compileStatements(node.body, located);
  return (frame, out) => {
    const inner = frame.with({ locals: new Locals(frame.locals) });
    const values = bindings.map(([, value]) => value(frame));
    bindings.forEach(([assign], index) => assign(inner, values[index]));
    return body(inner, out);
  };
}

function compileFilterBlock(node: Of<"filter-block">, located: Located): Renderer {
  const body = compileStatements(node.body, located);
  const filter = compileExpression(node.filter, located);
  return (frame, out) => {
    const parts: Parts = [];
    const flow = body(frame.with({ locals: new Locals(frame.locals) }), parts);
    const value = filter(frame.with({ blockText: joinParts(parts) }));
    if (value instanceof Undefined) throw value.toError();
    out.push(value);
    return flow;
  };
}

function compileCallBlock(node: Of<"call-block">, located: Located): Renderer {
  const { call } = node;
  if (call.kind !== "call") throw templateError("expected the call of a macro");
  const caller = compileMacro(node.caller, located, compileStatements);
  const holder = { kind: "name", name: "caller", start: call.start, end: call.end } as const;
  const target = compileExpression({ ...call, named: [...call.named, ["caller", holder]] }, located);
  return (frame, out) => {
    const locals = new Locals(frame.locals);
    locals.set("caller", caller(frame));
    out.push(target(frame.with({ locals })));
    return undefined;
  };
}
