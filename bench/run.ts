import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bench } from "./bench.ts";
import { bigFile } from "./benches/big-file.ts";
import { controller } from "./benches/controller.ts";
import { growth } from "./benches/growth.ts";
import { distance } from "./benches/distance.ts";
import { firstRun } from "./benches/first-run.ts";
import { manyHosts } from "./benches/many-hosts.ts";
import { rerun } from "./benches/rerun.ts";
import { site } from "./benches/site.ts";
import { startUp } from "./benches/start-up.ts";
import { benchLabDown } from "./harness/bench-lab.ts";
import { buildTsrun } from "./harness/built-tsrun.ts";
import { closeMasters } from "./harness/contenders.ts";
import { describeMachine, foreignLoad } from "./harness/machine.ts";
import { writeReport } from "./harness/report.ts";

/**
 * `npm run bench [-- NAME...] [--runs N] [--commit REV] [--no-peers] [--keep-lab]`: measures side by side and writes `bench/results/`.
 * Without names: everything, which takes about an hour because of the peers.
 */
const benches: readonly Bench[] = [rerun, firstRun, site, manyHosts, distance, bigFile, startUp, controller, growth];

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "5" },
      "keep-lab": { type: "boolean", default: false },
      commit: { type: "string" },
      "no-peers": { type: "boolean", default: false },
      list: { type: "boolean", default: false },
    },
  });
  if (values.list) {
    for (const { name, summary } of benches) console.log(`${name.padEnd(12)} ${summary}`);
    return;
  }
  const wanted = positionals.length === 0 ? benches : positionals.map(benchNamed);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`expected --runs N with N from 1, got \`${values.runs}\``);
  const isRoot = process.getuid?.() === 0;
  const tsrun = await buildTsrun(values.commit);
  const machine = describeMachine();
  try {
    for (const bench of wanted) {
      if (bench.needsRoot && !isRoot) {
        console.error(`${bench.name}: skipped, it needs root for its hosts`);
        continue;
      }
      console.error(`${bench.name}: ${bench.summary}`);
      const folder = await mkdtemp(join(tmpdir(), `tsrun-bench-${bench.name}-`));
      try {
        const takenAt = new Date().toISOString();
        const startedAt = performance.now();
        const before = await foreignLoad();
        const finding = await bench.run({
          tsrun,
          folder,
          runs,
          withPeers: !values["no-peers"],
          log: (line) => console.error(`  ${line}`),
        });
        const after = await foreignLoad();
        const tookS = (performance.now() - startedAt) / 1000;
        const circumstances = { machine, takenAt, tookS, foreignLoad: [before, after] as const };
        console.log(await writeReport(bench.name, bench.summary, finding, circumstances));
      } finally {
        await closeMasters(join(folder, "cp"));
        await rm(folder, { recursive: true, force: true });
      }
    }
  } finally {
    await tsrun.remove();
    if (!values["keep-lab"] && wanted.some(({ needsRoot }) => needsRoot) && isRoot) await benchLabDown();
  }
}

function benchNamed(name: string): Bench {
  const found = benches.find((bench) => bench.name === name);
  if (!found) throw new Error(`unknown bench \`${name}\`; there are ${benches.map((bench) => bench.name).join(", ")}`);
  return found;
}

await main();
