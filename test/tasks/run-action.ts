import { spawn } from "node:child_process";
import { decodeBytes, encodeBytes } from "../../src/lib/bytes.ts";
import { checkArguments } from "../../src/task/args.ts";
import type { Command } from "../../src/task/change.ts";
import type { Controller } from "../../src/task/controller.ts";
import type {
  ActionContext,
  ActionDefinition,
  ActionResult,
  ExecOutput,
  HostAccess,
  VariableAccess,
} from "../../src/task/define-action.ts";
import type { Query } from "../../src/task/query.ts";
import { runQuery } from "../state/run-query.ts";
import { localController } from "./local-controller.ts";

export interface ActionOptions {
  readonly isCheck?: boolean;
  readonly verbosity?: number;
  /** Values of variables and of expressions. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly controller?: Partial<Controller>;
  readonly host?: Partial<HostAccess>;
  readonly shell?: string;
  readonly path?: string;
  readonly answer?: string;
  readonly warnings?: string[];
}

/** Runs an action module on this machine: its commands by a local shell, its sleeps in no time. */
export async function runAction(
  module: ActionDefinition,
  raw: Readonly<Record<string, unknown>>,
  options: ActionOptions = {},
): Promise<ActionResult> {
  const { args, problems } = checkArguments(module.args, raw);
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join("; "));
  return await module.run(args, contextOf(options));
}

function contextOf(options: ActionOptions): ActionContext {
  let clockMs = 0;
  const env = { PATH: options.path ?? process.env["PATH"], LC_ALL: "C", HOME: "/root" };
  const exec = (command: Command) => execute(command, options.shell ?? "/bin/sh", env);
  const read = <T>(query: Query<T>) => Promise.resolve(runQuery([query])[0] as T);
  return {
    host: {
      exec,
      execReadonly: exec,
      read,
      cached: read,
      write: () => Promise.resolve({}),
      runWithRemoteShell: () => Promise.reject(new Error("there is no host")),
      reset: () => Promise.resolve(),
      ping: () => Promise.resolve(),
      ...options.host,
    },
    controller: { ...localController, ...options.controller },
    vars: variablesOf(options.variables ?? {}),
    delegatedTo: undefined,
    isCheck: options.isCheck ?? false,
    wantsDiff: false,
    verbosity: options.verbosity ?? 0,
    signal: new AbortController().signal,
    now: () => clockMs,
    sleep(ms) {
      clockMs += ms;
      return Promise.resolve();
    },
    ask: () => Promise.resolve(options.answer),
    warn: (message) => options.warnings?.push(message),
  };
}

function execute(command: Command, shell: string, env: NodeJS.ProcessEnv): Promise<ExecOutput> {
  return new Promise((resolve) => {
    const child = spawn(shell, ["-c", Buffer.from(encodeBytes(command.script.text)).toString()], { env, cwd: "/" });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => {});
    child.stdin.end(command.stdin ?? "");
    child.on("close", (code) => {
      const bytes = Buffer.concat(stdout);
      const texts = { stdout: decodeBytes(bytes), stderr: decodeBytes(Buffer.concat(stderr)), stdoutBytes: bytes };
      resolve({ rc: code ?? 255, ...texts, timedOut: false, truncatedBytes: 0 });
    });
  });
}

function variablesOf(variables: Readonly<Record<string, unknown>>): VariableAccess {
  return {
    get: (name) => variables[name],
    has: (name) => Object.hasOwn(variables, name),
    written: (name) => variables[name],
    evaluate: (expression) => variables[expression.trim()],
    condition: (expression) => ({ value: Boolean(variables[expression]), because: `${expression} is false` }),
  };
}
