import type { Outcome } from "../host/outcome.ts";
import type { ScriptRunner } from "../host/script-request.ts";
import { payloadSize } from "../host/script-request.ts";

/** What a task's time on a host goes into. What is left is evaluation. */
export type Phase = "connect" | "observe" | "apply" | "verify" | "wait";

/** Where the time of one task on one host went, and what it cost on the wire. All times in milliseconds. */
export interface ProfileFigures {
  readonly connectMs: number;
  readonly evaluateMs: number;
  readonly observeMs: number;
  readonly applyMs: number;
  readonly verifyMs: number;
  /** Pauses, retries and, in lockstep, waiting for a free fork. */
  readonly waitMs: number;
  readonly roundTrips: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Answers that were there already. */
  readonly hits: number;
  /** Answers that had to be asked for, by why they were not there. */
  readonly misses: Readonly<Record<string, number>>;
}

/** Measures one task on one host. */
export class TaskProfile {
  readonly #times: Record<Phase, number> = { connect: 0, observe: 0, apply: 0, verify: 0, wait: 0 };
  readonly #misses: Record<string, number> = {};
  /** Time that was counted within the piece of work that is being timed. */
  #innerMs = 0;
  #hits = 0;
  #roundTrips = 0;
  #sentBytes = 0;
  #receivedBytes = 0;
  #hasApplied = false;

  /** Counts the time of a piece of work. Reads after an apply are its verification. */
  async time<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const outerMs = this.#innerMs;
    this.#innerMs = 0;
    if (phase === "apply") this.#hasApplied = true;
    const counted = phase === "observe" && this.#hasApplied ? "verify" : phase;
    try {
      return await work();
    } finally {
      const tookMs = performance.now() - startedAt;
      this.#times[counted] += Math.max(0, tookMs - this.#innerMs);
      this.#innerMs = outerMs + tookMs;
    }
  }

  /** The connection and its shell took so long, within the piece of work that is being timed. */
  connected(ms: number): void {
    this.#times.connect += ms;
    this.#innerMs += ms;
  }

  /** Messages that are under way together make one round trip. */
  roundTrip(): void {
    this.#roundTrips += 1;
  }

  hit(): void {
    this.#hits += 1;
  }

  miss(reason: string): void {
    this.#misses[reason] = (this.#misses[reason] ?? 0) + 1;
  }

  /** The same shell, with what goes through it counted. */
  counting(shell: ScriptRunner): ScriptRunner {
    return {
      run: async (request): Promise<Outcome> => {
        this.#sentBytes += request.script.length + payloadSize(request.stdin);
        const outcome = await shell.run(request);
        this.#receivedBytes += outcome.stdout.length + outcome.stderr.length;
        return outcome;
      },
    };
  }

  /** `durationMs`: of the task on the host, from its start. */
  figures(durationMs: number, queuedMs: number): ProfileFigures {
    const { connect, observe, apply, verify, wait } = this.#times;
    const round = (ms: number): number => Math.round(ms * 10) / 10;
    return {
      connectMs: round(connect),
      evaluateMs: round(Math.max(0, durationMs - connect - observe - apply - verify - wait)),
      observeMs: round(observe),
      applyMs: round(apply),
      verifyMs: round(verify),
      waitMs: round(wait + queuedMs),
      roundTrips: this.#roundTrips,
      sentBytes: this.#sentBytes,
      receivedBytes: this.#receivedBytes,
      hits: this.#hits,
      misses: this.#misses,
    };
  }
}
