import { messageOf, TsrunError } from "../lib/errors.ts";
import type { Query, QueryOutput } from "../task/query.ts";
import { PartedOutput } from "./parted-output.ts";
import type { ScriptRunner } from "./script-request.ts";

/** So many keys go into one script: their paths must fit into one argument list (128 KiB on Linux). */
const keysPerScript = 400;

/** What is read ahead may hang (a dead file server): then only what is needed is asked, for as long as it takes. */
const aheadTimeoutMs = 15_000;

/** Queries of one kind, asked by one script. */
type Batch = readonly Query<unknown>[];

/**
 * Asks a host for named pieces of its state, in one message and with as few processes as the kinds need. Returns the answers by query id.
 * `ahead` are asked along: what cannot be answered of them is left out without a word; `onHang` is called when they took too long.
 *
 * Throws `E_STATE_READ` when a script's output is no answer, and the connection's own errors.
 */
export async function readState(
  shell: ScriptRunner,
  queries: Batch,
  signal?: AbortSignal,
  ahead: Batch = [],
  onHang: () => void = () => {},
): Promise<ReadonlyMap<string, unknown>> {
  const answers = new Map<string, unknown>();
  const needed = new Set(queries.map(({ id }) => id));
  const read = async (asked: readonly Batch[], timeoutMs?: number): Promise<void> => {
    const { outputs, timedOut } = await run(shell, asked, signal, timeoutMs);
    if (timedOut) onHang();
    const again: Batch[] = [];
    asked.forEach((batch, index) => {
      const own = batch.filter(({ id }) => needed.has(id));
      const output = outputs[index];
      try {
        if (!output) throw new Error("the answer is incomplete");
        const values = kindOf(batch).parse(
          output,
          batch.map(({ key }) => key),
        );
        batch.forEach((query, at) => answers.set(query.id, values[at]));
      } catch (error) {
        // Something that was only read ahead may have spoilt the answer, or so many outputs were too long to be kept whole.
        if (own.length > 0 && (timeoutMs !== undefined || own.length < batch.length || asked.length > 1))
          again.push(own);
        else if (own.length > 0) throw cannotRead(batch, error);
      }
    });
    await Promise.all(again.map((batch) => read([batch])));
  };
  await read(batches([...queries, ...ahead]), ahead.length > 0 ? aheadTimeoutMs : undefined);
  return answers;
}

/** Runs the scripts of all kinds as one. */
async function run(
  shell: ScriptRunner,
  asked: readonly Batch[],
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
): Promise<{ readonly outputs: readonly (QueryOutput | undefined)[]; readonly timedOut: boolean }> {
  const scripts = asked.map((batch) => kindOf(batch).script(batch.map(({ key }) => key)));
  const options = { direct: true, ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
  if (scripts.length === 1) {
    const outcome = await shell.run({ script: (scripts[0] as { text: string }).text, ...options });
    return { outputs: outcome.timedOut ? [] : [outcome], timedOut: outcome.timedOut };
  }
  const parted = new PartedOutput();
  const outcome = await shell.run({
    script: scripts.map((script) => `(\n${script.text}\n)\n${parted.end.text}`).join("\n"),
    ...options,
  });
  const parts = parted.parts(outcome);
  return { outputs: asked.map((_, index) => parts[index]), timedOut: outcome.timedOut };
}

function cannotRead(batch: Batch, error: unknown): TsrunError {
  return new TsrunError({
    code: "E_STATE_READ",
    message: `cannot read \`${kindOf(batch).name}\` from the host: ${messageOf(error)}`,
    cause: error,
  });
}

function kindOf(batch: Batch): Query<unknown>["kind"] {
  return (batch[0] as Query<unknown>).kind;
}

/** Distinct queries, grouped by kind. */
function batches(queries: Batch): readonly Batch[] {
  const distinct = new Map(queries.map((query) => [query.id, query]));
  const byKind = new Map<string, Query<unknown>[]>();
  for (const query of distinct.values()) {
    const group = byKind.get(query.kind.name);
    if (group) group.push(query);
    else byKind.set(query.kind.name, [query]);
  }
  return [...byKind.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / keysPerScript) }, (_, index) =>
      group.slice(index * keysPerScript, (index + 1) * keysPerScript),
    ),
  );
}
