import { compressibleBytes, putFileResult, type PutFileResult } from "../host/put-file.ts";
import { putFileScript, sha256Of } from "../host/put-file-script.ts";
import type { Outcome } from "../host/outcome.ts";
import { PartedOutput } from "../host/parted-output.ts";
import { decodeBytes } from "../lib/bytes.ts";
import type { Step, WriteFile } from "../task/change.ts";
import type { CommandOutput } from "../task/define-task.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";

/** Steps that travel in one message. */
export type StepBatch = readonly Step[];

/**
 * Steps of an apply, in as few messages as they fit in: a message carries commands and the content of one file. What is streamed,
 * protected, timed or fed travels alone.
 */
export function batchesOf(steps: readonly Step[]): readonly StepBatch[] {
  const batches: Step[][] = [];
  for (const step of steps) {
    const last = batches.at(-1);
    const fits = last?.every(isSmall) && isSmall(step) && !(isWrite(step) && last.some(isWrite));
    if (last && fits) last.push(step);
    else batches.push([step]);
  }
  return batches;
}

/** The script of several steps, each run when all before it have succeeded, and what it is fed. */
export class StepsScript {
  readonly script: string;
  readonly stdin: Uint8Array | undefined;
  readonly #batch: StepBatch;
  readonly #parted = new PartedOutput();

  /** `prefix`: goes before each command. */
  constructor(batch: StepBatch, prefix: Sh | undefined) {
    this.#batch = batch;
    const write = batch.find(isWrite);
    this.stdin = write && (write.file.content as Uint8Array);
    const end = shLines([this.#parted.end, sh`[ $r = 0 ] || exit $r`]);
    this.script = shLines(
      batch.flatMap((step) => [
        isWrite(step)
          ? putScript(step.file)
          : sh`(
${shLines([prefix, step.command.script])}
) </dev/null`,
        end,
      ]),
    ).text;
  }

  /** What each step that was run did: up to and with the first that failed. Throws why a file was not written. */
  outcomes(outcome: Outcome): readonly (CommandOutput | PutFileResult)[] {
    const parts = this.#parted.parts(outcome);
    // Too much output to be kept whole, so that ends of steps are missing: it is told as one command's.
    if (parts.length === 0 || (outcome.rc === 0 && parts.length < this.#batch.length))
      return [{ rc: outcome.rc, stdout: decodeBytes(outcome.stdout), stderr: decodeBytes(outcome.stderr) }];
    const told = parts.map(({ rc, stdout, stderr }, index) => {
      const step = this.#batch[index] as Step;
      if (isWrite(step)) return putFileResult(step.file, { rc, stdout, stderr });
      return { rc, stdout: decodeBytes(stdout), stderr: decodeBytes(stderr) };
    });
    // Ended from outside before all were done.
    const isShort = parts.length < this.#batch.length && parts.every(({ rc }) => rc === 0);
    return isShort
      ? [...told, { rc: outcome.rc || 1, stdout: "", stderr: "the change was ended in the middle" }]
      : told;
  }
}

function isWrite(step: Step): step is Extract<Step, { type: "write" }> {
  return step.type === "write";
}

function isSmall(step: Step): boolean {
  if (isWrite(step)) return step.file.content instanceof Uint8Array && step.file.content.length < compressibleBytes;
  const { stdin, timeoutMs, protect } = step.command;
  return stdin === undefined && timeoutMs === undefined && protect !== true;
}

function putScript(file: WriteFile): Sh {
  const content = file.content as Uint8Array;
  return putFileScript(file, content.length, sha256Of(content));
}
