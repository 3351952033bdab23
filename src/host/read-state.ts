import { messageOf, TsrunError } from "../lib/errors.ts";
import type { Query } from "../task/query.ts";
import type { Shell } from "./shell.ts";

/** So many keys go into one script: their paths must fit into one argument list (128 KiB on Linux). */
const keysPerScript = 400;

/**
 * Asks a host for named pieces of its state: one script a kind, all sent without waiting for each other. Returns the answers by query id.
 * `ahead` are asked along: what cannot be answered of them is left out without a word.
 *
 * Throws `E_STATE_READ` when a script's output is no answer, and the connection's own errors.
 */
export async function readState(
  shell: Shell,
  queries: readonly Query<unknown>[],
  signal?: AbortSignal,
  ahead: readonly Query<unknown>[] = [],
): Promise<ReadonlyMap<string, unknown>> {
  const answers = new Map<string, unknown>();
  const needed = new Set(queries.map(({ id }) => id));
  const read = async (batch: readonly Query<unknown>[]): Promise<void> => {
    const kind = (batch[0] as Query<unknown>).kind;
    const keys = batch.map((query) => query.key);
    const output = await shell.run({ script: kind.script(keys).text, direct: true, ...(signal && { signal }) });
    let values: readonly unknown[];
    try {
      values = kind.parse(output, keys);
    } catch (error) {
      const own = batch.filter(({ id }) => needed.has(id));
      if (own.length === 0) return;
      // Something that was only read ahead may have spoilt the answer.
      if (own.length < batch.length) return await read(own);
      throw new TsrunError({
        code: "E_STATE_READ",
        message: `cannot read \`${kind.name}\` from the host: ${messageOf(error)}`,
        cause: error,
      });
    }
    batch.forEach((query, index) => answers.set(query.id, values[index]));
  };
  await Promise.all(batches([...queries, ...ahead]).map(read));
  return answers;
}

/** Distinct queries, grouped by kind. */
function batches(queries: readonly Query<unknown>[]): readonly (readonly Query<unknown>[])[] {
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
