import { untilAtRest } from "./machine.ts";
import { type MeasureOptions, measure, type Sample } from "./measure.ts";

/** One way to do a job. */
export interface Contender {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly options?: MeasureOptions | undefined;
  /** Puts things back before each of its runs; not measured. */
  readonly before?: (() => Promise<void>) | undefined;
  /** Throws when the run did not do the job: a failed run is no measurement. */
  readonly check?: ((sample: Sample) => void) | undefined;
  /** Takes so much longer than all others that it can be left out. */
  readonly isPeer?: boolean | undefined;
  /** Runs of it when the contest asks for more; for contenders that take minutes. */
  readonly maxRuns?: number | undefined;
}

export interface Result {
  readonly name: string;
  readonly samples: readonly Sample[];
  /** Set when it could not do the job. */
  readonly failure?: string | undefined;
}

export interface ContestOptions {
  readonly runs: number;
  /** Whether peers take part. */
  readonly withPeers: boolean;
  readonly log: (line: string) => void;
}

/**
 * Runs contenders in turn, `runs` times over, so that what else happens on the machine hits all of them alike, each when
 * the machine is at rest. One that fails leaves the contest with the reason as its result.
 */
export async function contest(contenders: readonly Contender[], options: ContestOptions): Promise<readonly Result[]> {
  const present = contenders.filter(({ isPeer }) => options.withPeers || !isPeer);
  const entries = present.map((contender) => ({ contender, samples: [] as Sample[], failure: "" }));
  for (let run = 1; run <= options.runs; run++) {
    for (const entry of entries) {
      const { contender } = entry;
      if (entry.failure !== "" || run > (contender.maxRuns ?? options.runs)) continue;
      try {
        await contender.before?.();
        await untilAtRest();
        const sample = await measure(contender.argv, contender.options);
        checkExit(sample);
        contender.check?.(sample);
        entry.samples.push(sample);
        options.log(`${contender.name}: ${(sample.wallMs / 1000).toFixed(2)} s (${run} of ${options.runs})`);
      } catch (error) {
        entry.failure = error instanceof Error ? error.message : String(error);
        options.log(`${contender.name}: ${entry.failure}`);
      }
    }
  }
  return entries.map(({ contender, samples, failure }) => ({
    name: contender.name,
    samples,
    ...(failure !== "" && { failure }),
  }));
}

function checkExit({ exitCode, stdout, stderr }: Sample): void {
  if (exitCode === 0) return;
  const end = `${stdout}\n${stderr}`.trim().split("\n").slice(-6).join("\n").slice(-600);
  throw new Error(`exit code ${exitCode}: ${end}`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
