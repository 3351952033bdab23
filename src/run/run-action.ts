import type { Controller } from "../task/controller.ts";
import type { ActionDefinition, HostAccess } from "../task/define-action.ts";
import { originOf, type VarScope } from "../vars/scope.ts";
import type { TextOrigin } from "../vars/templater.ts";
import type { ModuleOutcome } from "./outcome.ts";
import type { RunContext } from "./run-context.ts";

export interface ActionRun {
  readonly module: ActionDefinition;
  readonly args: Readonly<Record<string, unknown>>;
  readonly controller: Controller;
  readonly host: HostAccess;
  readonly scope: VarScope;
  readonly context: RunContext;
  readonly delegatedTo: string | undefined;
  readonly isCheck: boolean;
  readonly wantsDiff: boolean;
  /** The arguments as their author wrote them, with their places. */
  readonly written: object;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Where a text stands among the arguments: those that are not evaluated beforehand, such as conditions, come back as they are. */
function whereWritten(container: object, text: string): TextOrigin | undefined {
  for (const [key, value] of Object.entries(container)) {
    if (value === text) return originOf(container, Array.isArray(container) ? Number(key) : key);
    const inside = Array.isArray(value) ? whereWritten(value, text) : undefined;
    if (inside) return inside;
  }
  return undefined;
}

/** Runs an action module and turns what it returns into an outcome. */
export async function runAction(run: ActionRun): Promise<ModuleOutcome> {
  const { module, args, written, controller, host, scope, context, isCheck, wantsDiff, signal, sleep, delegatedTo } =
    run;
  const warnings: string[] = [];
  const result = await module.run(args, {
    host,
    controller,
    vars: {
      get: (name) => scope.get(name),
      has: (name) => scope.has(name),
      written: (name) => scope.written(name),
      evaluate: (expression) => scope.evaluateExpression(expression),
      condition: (expression) => scope.conditionText(expression, whereWritten(written, expression)),
    },
    delegatedTo,
    isCheck,
    wantsDiff,
    verbosity: context.settings.verbosity,
    signal,
    now: () => performance.now(),
    sleep,
    ask: async (prompt, { echo, timeoutMs }) =>
      await context.hooks.ask({ text: prompt, isSecret: !echo, timeoutMs }).catch(() => {
        // Ctrl-C is no answer, and no missing terminal either.
        context.signal.throwIfAborted();
        return undefined;
      }),
    warn: (message) => warnings.push(message),
  });
  const { diff, ...fields } = result;
  const status = result.skipped === true ? "skipped" : result.changed === true ? "changed" : "ok";
  return { status, fields, warnings, ...(Array.isArray(diff) && { diff }) };
}
