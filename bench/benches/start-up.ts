import type { Bench, BenchContext } from "../bench.ts";
import { type Contender, contest } from "../harness/contest.ts";
import { contestFigures, contestTable, type Finding, medianWall } from "../harness/report.ts";
import { generateSite } from "../plays/generate-site.ts";

export const startUp: Bench = {
  name: "start-up",
  summary: "what tsrun costs before it does anything, and checking a site of 1,000 tasks",
  needsRoot: false,
  run,
};

/** Short runs scatter more, so there are more of them. */
const runsFactor = 4;

async function run({ tsrun, folder, runs, withPeers, log }: BenchContext): Promise<Finding> {
  const site = await generateSite(folder);
  const tsrunWith = (name: string, ...args: readonly string[]): Contender => ({
    name,
    argv: [...tsrun.argv, ...args],
    options: { cwd: folder, env: { NO_COLOR: "1", PWD: folder } },
  });
  const short = await contest(
    [
      { name: "node -e 0", argv: [process.execPath, "-e", "0"] },
      tsrunWith("tsrun --version", "--version"),
      tsrunWith("tsrun --help", "--help"),
      tsrunWith("tsrun playbook --help", "playbook", "--help"),
      { name: "ansible-playbook --version", argv: ["ansible-playbook", "--version"], isPeer: true, maxRuns: runs },
    ],
    { runs: runs * runsFactor, withPeers, log: () => {} },
  );
  const check = ["-i", "inventory.yaml", site, "--syntax-check"] as const;
  const syntax = await contest(
    [
      { name: "node -e 0", argv: [process.execPath, "-e", "0"] },
      tsrunWith("tsrun --syntax-check", "playbook", ...check),
      {
        name: "ansible-playbook --syntax-check",
        argv: ["ansible-playbook", ...check],
        isPeer: true,
        options: { cwd: folder },
      },
    ],
    { runs, withPeers, log },
  );
  const extra = medianWall(short.find(({ name }) => name === "tsrun --version")) - medianWall(short[0]);
  return {
    tables: [
      contestTable("Start", short, "node -e 0", [
        `\`tsrun --version\` costs ${extra.toFixed(0)} ms more than Node itself.`,
      ]),
      contestTable("Checking 1,000 tasks in 20 roles", syntax, "node -e 0", [
        "tsrun checks modules, their arguments and templates; Ansible's check stops at YAML and module names.",
      ]),
    ],
    figures: { start: contestFigures(short), syntaxCheck: contestFigures(syntax), versionBeyondNodeMs: extra },
  };
}
