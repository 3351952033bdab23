import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench, BenchContext } from "../bench.ts";
import { benchLab, processesStarted } from "../harness/bench-lab.ts";
import { ansiblePlaybook, bareSsh2, floorScript, tsrunPlaybook } from "../harness/contenders.ts";
import { type Contender, contest, type Result } from "../harness/contest.ts";
import { measure } from "../harness/measure.ts";
import { contestFigures, contestTable, type Finding, medianWall, type Table } from "../harness/report.ts";
import { labTargets } from "../harness/targets.ts";

export const playbook = fileURLToPath(new URL("../plays/web-server/playbook.yaml", import.meta.url));
export const floor = fileURLToPath(new URL("../peers/web-server.sh", import.meta.url));

export const rerun: Bench = {
  name: "rerun",
  summary: "45 ordinary tasks with nothing to change, 4 hosts",
  needsRoot: true,
  run,
};

async function run(context: BenchContext): Promise<Finding> {
  const { tsrun, folder, withPeers, log } = context;
  const lab = await benchLab();
  const job = { inventory: lab.inventoryPath, playbook, folder, forks: 50, mustBeUnchanged: true };
  const floorRun = floorScript(labTargets(lab), floor, folder);
  const own = tsrunPlaybook(tsrun, job);
  log("making the hosts what the play says");
  const converge = await measure(tsrunPlaybook(tsrun, { ...job, mustBeUnchanged: false }).argv, own.options);
  if (converge.exitCode !== 0) throw new Error(`the play failed:\n${converge.stdout.slice(-2000)}`);
  const bare = bareSsh2(labTargets(lab), floor);
  const nothing = join(folder, "nothing.sh");
  await writeFile(nothing, "exit 0\n");
  const contested = await contest(
    [
      floorRun,
      bare,
      own,
      ansiblePlaybook("ansible, mitogen", job),
      ansiblePlaybook("ansible, pipelining", job),
      ansiblePlaybook("ansible", job),
    ],
    context,
  );
  const shares = await contest(
    [
      { name: "Node's start", argv: [process.execPath, "-e", "0"] },
      {
        ...tsrunPlaybook(tsrun, { ...job, extra: ["--syntax-check"] }),
        name: "tsrun --syntax-check",
        check: undefined,
      },
      { ...bareSsh2(labTargets(lab), nothing), name: "bare ssh2, which asks nothing" },
      { ...bare, name: "bare ssh2, which reads all" },
      own,
    ],
    context,
  );
  const started = await processTable([
    floorRun,
    bare,
    own,
    ...(withPeers ? [ansiblePlaybook("ansible, pipelining", job)] : []),
  ]);
  const of = (name: string): number => medianWall(contested.find((each) => each.name === name));
  return {
    tables: [
      contestTable("Unchanged rerun", contested, "floor", [
        "floor: one hand-written script that reads the same state, over plain `ssh HOST sudo sh -s` to all hosts at once.",
        "bare ssh2: the same script sent by the least Node program with ssh2. What tsrun needs beyond it is its own.",
        ...comparison(of("ansible, pipelining") / of("tsrun")),
      ]),
      sharesTable(shares),
      started.table,
    ],
    figures: {
      contenders: contestFigures(contested),
      shares: contestFigures(shares),
      processesOnHost: started.counts,
      tsrunToFloor: of("tsrun") / of("floor"),
      pipelinedAnsibleToTsrun: of("ansible, pipelining") / of("tsrun"),
    },
  };
}

/** What of tsrun's time is whose: each row adds one thing to what stands above it. */
function sharesTable(contested: readonly Result[]): Table {
  const of = (name: string): number => medianWall(contested.find((each) => each.name === name));
  const start = of("Node's start");
  const check = of("tsrun --syntax-check") - start;
  const handshakes = of("bare ssh2, which asks nothing") - start;
  const reading = of("bare ssh2, which reads all") - of("bare ssh2, which asks nothing");
  const whole = of("tsrun");
  const parts: readonly (readonly [string, number])[] = [
    ["Node's start", start],
    ["loading tsrun, reading and checking the play", check],
    ["loading ssh2, four handshakes, logins and shells by sudo, good-bye", handshakes],
    ["the processes on the hosts that read the state, as the floor starts them", reading],
    [
      "the rest: tsrun's shell and further processes on the hosts, evaluation, comparison, report",
      whole - start - check - handshakes - reading,
    ],
  ];
  return {
    title: "Where tsrun's time goes",
    columns: ["", "s", "share"],
    rows: parts.map(([name, ms]) => [name, (ms / 1000).toFixed(2), `${Math.round((100 * ms) / whole)} %`]),
    notes: [
      "Differences of medians: `node -e 0`, `tsrun --syntax-check`, the bare ssh2 program with a script that does nothing and with the floor's, tsrun.",
    ],
  };
}

/** The sentence that people look for, where the peer took part. */
export function comparison(pipelinedAnsibleToTsrun: number): readonly string[] {
  if (Number.isNaN(pipelinedAnsibleToTsrun)) return [];
  return [`Ansible with pipelining needs ${pipelinedAnsibleToTsrun.toFixed(1)} × tsrun's time.`];
}

async function processTable(
  contenders: readonly Contender[],
): Promise<{ readonly table: Table; readonly counts: Record<string, number> }> {
  const counts: Record<string, number> = {};
  for (const { name, argv, options, before } of contenders) {
    await before?.();
    const first = await processesStarted("node1");
    await measure(argv, options);
    counts[name] = (await processesStarted("node1")) - first - 1;
  }
  return {
    counts,
    table: {
      title: "Processes and threads that one run starts on a host",
      columns: ["", "started"],
      rows: Object.entries(counts).map(([name, count]) => [name, String(count)]),
      notes: ["sshd's and sudo's own are among them; so is what the host did by itself meanwhile."],
    },
  };
}
