import { searchPath } from "../project/expand.ts";
import type { ExpandedTask } from "../project/expanded.ts";
import type { Controller } from "../task/controller.ts";
import type { ResourceDefinition } from "../task/define-task.ts";
import type { VarScope } from "../vars/scope.ts";
import type { DoneTogether } from "./apply-together.ts";
import { falseWhen } from "./conditions.ts";
import { becomeOf } from "./connection.ts";
import { environmentOf, flag, text } from "./keywords.ts";
import { evaluateArguments } from "./module-arguments.ts";
import { accountsAt, needsHome } from "./host-home.ts";
import type { RunContext } from "./run-context.ts";

type Args = Readonly<Record<string, unknown>>;

export interface LaterTurn {
  readonly args: Args;
  /** Leaves nothing behind, as nothing is decided yet. */
  readonly controller: Controller;
}

/** What one turn of a loop knows of the others. */
export interface LoopItems {
  /** What an earlier turn did for this one along with its own; given once. */
  take(args: Args): DoneTogether | undefined;
  /** The turns to come that may be served along with this one; no more than so many. */
  later(most?: number): readonly LaterTurn[];
  keep(args: Args, done: DoneTogether): void;
  /** Serving them together failed: each turn is on its own from now on. */
  stop(): void;
}

/** The items of one loop on one host that one operation may serve together. */
export class CombinedItems {
  readonly #context: RunContext;
  readonly #task: ExpandedTask;
  readonly #module: ResourceDefinition;
  readonly #directory: string;
  readonly #done = new Map<string, DoneTogether>();
  #isOver = false;

  /** `directory`: of the play. */
  constructor(context: RunContext, task: ExpandedTask, module: ResourceDefinition, directory: string) {
    this.#context = context;
    this.#task = task;
    this.#module = module;
    this.#directory = directory;
  }

  /** For the turn of a scope. */
  before(scope: VarScope, later: () => readonly VarScope[]): LoopItems {
    return {
      take: (args) => {
        const key = JSON.stringify(args);
        const done = this.#done.get(key);
        this.#done.delete(key);
        return done;
      },
      later: (most) => (this.#isOver ? [] : this.#turnsOf(scope, later(), most)),
      keep: (args, done) => this.#done.set(JSON.stringify(args), done),
      stop: () => {
        this.#isOver = true;
        this.#done.clear();
      },
    };
  }

  /** Up to the first item that cannot be evaluated yet. An item that is skipped, or runs elsewhere or as somebody else, is none of them. */
  #turnsOf(scope: VarScope, later: readonly VarScope[], most = Number.POSITIVE_INFINITY): readonly LaterTurn[] {
    const found: LaterTurn[] = [];
    const { project, hooks } = this.#context;
    const { frame } = this.#task;
    const search = searchPath(frame, this.#directory);
    try {
      project.withoutEffects(() => {
        const here = this.#placeOf(scope);
        for (const next of later) {
          if (found.length === most) return;
          if (falseWhen(next, frame) || this.#placeOf(next) !== here) continue;
          const { args, secrets } = evaluateArguments(this.#module, this.#task.task.module, frame, next);
          for (const secret of secrets) hooks.onSecret(secret);
          if (needsHome(this.#module, args) || accountsAt(this.#module, args).length > 0) return;
          found.push({ args, controller: project.guessingController(search, next) });
        }
      });
    } catch {
      // The item's own turn reports it.
    }
    return found;
  }

  #placeOf(scope: VarScope): string {
    const { frame } = this.#task;
    const become = becomeOf(scope, frame, this.#context.project.options.become);
    return JSON.stringify([
      text(scope, frame, "delegate_to"),
      become,
      environmentOf(scope, frame),
      ...["check_mode", "diff", "no_log"].map((keyword) => flag(scope, frame, keyword)),
    ]);
  }
}
