import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench, BenchContext } from "../bench.ts";
import { ansiblePlaybook, type PlaybookJob, tsrunPlaybook } from "../harness/contenders.ts";
import { type Contender, contest, median, type Result } from "../harness/contest.ts";
import { measure } from "../harness/measure.ts";
import { contestFigures, type Finding, medianWall, seconds, type Table } from "../harness/report.ts";
import { type SshHosts, startSshHosts } from "../harness/ssh-hosts.ts";
import { sshOptions } from "../harness/targets.ts";

const playbook = fileURLToPath(new URL("../plays/many-hosts/playbook.yaml", import.meta.url));
const floor = fileURLToPath(new URL("../peers/many-hosts.sh", import.meta.url));
const loopTurnsProbe = fileURLToPath(new URL("../harness/loop-turns.cjs", import.meta.url));
const sizes = [50, 200, 1000];
const atATime = 50;
/** Ansible's side of a host is heavy, and here it runs on this machine too: more hosts would measure swapping. */
const ansibleSize = 50;
const ansibleForks = 10;

export const manyHosts: Bench = {
  name: "many-hosts",
  summary: "20 unchanged tasks on 50, 200 and 1,000 sshd sessions of this machine",
  needsRoot: true,
  run,
};

async function run({ tsrun, folder, runs, withPeers, log }: BenchContext): Promise<Finding> {
  await chmod(folder, 0o755);
  const base = join(folder, "base");
  await mkdir(base);
  const script = join(folder, "floor.sh");
  await writeFile(script, `BASE=${base}\n${await readFile(floor, "utf8")}`);
  const tables: Table[] = [];
  const figures: Record<string, unknown> = {};
  for (const size of sizes) {
    const place = join(folder, String(size));
    await mkdir(place);
    const hosts = await startSshHosts(place, size);
    try {
      const { inventory, enter } = hosts;
      const job: PlaybookJob = {
        inventory,
        playbook,
        folder,
        forks: atATime,
        mustBeUnchanged: true,
        extra: ["-e", `base=${base}`],
        prefix: enter,
      };
      const converge = tsrunPlaybook(tsrun, {
        ...job,
        mustBeUnchanged: false,
        extra: [...(job.extra ?? []), "-l", "host1"],
      });
      const first = await measure(converge.argv, converge.options);
      if (first.exitCode !== 0) throw new Error(`the play failed:\n${first.stdout.slice(-2000)}`);
      const contenders = [
        xargsFloor(hosts, script, "floor", []),
        xargsFloor(hosts, script, "floor, curve25519", ["-o", "KexAlgorithms=curve25519-sha256"]),
        tsrunPlaybook(tsrun, job),
      ];
      if (size === ansibleSize)
        contenders.push(ansiblePlaybook("ansible, pipelining", { ...job, forks: ansibleForks }, 1));
      log(`${size} hosts`);
      const contested = await contest(contenders, { runs: size > 500 ? Math.min(runs, 3) : runs, withPeers, log });
      const longTurnMs = await loopTurns(tsrunPlaybook(tsrun, job), join(place, "turns"));
      tables.push(sizeTable(size, contested, longTurnMs));
      figures[`${size} hosts`] = { ...contestFigures(contested), tsrunLoopTurnP99Ms: longTurnMs };
    } finally {
      await hosts.stop();
    }
  }
  return { tables, figures };
}

function xargsFloor(hosts: SshHosts, script: string, name: string, more: readonly string[]): Contender {
  const { addresses, enter } = hosts;
  const ssh = ["ssh", ...sshOptions(hosts), ...more].join(" ");
  const list = join(script, `../${addresses.length}/addresses`);
  const each = `${ssh} root@"$1" sh -s <${script} >/dev/null || exit 255`;
  return {
    name,
    argv: [
      ...(enter as [string, ...string[]]),
      "xargs",
      "-a",
      list,
      "-P",
      String(atATime),
      "-n",
      "1",
      "sh",
      "-c",
      each,
      "sh",
    ],
    options: { memoryEveryMs: 500 },
    before: () => writeFile(list, addresses.join("\n")),
  };
}

/** 99th percentile of the CPU that one turn of the program's event loop takes, in milliseconds. */
async function loopTurns({ argv, options }: Contender, file: string): Promise<number> {
  const env = { ...options?.env, NODE_OPTIONS: `--require ${loopTurnsProbe}`, LOOP_TURNS_FILE: file };
  await measure(argv, { ...options, env });
  return Number(await readFile(file, "utf8"));
}

function sizeTable(size: number, contested: readonly Result[], longTurnMs: number): Table {
  const baseMs = medianWall(contested[0]);
  return {
    title: `${size} hosts`,
    columns: ["", "median s", "× floor", "controller CPU ms per host", "peak MB", "peak MB per host", "runs"],
    rows: contested.map(({ name, samples, failure }) => {
      if (failure !== undefined)
        return [name, `did not run: ${failure.replaceAll(/\s+/g, " ").slice(0, 120)}`, "", "", "", "", ""];
      const wallMs = median(samples.map((sample) => sample.wallMs));
      const peakMb = median(samples.map((sample) => sample.peakMb));
      return [
        name,
        seconds(wallMs),
        `${(wallMs / baseMs).toFixed(2)} ×`,
        (median(samples.map((sample) => sample.cpuMs)) / size).toFixed(1),
        peakMb.toFixed(0),
        (peakMb / size).toFixed(2),
        String(samples.length),
      ];
    }),
    notes: [
      `${atATime} at a time; the hosts' sshd and shells run on the same cores and are in the time, not in the controller's CPU.`,
      `99 of 100 turns of tsrun's event loop take at most ${longTurnMs.toFixed(0)} ms of CPU: so long Ctrl-C and timers may wait.`,
      ...(size === ansibleSize ? [`Ansible with ${ansibleForks} forks; its modules run on this machine too.`] : []),
    ],
  };
}
