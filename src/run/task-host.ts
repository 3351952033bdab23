import { open } from "node:fs/promises";
import { compressibleBytes, type PutFileResult, putFile } from "../host/put-file.ts";
import { readState } from "../host/read-state.ts";
import type { Outcome } from "../host/outcome.ts";
import type { ScriptRunner } from "../host/script-request.ts";
import type { Shell } from "../host/shell.ts";
import type { StateCache } from "../host/state-cache.ts";
import { decodeBytes } from "../lib/bytes.ts";
import { messageOf } from "../lib/errors.ts";
import type { Change, Command, Step, WriteFile } from "../task/change.ts";
import type { CommandOutput, Known } from "../task/define-task.ts";
import type { ExecOutput, HostAccess } from "../task/define-action.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";
import { runWithRemoteShell } from "./remote-shell.ts";
import type { ApplyOutput, ResourceHost } from "./run-resource.ts";
import type { Pipe } from "../transport/transport.ts";
import { batchesOf, type StepBatch, StepsScript } from "./step-batches.ts";
import type { Phase, TaskProfile } from "./task-profile.ts";

/** One machine as tasks use it: its shells, one a become user, and what is known of its state. */
export interface Machine {
  readonly cache: StateCache;
  /** The shell of the task's user; opened at its first use. */
  shell(): Promise<Shell>;
  /** Bare streams of one line of shell, as the task's user. */
  pipe(command: string, signal: AbortSignal): Promise<Pipe>;
  /** Names that user in the cache: state is seen with somebody's rights. */
  readonly user: string;
  /** Before every byte that may write: takes the run's lock and forgets what is known. */
  prepareWrite(): Promise<void>;
  /** Drops the connection. What was known is forgotten. */
  reset(): Promise<void>;
}

export interface TaskHostOptions {
  readonly machine: Machine;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number) => Promise<void>;
  /** What the next tasks will ask; read along with what this one asks. */
  readonly ahead?: ReadAhead | undefined;
  /** Measures, where that is asked for. */
  readonly profile?: TaskProfile | undefined;
  /** Why the task was not read ahead. */
  readonly notAhead?: (() => string | undefined) | undefined;
  /** Told what goes over the wire: 3 in a line each, 4 whole. Undefined where nobody wants it, and for `no_log` tasks. */
  readonly trace?: ((level: 3 | 4, text: string) => void) | undefined;
}

/** Proposes what to read along; see `look-ahead.ts`. Wrong proposals cost bytes and nothing else. */
export interface ReadAhead {
  collect(machine: Machine, known: Known): Promise<readonly Query<unknown>[]>;
  /** So many turns of the task are about to change the host: what follows is likely to change too, and further guesses would be thrown away. */
  wrote(turns: number): void;
  /** Something of what was proposed hangs, and would again. */
  giveUp(): void;
}

/** The host of one task: reads through the cache, writes after raising the epoch. */
export class TaskHost implements ResourceHost, HostAccess {
  readonly #options: TaskHostOptions;

  constructor(options: TaskHostOptions) {
    this.#options = options;
  }

  /** Whether another task's host is the same machine, seen by the same user. */
  isSameAs(other: TaskHost): boolean {
    const [one, two] = [this.#options.machine, other.#options.machine];
    return one.cache === two.cache && one.user === two.user;
  }

  sleep(ms: number): Promise<void> {
    return this.#timed("wait", () => this.#options.sleep(ms));
  }

  async read(query: Query<never>): Promise<never>;
  async read<T>(query: Query<T>): Promise<T>;
  async read(queries: readonly Query<unknown>[]): Promise<ReadonlyMap<string, unknown>>;
  async read(asked: Query<unknown> | readonly Query<unknown>[]): Promise<unknown> {
    if ("kind" in asked) return (await this.#timed("observe", () => this.#ask([asked]))).get(asked.id);
    const { machine } = this.#options;
    const answers = new Map<string, unknown>();
    const missing = asked.filter((query) => {
      const known = machine.cache.get(machine.user, query);
      if (known) answers.set(query.id, known.value);
      this.#countRead(query, known !== undefined);
      return !known;
    });
    if (missing.length === 0) return answers;
    for (const [id, value] of await this.#timed("observe", () => this.#ask(missing))) answers.set(id, value);
    return answers;
  }

  async cached<T>(query: Query<T>): Promise<T> {
    return (await this.read([query])).get(query.id) as T;
  }

  apply(changes: readonly Change[], then: readonly Query<unknown>[]): Promise<ApplyOutput> {
    return this.#timed("apply", () => this.#apply(changes, then));
  }

  known(query: Query<unknown>): { readonly value: unknown } | undefined {
    const { machine } = this.#options;
    return machine.cache.get(machine.user, query);
  }

  async applyEach(
    turns: readonly (readonly Change[])[],
    then: readonly Query<unknown>[],
  ): Promise<readonly (ApplyOutput | Error)[] | undefined> {
    const batches = turns.map((changes) => batchesOf(changes.flatMap(({ steps }) => steps)));
    if (!batches.every(fitsInOneMessage)) return undefined;
    return await this.#timed("apply", () =>
      this.#applyEach(
        batches.map(([batch]) => batch as StepBatch),
        then,
      ),
    );
  }

  async #applyEach(
    turns: readonly StepBatch[],
    then: readonly Query<unknown>[],
  ): Promise<readonly (ApplyOutput | Error)[]> {
    this.#options.ahead?.wrote(turns.length);
    await this.#options.machine.prepareWrite();
    const ahead = await this.#ahead(then);
    const shell = await this.#shell();
    this.#options.profile?.roundTrip();
    // As below: nothing waits from here to the reads.
    const running = turns.map((batch) => this.#runTurn(shell, batch));
    const reading = this.#readAfter(shell, then, ahead);
    const done = await Promise.all(running);
    await reading;
    return done;
  }

  async #runTurn(shell: ScriptRunner, batch: StepBatch): Promise<ApplyOutput | Error> {
    try {
      const output = new StepsOutput();
      output.add(batch, await this.#runSteps(shell, batch));
      return output;
    } catch (error) {
      return error instanceof Error ? error : new Error(messageOf(error));
    }
  }

  async #apply(changes: readonly Change[], then: readonly Query<unknown>[]): Promise<ApplyOutput> {
    const output = new StepsOutput();
    this.#options.ahead?.wrote(1);
    await this.#options.machine.prepareWrite();
    const batches = batchesOf(changes.flatMap((change) => change.steps));
    for (const [index, batch] of batches.entries()) {
      const isLast = index === batches.length - 1 && then.length > 0 && batch.every(isSentAtOnce);
      const ahead = isLast ? await this.#ahead(then) : [];
      const shell = await this.#shell();
      this.#options.profile?.roundTrip();
      // From here to the reads nothing waits, so the shell gets the steps first: reads that overtook a write would be taken for its outcome.
      const running = this.#runSteps(shell, batch);
      const reading = isLast ? this.#readAfter(shell, then, ahead) : undefined;
      const done = await running;
      await reading;
      output.add(batch, done);
    }
    return output;
  }

  exec(command: Command): Promise<ExecOutput> {
    return this.#timed("apply", async () => {
      await this.#options.machine.prepareWrite();
      return await this.execReadonly(command);
    });
  }

  async execReadonly(command: Command): Promise<ExecOutput> {
    const shell = await this.#shell();
    this.#options.profile?.roundTrip();
    return await this.#run(shell, command);
  }

  write(file: WriteFile): Promise<{ readonly backupFile?: string }> {
    return this.#timed("apply", async () => {
      await this.#options.machine.prepareWrite();
      const shell = await this.#shell();
      this.#options.profile?.roundTrip();
      const { backupFile } = await this.#put(shell, file);
      return backupFile === undefined ? {} : { backupFile };
    });
  }

  runWithRemoteShell(words: readonly string[], { isReadonly }: { readonly isReadonly: boolean }): Promise<ExecOutput> {
    return this.#timed("apply", async () => {
      const { machine, signal } = this.#options;
      if (!isReadonly) await machine.prepareWrite();
      return await runWithRemoteShell(words, { signal, open: (command) => machine.pipe(command, signal) });
    });
  }

  reset(): Promise<void> {
    return this.#options.machine.reset();
  }

  async ping(timeoutMs: number): Promise<void> {
    const { machine, signal } = this.#options;
    const shell = await machine.shell();
    await shell.run({ script: ":", timeoutMs, signal });
  }

  async #ask(queries: readonly Query<unknown>[]): Promise<ReadonlyMap<string, unknown>> {
    // A host that is not connected yet says hello while the guessing is done.
    const [shell, ahead] = await Promise.all([this.#shell(), this.#ahead(queries)]);
    this.#options.profile?.roundTrip();
    return await this.#readNow(shell, queries, ahead);
  }

  #timed<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const { profile } = this.#options;
    return profile ? profile.time(phase, work) : work();
  }

  async #shell(): Promise<ScriptRunner> {
    const { machine, profile } = this.#options;
    const startedAt = performance.now();
    const shell = await machine.shell();
    if (!profile) return shell;
    shell.ready.then(
      () => profile.connected(performance.now() - startedAt),
      () => {},
    );
    return profile.counting(shell);
  }

  #countRead(query: Query<unknown>, isKnown: boolean): void {
    const { profile, machine, notAhead } = this.#options;
    if (!profile) return;
    if (isKnown) return profile.hit();
    const why = machine.cache.whyMissing(machine.user, query);
    profile.miss(why ?? (query.kind.isCostly ? "too costly to read ahead" : (notAhead?.() ?? "first asked for here")));
  }

  /** Sends the reads before it returns. */
  async #readNow(
    shell: ScriptRunner,
    queries: readonly Query<unknown>[],
    ahead: readonly Query<unknown>[],
  ): Promise<ReadonlyMap<string, unknown>> {
    const { machine, signal } = this.#options;
    const epoch = machine.cache.epoch;
    this.#options.trace?.(
      3,
      `read ${describeQueries(queries)}${ahead.length > 0 ? `, ahead ${describeQueries(ahead)}` : ""}`,
    );
    const answers = await readState(shell, queries, signal, ahead, () => this.#options.ahead?.giveUp());
    for (const query of [...queries, ...ahead]) {
      if (answers.has(query.id)) machine.cache.put(machine.user, query, answers.get(query.id), epoch);
    }
    return answers;
  }

  /** Reads behind a step that was just sent; the answers are kept for whoever asks. A failure shows when they are asked again. */
  async #readAfter(
    shell: ScriptRunner,
    queries: readonly Query<unknown>[],
    ahead: readonly Query<unknown>[],
  ): Promise<void> {
    await this.#readNow(shell, queries, ahead).catch(() => {});
  }

  /** What the next tasks will ask and nobody knows yet. */
  async #ahead(queries: readonly Query<unknown>[]): Promise<readonly Query<unknown>[]> {
    const { machine, ahead } = this.#options;
    if (!ahead) return [];
    const known = <T>(query: Query<T>): T | undefined => machine.cache.get(machine.user, query)?.value as T | undefined;
    const asked = new Set(queries.map(({ id }) => id));
    const found = await ahead.collect(machine, known);
    return found.filter((query) => !asked.has(query.id) && machine.cache.get(machine.user, query) === undefined);
  }

  async #run(shell: ScriptRunner, command: Command): Promise<ExecOutput> {
    const { signal, environment } = this.#options;
    const { stdin, timeoutMs, protect } = command;
    const script = shLines([exports(environment), command.script]).text;
    const { trace } = this.#options;
    trace?.(3, `run ${firstLine(command.script.text)}`);
    trace?.(4, script);
    const outcome = await shell.run({
      script,
      signal,
      ...(stdin && { stdin }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(protect !== undefined && { protect }),
    });
    trace?.(3, `ended with ${outcome.rc}`);
    trace?.(4, decodeBytes(outcome.stdout) + decodeBytes(outcome.stderr));
    return execOutput(outcome);
  }

  /** What each of the steps did, up to and with the first that failed. */
  async #runSteps(shell: ScriptRunner, batch: StepBatch): Promise<readonly (CommandOutput | PutFileResult)[]> {
    const [only] = batch as [Step];
    if (batch.length === 1)
      return [await (only.type === "write" ? this.#put(shell, only.file) : this.#run(shell, only.command))];
    const { signal, environment, trace } = this.#options;
    for (const step of batch)
      trace?.(3, step.type === "write" ? `write ${step.file.path}` : `run ${firstLine(step.command.script.text)}`);
    const steps = new StepsScript(batch, exports(environment));
    trace?.(4, steps.script);
    const { script, stdin } = steps;
    return steps.outcomes(await shell.run({ script, signal, ...(stdin && { stdin }) }));
  }

  async #put(shell: ScriptRunner, file: WriteFile): Promise<PutFileResult> {
    const { signal, trace } = this.#options;
    trace?.(3, `write ${file.path}`);
    const content =
      file.content instanceof Uint8Array
        ? file.content
        : { ...file.content, open: () => readChunks(file.content as { localPath: string }) };
    return await putFile(shell, { ...file, content }, signal);
  }
}

/** What steps did, put together. */
class StepsOutput implements ApplyOutput {
  readonly outputs: CommandOutput[] = [];
  readonly backups = new Map<string, string>();
  readonly warnings: string[] = [];

  /** Throws what the first failed step says. */
  add(batch: StepBatch, done: readonly (CommandOutput | PutFileResult)[]): void {
    for (const [at, outcome] of done.entries()) {
      if ("rc" in outcome) {
        this.outputs.push(outcome);
        if (outcome.rc !== 0) throw commandFailed(outcome, this.outputs);
        continue;
      }
      const { file } = batch[at] as Extract<Step, { type: "write" }>;
      if (outcome.backupFile !== undefined) this.backups.set(file.path, outcome.backupFile);
      if (outcome.inPlace) this.warnings.push(`${file.path} cannot be replaced by a rename; it was rewritten in place`);
    }
  }
}

/** Whether the steps of a turn are one batch that goes out at once and takes no time of its own. */
function fitsInOneMessage(batches: readonly StepBatch[]): boolean {
  const [batch, ...others] = batches;
  if (!batch || others.length > 0 || !batch.every(isSentAtOnce)) return false;
  return batch.every(
    (step) => step.type === "write" || (!step.command.protect && step.command.timeoutMs === undefined),
  );
}

/** Kinds and how many of each: `file 3, unit 1`. */
function describeQueries(queries: readonly Query<unknown>[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of queries) counts.set(kind.name, (counts.get(kind.name) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${kind} ${count}`).join(", ");
}

function firstLine(script: string): string {
  const lines = script.trim().split("\n");
  return lines.length > 1 ? `${lines[0] ?? ""} …` : (lines[0] ?? "");
}

/** Whether a step is sent as soon as it is asked for; a local file is hashed first, and much content compressed. */
function isSentAtOnce(step: Step): boolean {
  if (step.type === "command") return true;
  return step.file.content instanceof Uint8Array && step.file.content.length < compressibleBytes;
}

async function* readChunks({ localPath }: { readonly localPath: string }): AsyncGenerator<Uint8Array> {
  const file = await open(localPath);
  yield* file.createReadStream({ highWaterMark: 256 * 1024 });
}

function exports(environment: Readonly<Record<string, string>>): ReturnType<typeof sh> | undefined {
  const entries = Object.entries(environment);
  if (entries.length === 0) return undefined;
  return shLines(
    entries.map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        throw new TaskFailure(`\`${name}\` is no name for an environment variable`);
      return sh`export ${`${name}=${value}`}`;
    }),
  );
}

function execOutput(outcome: Outcome): ExecOutput {
  return {
    rc: outcome.rc,
    stdout: decodeBytes(outcome.stdout),
    stderr: decodeBytes(outcome.stderr),
    stdoutBytes: outcome.stdout,
    timedOut: outcome.timedOut,
    truncatedBytes: outcome.truncatedStdoutBytes + outcome.truncatedStderrBytes,
  };
}

/** A step of an apply that ended with another code than 0. */
function commandFailed(output: CommandOutput & Partial<ExecOutput>, all: readonly CommandOutput[]): TaskFailure {
  const lastLine = output.stderr.trim().split("\n").at(-1) ?? "";
  const why = output.timedOut ? "did not end in time" : `failed with exit code ${output.rc}`;
  return new TaskFailure(`a command of the change ${why}${lastLine === "" ? "" : `: ${lastLine}`}`, {
    rc: output.rc,
    stdout: all.map(({ stdout }) => stdout).join(""),
    stderr: all.map(({ stderr }) => stderr).join(""),
  });
}
