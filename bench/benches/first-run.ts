import { fileURLToPath } from "node:url";
import type { Bench, BenchContext } from "../bench.ts";
import { benchLab, resetBenchLab } from "../harness/bench-lab.ts";
import { ansiblePlaybook, floorScript, tsrunPlaybook } from "../harness/contenders.ts";
import { type Contender, contest } from "../harness/contest.ts";
import { contestFigures, contestTable, type Finding, medianWall } from "../harness/report.ts";
import { labTargets } from "../harness/targets.ts";
import { comparison, playbook } from "./rerun.ts";

const floor = fileURLToPath(new URL("../peers/web-server-first.sh", import.meta.url));

export const firstRun: Bench = {
  name: "first-run",
  summary: "the same 45 tasks on clean hosts, where everything has to be done",
  needsRoot: true,
  run,
};

async function run({ tsrun, folder, runs, withPeers, log }: BenchContext): Promise<Finding> {
  const lab = await benchLab();
  const job = { inventory: lab.inventoryPath, playbook, folder, forks: 50, mustBeUnchanged: false };
  const contested = await contest(
    [
      floorScript(labTargets(lab), floor, folder),
      tsrunPlaybook(tsrun, job),
      ansiblePlaybook("ansible, pipelining", job),
    ].map(onCleanHosts),
    { runs, withPeers, log },
  );
  const of = (name: string): number => medianWall(contested.find((each) => each.name === name));
  return {
    tables: [
      contestTable("First run", contested, "floor", [
        "floor: a hand-written script that does the same steps, packages in one transaction.",
        "Every run starts on reset hosts. Package lists and packages come over the network, the same for all.",
        ...comparison(of("ansible, pipelining") / of("tsrun")),
      ]),
    ],
    figures: {
      contenders: contestFigures(contested),
      pipelinedAnsibleToTsrun: of("ansible, pipelining") / of("tsrun"),
    },
  };
}

function onCleanHosts(contender: Contender): Contender {
  return {
    ...contender,
    before: async () => {
      await contender.before?.();
      await resetBenchLab();
    },
  };
}
