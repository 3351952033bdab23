import { spawnSync } from "node:child_process";
import { encodeBytes } from "../../src/lib/bytes.ts";
import type { Query } from "../../src/task/query.ts";

/** Asks this machine: runs the queries' script (all of one kind) with a shell and parses what it prints. */
export function runQuery<T>(
  queries: readonly Query<T>[],
  shell: readonly string[] = ["sh"],
  env: NodeJS.ProcessEnv = {},
): readonly T[] {
  const kind = queries[0]?.kind;
  if (!kind) return [];
  const keys = queries.map((query) => query.key);
  const script = encodeBytes(kind.script(keys).text);
  const [program = "sh", ...options] = shell;
  const run = spawnSync(program, [...options, "-s"], {
    input: script,
    env: { PATH: process.env["PATH"], LC_ALL: "C", ...env },
    maxBuffer: 1 << 28,
  });
  return kind.parse({ rc: run.status ?? -1, stdout: run.stdout, stderr: run.stderr }, keys) as readonly T[];
}
