import { messageOf } from "../lib/errors.ts";
import { mapLimit } from "../lib/map-limit.ts";
import type { ExpandedTask } from "../project/expanded.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import type { PlayRun } from "./play-run.ts";
import { recordFailure } from "./record-result.ts";
import type { TaskHost } from "./task-host.ts";

/** What a task left running on a host. */
export interface Lasting {
  readonly task: ExpandedTask;
  readonly host: TaskHost;
  /** Answers why it does not run any more. */
  readonly query: Query<string | undefined>;
  /** When the task was over, by the clock of `performance.now`. */
  readonly sinceMs: number;
}

/** What dies a moment after its start has done so by then. Waited for once a play, where a watch at each task would add up. */
const restMs = 1000;

/**
 * Looks once more, at the end of a play, at what its tasks left running: a daemon may die after its task was over. The host then fails at
 * that task, so that no later play and no later batch relies on it.
 */
export async function lookAgain(run: PlayRun): Promise<void> {
  const { context, batch } = run;
  await mapLimit(batch, context.settings.forks, async (host) => {
    const left = host.takeLasting();
    if (!host.isActive || context.signal.aborted || left.length === 0) return;
    const rested = Math.max(...left.map(({ sinceMs }) => sinceMs)) + restMs;
    await context.sleep(Math.max(0, rested - performance.now()));
    const first = left.filter((one, index) => left.findIndex((other) => other.host.isSameAs(one.host)) === index);
    for (const { host: at } of first) {
      const there = left.filter((one) => one.host.isSameAs(at));
      const answers = await at.read(there.map(({ query }) => query)).catch((error: unknown) => {
        const message = `${host.name}: whether what was started still runs is unknown: ${messageOf(error)}`;
        context.emit({ type: "warning", message });
        return new Map<string, unknown>();
      });
      for (const { query, task } of there) {
        const died = answers.get(query.id);
        if (typeof died === "string") return recordFailure(run, task, host, failure(died), list);
      }
    }
  });
}

const list = { isRescuable: false, rest: () => [] };

function failure(died: string): TaskFailure {
  const lines = died.split("\n");
  return new TaskFailure(lines.at(-1) as string, { stderr: died });
}
