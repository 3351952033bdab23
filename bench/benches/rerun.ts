import { fileURLToPath } from "node:url";
import type { Bench, BenchContext } from "../bench.ts";
import { benchLab, processesStarted } from "../harness/bench-lab.ts";
import { ansiblePlaybook, bareSsh2, floorScript, tsrunPlaybook } from "../harness/contenders.ts";
import { type Contender, contest } from "../harness/contest.ts";
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
      started.table,
    ],
    figures: {
      contenders: contestFigures(contested),
      processesOnHost: started.counts,
      tsrunToFloor: of("tsrun") / of("floor"),
      pipelinedAnsibleToTsrun: of("ansible, pipelining") / of("tsrun"),
    },
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
