import { breathe } from "../lib/breathe.ts";
import { messageOf } from "../lib/errors.ts";
import { shortModuleName } from "../playbook/keywords.ts";
import { searchPath } from "../project/expand.ts";
import type { ExpandedTask } from "../project/expanded.ts";
import type { Known } from "../task/define-task.ts";
import { user } from "../state/user.ts";
import type { Query } from "../task/query.ts";
import type { VarScope } from "../vars/scope.ts";
import { falseWhen } from "./conditions.ts";
import { becomeOf, connectionOf } from "./connection.ts";
import type { HostRun } from "./host-run.ts";
import { accountsAt, needsHome } from "./host-home.ts";
import { evaluateArguments } from "./module-arguments.ts";
import { text } from "./keywords.ts";
import { itemLayer, loopControl, loopItems } from "./loop-items.ts";
import type { RunContext } from "./run-context.ts";
import type { Machine, ReadAhead } from "./task-host.ts";
import type { PlayVariables } from "./variables.ts";

/** Tasks that come after the current one, nearest first. */
export type Upcoming = () => Iterable<ExpandedTask>;

const firstWindow = 64;
const maxWindow = 1024;
const maxItems = 128;

/**
 * Reads ahead for one host: asks now what the next tasks will ask, so that one message answers many tasks. It never decides anything. Each
 * task is evaluated again when it is reached; a guess that was wrong is an answer that nobody uses, and an error while guessing is silent.
 */
export class LookAhead implements ReadAhead {
  readonly #context: RunContext;
  readonly #play: PlayVariables;
  readonly #host: HostRun;
  /** How many tasks the next batch looks at. */
  #window = firstWindow;
  /** The same for the turns to come of the loop that runs. */
  #turns = maxItems;
  #upcoming: Upcoming = () => [];
  /** The task that runs, and the turns of its loop that are still to come. */
  #current: { readonly task: ExpandedTask; readonly later: () => readonly VarScope[] } | undefined;
  #hasGivenUp = false;
  /** Why a task was not read ahead, when somebody wants to know. */
  readonly #reasons: Map<string, string> | undefined;

  constructor(context: RunContext, play: PlayVariables, host: HostRun) {
    this.#context = context;
    this.#play = play;
    this.#host = host;
    this.#reasons = context.settings.wantsProfile ? new Map() : undefined;
  }

  /** Tells what follows the task that begins now. */
  reach(upcoming: Upcoming): void {
    this.#upcoming = upcoming;
    this.#current = undefined;
    this.#turns = maxItems;
  }

  /** Tells what follows the turn of a loop that begins now. */
  reachTurn(task: ExpandedTask, later: () => readonly VarScope[]): void {
    this.#current = { task, later };
  }

  wrote(turns: number): void {
    this.#window = 1;
    this.#turns = Math.min(maxItems, 2 * turns);
  }

  giveUp(): void {
    this.#hasGivenUp = true;
  }

  /** What the next tasks will ask of a machine. Counts as one batch: the next one looks further. */
  async collect(machine: Machine, known: Known): Promise<readonly Query<unknown>[]> {
    if (this.#hasGivenUp) return [];
    const found: Query<unknown>[] = [];
    let left = this.#window;
    this.#window = Math.min(maxWindow, this.#window * 2);
    let barrier: string | undefined;
    if (this.#current) {
      const { task, later } = this.#current;
      const turns = this.#context.project.withoutEffects(later).slice(0, this.#turns);
      this.#turns = Math.min(maxItems, 2 * this.#turns);
      const guess = await this.#guess(task, machine, known, turns).catch((error: unknown) =>
        this.#unguessed(task, error),
      );
      found.push(...guess.queries);
      if (guess.isBarrier && turns.length > 0) return found;
    }
    for (const task of this.#upcoming()) {
      if (barrier !== undefined || left-- <= 0) {
        this.#reasons?.set(task.id, barrier ?? "beyond the window");
        if (this.#reasons && left > -maxWindow) continue;
        break;
      }
      await breathe();
      const guess = await this.#guess(task, machine, known).catch((error: unknown) => this.#unguessed(task, error));
      found.push(...guess.queries);
      if (!guess.isBarrier) continue;
      barrier = `behind \`${shortModuleName(task.task.module.name)}\`, which may write`;
      if (!this.#reasons) break;
    }
    return found.filter((query) => !query.kind.isCostly);
  }

  /** Why the queries of a task were not read ahead. */
  reasonOf(task: ExpandedTask): string | undefined {
    return this.#reasons?.get(task.id);
  }

  #unguessed(task: ExpandedTask, error: unknown): Guess {
    this.#reasons?.set(task.id, `not to be told before: ${messageOf(error)}`);
    return nothing;
  }

  /** `turns`: of its loop, instead of all. */
  async #guess(task: ExpandedTask, machine: Machine, known: Known, turns?: readonly VarScope[]): Promise<Guess> {
    const { project } = this.#context;
    const name = shortModuleName(task.task.module.name);
    if (name === "meta") return barrierIf(!harmlessMeta.has(String(task.task.module.freeForm?.text).trim()));
    const module = await project.module(task);
    if (module.type === "action" && module.runsOn === "controller") return nothing;
    const queries: Query<unknown>[] = [];
    let mayWrite = false;
    for (const scope of turns ?? this.#turnsOf(task)) {
      const isSkipped = project.withoutEffects(() => falseWhen(scope, task.frame) !== undefined);
      if (isSkipped || !this.#isAt(task, scope, machine)) continue;
      const { args } = project.withoutEffects(() => evaluateArguments(module, task.task.module, task.frame, scope));
      // The home directory is known once the host has spoken.
      if (needsHome(module, args)) continue;
      const accounts = accountsAt(module, args);
      if (accounts.length > 0) {
        queries.push(...accounts.map((account) => user(account)));
        continue;
      }
      if (module.type === "action") {
        queries.push(...Object.values(module.observe?.(args) ?? {}).filter((query) => query !== undefined));
        mayWrite ||= typeof module.writes === "function" ? module.writes(args) : (module.writes ?? true);
        continue;
      }
      const search = searchPath(task.frame, project.directoryOf(this.#play.play));
      const prepared = await module.prepare?.(args, project.guessingController(search, scope));
      const asked = module.observe(args, known, prepared, { wantsDiff: this.#context.settings.wantsDiff });
      queries.push(...Object.values(asked).filter((query) => query !== undefined));
    }
    return { queries, isBarrier: mayWrite };
  }

  #turnsOf(task: ExpandedTask): readonly VarScope[] {
    const { loop } = task.task;
    return this.#context.project.withoutEffects(() => {
      const base = this.#context.variables.scope(this.#host, task.frame, this.#play);
      if (!loop) return [base];
      const control = loopControl(base, task.frame);
      const items = loopItems(base, loop).slice(0, maxItems);
      return items.map((_, index) => base.with(itemLayer(items, index, control)));
    });
  }

  /** Whether the task will run on this machine as this user. */
  #isAt(task: ExpandedTask, scope: VarScope, machine: Machine): boolean {
    const { project, machines } = this.#context;
    return project.withoutEffects(() => {
      if (text(scope, task.frame, "delegate_to") !== undefined) return false;
      const connection = connectionOf(scope, task.frame, this.#host.name, project.options.connection);
      const other = machines.get(connection, becomeOf(scope, task.frame, project.options.become));
      return other.cache === machine.cache && other.user === machine.user;
    });
  }
}

interface Guess {
  readonly queries: readonly Query<unknown>[];
  /** Nothing after it can be guessed: it writes, or it changes what comes. */
  readonly isBarrier: boolean;
}

const nothing: Guess = { queries: [], isBarrier: false };

/** Unless handlers were notified, flushing them does nothing. */
const harmlessMeta: ReadonlySet<string> = new Set(["flush_handlers", "noop", "clear_host_errors"]);

function barrierIf(isBarrier: boolean): Guess {
  return { queries: [], isBarrier };
}
