import type { BuiltTsrun } from "./harness/built-tsrun.ts";
import type { Finding } from "./harness/report.ts";

/** What a bench works with. */
export interface BenchContext {
  readonly tsrun: BuiltTsrun;
  /** Empty, for this bench alone; removed afterwards. */
  readonly folder: string;
  /** How often each contender runs. */
  readonly runs: number;
  /** Whether slow peers take part. */
  readonly withPeers: boolean;
  readonly log: (line: string) => void;
}

/** One question that is answered by measuring side by side. */
export interface Bench {
  readonly name: string;
  /** One line, for the list and the page's head. */
  readonly summary: string;
  /** Processes that cannot be made without it. */
  readonly needsRoot: boolean;
  run(context: BenchContext): Promise<Finding>;
}
