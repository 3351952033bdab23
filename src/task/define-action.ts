import type { z } from "zod";
import type { Controller } from "./controller.ts";
import type { Command, WriteFile } from "./change.ts";
import type { Example, Queries } from "./define-task.ts";
import type { Query } from "./query.ts";

/** What a command left behind. Text keeps invalid UTF-8 as lone surrogates (see `lib/bytes.ts`). */
export interface ExecOutput {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Uint8Array;
  readonly timedOut: boolean;
  /** Bytes that were left out of the middle of a very long output. */
  readonly truncatedBytes: number;
}

/** The host of the task, as the task's become user. */
export interface HostAccess {
  /** Runs a command. Never throws for an exit code; throws when the connection was lost and the outcome is unknown. */
  exec(command: Command): Promise<ExecOutput>;
  /** Runs a command that is known not to alter the host, so that what was read before stays valid. */
  execReadonly(command: Command): Promise<ExecOutput>;
  /** Asks the host's state now, past any cache. */
  read<T>(query: Query<T>): Promise<T>;
  /** The host's state as it is known at this epoch; asked when it is not. Costs nothing for a query of `observe` that was read ahead. */
  cached<T>(query: Query<T>): Promise<T>;
  write(file: WriteFile): Promise<{ readonly backupFile?: string }>;
  /**
   * Runs a program on the controller that reaches the host by a remote shell of its own (rsync): `RSYNC_RSH` in its environment is one
   * that leads to the task's host as the task's user, over the run's connection.
   */
  runWithRemoteShell(words: readonly string[], options: { readonly isReadonly: boolean }): Promise<ExecOutput>;
  /** Drops the connection; the next use connects anew. */
  reset(): Promise<void>;
  /** One attempt to connect and run `true`; throws an unreachable error otherwise. */
  ping(timeoutMs: number): Promise<void>;
}

/** The task's variables. Lazy: only what is asked for is evaluated. */
export interface VariableAccess {
  get(name: string): unknown;
  has(name: string): boolean;
  /** Value of an expression without braces, such as `groups.web | length`. */
  evaluate(expression: string): unknown;
  /** A variable as the project's authors wrote it, templates and all; undefined when its value is data: from a host, a loop, a lookup. */
  written(name: string): unknown;
  /** A conditional, as in `when`: its truth, and why it was false. */
  condition(expression: string): { readonly value: boolean; readonly because?: string };
}

export interface ActionContext {
  readonly host: HostAccess;
  readonly controller: Controller;
  readonly vars: VariableAccess;
  /** The inventory name that the task was delegated to, when it was. */
  readonly delegatedTo: string | undefined;
  readonly isCheck: boolean;
  readonly wantsDiff: boolean;
  /** How many `-v` were given. */
  readonly verbosity: number;
  /** Aborted by Ctrl-C and by the task's timeout. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that only moves forward. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Asks the person at the terminal; undefined when there is none. */
  ask(prompt: string, options: { readonly echo: boolean; readonly timeoutMs?: number }): Promise<string | undefined>;
  warn(message: string): void;
}

/**
 * Result of an action, with Ansible's field names. `ansible_facts` become facts; `failed` or a thrown {@link TaskFailure} fail the task.
 */
export interface ActionResult {
  readonly changed?: boolean;
  readonly failed?: boolean;
  readonly skipped?: boolean;
  readonly msg?: unknown;
  readonly [field: string]: unknown;
}

/** A module that does something: `command`, `uri`, `reboot`, `debug`. */
export interface ActionModule<Args extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly args: Args;
  readonly freeForm?: string;
  /** What the result holds besides `changed`, `failed` and `msg`: each field with a line about it. */
  readonly returns?: Readonly<Record<string, string>>;
  readonly examples?: readonly Example[];
  /** `controller` actions never open a connection. */
  readonly runsOn: "host" | "controller";
  /** False when it certainly does not alter the host; reads stay valid then. Default true for the host. */
  readonly writes?: boolean | ((args: z.output<Args>) => boolean);
  /** Runs for the first host of the batch only, whatever the number of hosts (`pause`, `add_host`). */
  readonly runsOnce?: boolean;
  /** Under `--check`: `run` it anyway (it heeds `isCheck` itself or alters nothing) or `skip` it. */
  readonly inCheckMode: "run" | "skip";
  /** Queries that `run` will ask by `host.cached`, such as the path of `creates`: they may be read ahead like those of a resource. */
  observe?(args: z.output<Args>): Queries;
  run(args: z.output<Args>, context: ActionContext): Promise<ActionResult> | ActionResult;
}

export interface ActionDefinition extends ActionModule {
  readonly type: "action";
}

/** Defines an action module; the default export of a file in `tasks/`. */
export function defineAction<Args extends z.ZodObject>(module: ActionModule<Args>): ActionDefinition {
  return { type: "action", ...module } as unknown as ActionDefinition;
}
