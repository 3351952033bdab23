import { expect } from "chai";
import fc from "fast-check";
import { z } from "zod";
import type { Shell } from "../../src/host/shell.ts";
import { Epoch, StateCache } from "../../src/host/state-cache.ts";
import { decodeBytes } from "../../src/lib/bytes.ts";
import type { DoneTogether } from "../../src/run/apply-together.ts";
import type { LoopItems } from "../../src/run/combined-items.ts";
import { runResource } from "../../src/run/run-resource.ts";
import { type Machine, type ReadAhead, TaskHost } from "../../src/run/task-host.ts";
import { change } from "../../src/task/change.ts";
import type { Controller } from "../../src/task/controller.ts";
import { defineTask } from "../../src/task/define-task.ts";
import { defineQuery, type Query } from "../../src/task/query.ts";
import { sh } from "../../src/task/sh.ts";

/**
 * A host of numbered cells. Writing one may alter another, as installing a package does; a write may fail half-way; some cells cannot be
 * read. Random plays must give the same results with and without look-ahead, whatever the look-ahead proposes.
 */
const cells = 5;

class ModelHost {
  readonly values: number[] = Array.from({ length: cells }, () => 0);
  readonly unreadable: ReadonlySet<number>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(unreadable: readonly number[]) {
    this.unreadable = new Set(unreadable);
  }

  /** As a shell: scripts are done one after the other, later than they are asked for. */
  run({ script }: { script: string }): Promise<unknown> {
    const result = this.#last.then(() => this.#do(script.trim()));
    this.#last = result;
    return result;
  }

  #do(script: string): unknown {
    const [verb, ...words] = script.split(" ").map((word) => word.replaceAll("'", ""));
    const outcome = (rc: number, stdout = "") => ({
      rc,
      stdout: Buffer.from(stdout),
      stderr: Buffer.from(""),
      timedOut: false,
      truncatedStdoutBytes: 0,
      truncatedStderrBytes: 0,
    });
    if (verb === "get") {
      if (words.some((word) => this.unreadable.has(Number(word)))) return outcome(1);
      return outcome(0, words.map((word) => this.values[Number(word)]).join(" "));
    }
    const [key = 0, value = 0, touched = -1, fails = 0] = words.map(Number);
    this.values[key] = fails === 2 ? (this.values[key] ?? 0) : value;
    if (touched >= 0) this.values[touched] = (this.values[touched] ?? 0) + 10;
    return outcome(fails > 0 ? 1 : 0);
  }
}

const cell = defineQuery<number, number>({
  name: "cell",
  script: (keys) => sh`get ${keys}`,
  parse(output, keys) {
    if (output.rc !== 0) throw new Error("a cell cannot be read");
    const values = decodeBytes(output.stdout).split(" ").map(Number);
    if (values.length !== keys.length) throw new Error("answers are missing");
    return values;
  },
});

interface Task {
  /** `loop`: sets cells one after the other, in one message where they allow it. */
  readonly kind: "set" | "command" | "look" | "loop";
  readonly key: number;
  readonly value: number;
  /** Another cell that the write alters. */
  readonly touched: number;
  /** 1: fails after its work, 2: fails without it. */
  readonly fails: number;
  readonly alias: boolean;
  readonly turns: readonly Turn[];
}

/** What a task or a turn of its loop writes. */
type Turn = Pick<Task, "key" | "value" | "touched" | "fails">;

/** The other turns, as the run of a loop hands them over. */
function loopItems(turns: readonly Turn[], index: number, kept: Map<Turn, DoneTogether>): LoopItems {
  const later = turns.slice(index + 1).map((args) => ({ args: { ...args }, controller: {} as Controller }));
  const turnOf = (args: unknown): Turn =>
    turns.slice(index).find((turn) => JSON.stringify(turn) === JSON.stringify(args)) as Turn;
  return {
    take: (args) => {
      const done = kept.get(turnOf(args));
      kept.delete(turnOf(args));
      return done;
    },
    later: () => later,
    keep: (args, done) =>
      kept.set(turns.slice(index + 1).find((turn) => JSON.stringify(turn) === JSON.stringify(args)) as Turn, done),
    stop: () => kept.clear(),
  };
}

/** Its second round asks for a cell that the first round's answer names. */
const setCell = defineTask({
  name: "set",
  summary: "set a cell",
  args: z.object({ key: z.number(), value: z.number(), touched: z.number(), fails: z.number() }),
  observe: ({ key }, known) => {
    const first = known(cell(key));
    return { current: cell(key), other: first === undefined ? undefined : cell(first % cells) };
  },
  mayShareMessage: true,
  plan: ({ key, value, touched, fails }, { current }) => {
    const mayAlter = touched < 0 ? [] : [cell(touched)];
    return current === value
      ? []
      : [change(cell(key), value as never, sh`put ${key} ${value} ${touched} ${fails}`, { mayAlter })];
  },
  result: (_, { before, after }) => ({ before: before.current, other: before.other, after: after.current }),
});

async function play(
  tasks: readonly Task[],
  unreadable: readonly number[],
  guesses: readonly number[] | undefined,
): Promise<unknown> {
  const host = new ModelHost(unreadable);
  const epoch = new Epoch();
  const machines = [0, 1].map((): Machine => {
    const cache = new StateCache(() => 0);
    cache.share(epoch);
    return {
      cache,
      user: "",
      shell: () => Promise.resolve(host as unknown as Shell),
      pipe: () => Promise.reject(new Error("no pipes here")),
      prepareWrite: () => Promise.resolve(cache.raise()),
      reset: () => Promise.resolve(),
    };
  });
  let next = 0;
  const ahead: ReadAhead | undefined = guesses && {
    collect: () => Promise.resolve(guesses.slice(next, (next += 3)).map((key): Query<unknown> => cell(key))),
    wrote: () => {},
    giveUp: () => {},
  };
  const log: unknown[] = [];
  for (const task of tasks) {
    const machine = machines[task.alias ? 1 : 0] as Machine;
    const taskHost = new TaskHost({
      machine,
      environment: {},
      signal: new AbortController().signal,
      sleep: () => Promise.resolve(),
      ahead,
    });
    const { key, value, touched, fails, turns } = task;
    const set = (args: Turn, loop?: LoopItems): Promise<unknown> =>
      runResource({
        module: setCell,
        args: { ...args },
        controller: {} as Controller,
        host: taskHost,
        predictions: undefined,
        taskName: "set",
        wantsDiff: false,
        loop,
      });
    if (task.kind === "loop") {
      const kept = new Map<Turn, DoneTogether>();
      for (const [index, turn] of turns.entries())
        await set(turn, guesses && loopItems(turns, index, kept)).then(
          (outcome) => log.push(outcome),
          (error: unknown) => log.push(error instanceof Error ? error.message : error),
        );
      continue;
    }
    try {
      if (task.kind === "look") log.push(await taskHost.cached(cell(key)));
      else if (task.kind === "command")
        log.push((await taskHost.exec({ script: sh`put ${key} ${value} ${touched} ${fails}` })).rc);
      else log.push(await set({ key, value, touched, fails }));
    } catch (error) {
      log.push(error instanceof Error ? error.message : error);
    }
  }
  return { log, values: host.values };
}

describe("look-ahead", () => {
  it("changes no result of any play: 10,000 random ones, with random guesses", async function () {
    this.timeout(120_000);
    const key = fc.integer({ min: 0, max: cells - 1 });
    const turn = {
      key,
      value: fc.integer({ min: 0, max: 3 }),
      touched: fc.constantFrom(-1, -1, ...Array(cells).keys()),
      fails: fc.constantFrom(0, 0, 0, 0, 1, 2),
    };
    const task: fc.Arbitrary<Task> = fc.record({
      kind: fc.constantFrom("set", "set", "command", "look", "loop", "loop"),
      ...turn,
      alias: fc.boolean(),
      turns: fc.array(fc.record(turn), { minLength: 1, maxLength: 5 }),
    });
    const plays = fc.asyncProperty(
      fc.array(task, { minLength: 1, maxLength: 8 }),
      fc.constantFrom([], [], [], [4], [2, 3]),
      fc.array(key, { maxLength: 40 }),
      async (tasks, unreadable, guesses) => {
        expect(await play(tasks, unreadable, guesses)).to.deep.equal(await play(tasks, unreadable, undefined));
      },
    );
    await fc.assert(plays, { numRuns: 10_000 });
  });
});
