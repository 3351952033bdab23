import { checkArguments } from "../task/args.ts";
import type { Command, WriteFile } from "../task/change.ts";
import type { Controller } from "../task/controller.ts";
import type { ActionDefinition, ActionResult, ExecOutput } from "../task/define-action.ts";
import type { Query } from "../task/query.ts";
import { sh } from "../task/sh.ts";
import { createFakeController } from "./fake-controller.ts";

/** What the world of an action answers. */
export interface ActionFixture {
  /** What a command does; it succeeds and says nothing unless told otherwise. */
  readonly exec?: (script: string) => Partial<Pick<ExecOutput, "rc" | "stdout" | "stderr" | "timedOut">>;
  /** Pairs of a query and its answer. A query that is not listed answers undefined. */
  readonly host?: readonly (readonly [Query<unknown>, unknown])[];
  readonly controller?: Partial<Controller>;
  /** Values of variables and of expressions, by their text. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly delegatedTo?: string;
  readonly isCheck?: boolean;
  readonly wantsDiff?: boolean;
  /** What the person at the terminal answers; without it nobody is there. */
  readonly answer?: string;
}

export interface RanAction {
  readonly result: ActionResult;
  /** Scripts in order; a written file shows as `write PATH`. */
  readonly scripts: readonly string[];
  readonly warnings: readonly string[];
}

/** Runs an action module without a host; sleeps take no time. Throws what is wrong with the arguments, and the module's TaskFailure. */
export async function runAction(
  module: ActionDefinition,
  raw: Readonly<Record<string, unknown>>,
  fixture: ActionFixture = {},
): Promise<RanAction> {
  const { args, problems } = checkArguments(module.args, raw);
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join("; "));
  const { variables = {}, isCheck = false, wantsDiff = false } = fixture;
  const scripts: string[] = [];
  const warnings: string[] = [];
  const answers = new Map((fixture.host ?? []).map(([query, answer]) => [query.id, answer]));
  let clockMs = 0;
  const exec = ({ script }: Command): Promise<ExecOutput> => {
    scripts.push(script.text.trim().replace(/ +/g, " "));
    const { rc = 0, stdout = "", stderr = "", timedOut = false } = fixture.exec?.(script.text) ?? {};
    return Promise.resolve({ rc, stdout, stderr, timedOut, stdoutBytes: Buffer.from(stdout), truncatedBytes: 0 });
  };
  const read = <T>(query: Query<T>): Promise<T> => Promise.resolve(answers.get(query.id) as T);
  const result = await module.run(args, {
    host: {
      exec,
      execReadonly: exec,
      read,
      cached: read,
      write: ({ path }: WriteFile) => {
        scripts.push(`write ${path}`);
        return Promise.resolve({});
      },
      runWithRemoteShell: (words) => exec({ script: sh`${words}` }),
      reset: () => Promise.resolve(),
      ping: () => Promise.resolve(),
    },
    controller: createFakeController(fixture.controller),
    vars: {
      get: (name) => variables[name],
      has: (name) => Object.hasOwn(variables, name),
      written: (name) => variables[name],
      evaluate: (expression) => variables[expression.trim()],
      condition: (expression) => ({ value: Boolean(variables[expression]), because: `${expression} is false` }),
    },
    delegatedTo: fixture.delegatedTo,
    isCheck,
    wantsDiff,
    verbosity: 0,
    signal: new AbortController().signal,
    now: () => clockMs,
    sleep(ms) {
      clockMs += ms;
      return Promise.resolve();
    },
    ask: () => Promise.resolve(fixture.answer),
    warn: (message) => void warnings.push(message),
  });
  return { result, scripts, warnings };
}
