import { createHash } from "node:crypto";
import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, BenchContext } from "../bench.ts";
import { benchLab, inHost } from "../harness/bench-lab.ts";
import { ansiblePlaybook, tsrunPlaybook } from "../harness/contenders.ts";
import { type Contender, contest, median, type Result } from "../harness/contest.ts";
import { contestFigures, type Finding, seconds, type Table } from "../harness/report.ts";
import { startSshHosts } from "../harness/ssh-hosts.ts";
import { labTargets, sshOptions } from "../harness/targets.ts";

const megabyte = 1_000_000;
const bigMb = 1000;
const smallMb = 10;
const hostCount = 50;
const atATime = 50;
const remotePath = "/var/tmp/tsrun-bench-big";

export const bigFile: Bench = {
  name: "big-file",
  summary: "1 GB to one host, 10 MB to 50",
  needsRoot: true,
  run,
};

async function run(context: BenchContext): Promise<Finding> {
  const big = await toOneHost(context);
  const many = await toManyHosts(context);
  return {
    tables: [rateTable("1 GB to one host", bigMb, big), rateTable("10 MB to 50 hosts", smallMb * hostCount, many)],
    figures: { oneHost: contestFigures(big), manyHosts: contestFigures(many) },
  };
}

async function toOneHost({ tsrun, folder, runs, withPeers, log }: BenchContext): Promise<readonly Result[]> {
  const lab = await benchLab();
  const targets = labTargets(lab);
  const source = join(folder, "big");
  await writeNoise(source, bigMb);
  const playbook = join(folder, "big.yaml");
  const copy = `copy: { src: ${source}, dest: ${remotePath}, mode: "0644" }`;
  await writeFile(playbook, `- hosts: node1\n  gather_facts: false\n  tasks:\n    - ${copy}\n`);
  const job = { inventory: lab.inventoryPath, playbook, folder, forks: 5, mustBeUnchanged: false };
  const address = targets.hosts[0]?.address ?? "";
  const ssh = ["ssh", ...sshOptions(targets), `${targets.user}@${address}`].join(" ");
  const without = (contender: Contender): Contender => ({
    ...contender,
    before: async () => {
      await contender.before?.();
      await inHost("node1", "rm", "-f", remotePath);
    },
  });
  const few = Math.min(runs, 3);
  const results = await contest(
    [
      without({ name: "floor", argv: ["sh", "-c", `${ssh} 'cat >${remotePath}' <${source}`] }),
      without({
        name: "scp",
        argv: ["scp", "-q", ...sshOptions(targets), source, `${targets.user}@${address}:${remotePath}`],
      }),
      without(tsrunPlaybook(tsrun, job)),
      tsrunPlaybook(tsrun, { ...job, mustBeUnchanged: true }, "tsrun, file there already"),
      without(ansiblePlaybook("ansible, pipelining", job, 1)),
    ],
    { runs: few, withPeers, log },
  );
  await inHost("node1", "rm", "-f", remotePath);
  await rm(source);
  return results;
}

async function toManyHosts({ tsrun, folder, runs, withPeers, log }: BenchContext): Promise<readonly Result[]> {
  const place = join(folder, "hosts");
  const received = join(folder, "received");
  await mkdir(place);
  const source = join(folder, "small");
  await writeNoise(source, smallMb);
  const playbook = join(folder, "small.yaml");
  const copy = `copy: { src: ${source}, dest: "${received}/{{ inventory_hostname }}", mode: "0644" }`;
  await writeFile(playbook, `- hosts: all\n  gather_facts: false\n  tasks:\n    - ${copy}\n`);
  const hosts = await startSshHosts(place, hostCount);
  try {
    const list = join(folder, "addresses");
    await writeFile(list, hosts.addresses.join("\n"));
    const ssh = ["ssh", ...sshOptions(hosts)].join(" ");
    const each = `${ssh} root@"$1" "cat >${received}/$1" <${source} || exit 255`;
    const job = {
      inventory: hosts.inventory,
      playbook,
      folder,
      forks: atATime,
      mustBeUnchanged: false,
      prefix: hosts.enter,
    };
    const emptied = (contender: Contender): Contender => ({
      ...contender,
      before: async () => {
        await contender.before?.();
        await rm(received, { recursive: true, force: true });
        await mkdir(received);
      },
    });
    const [enter = "", ...inside] = hosts.enter;
    return await contest(
      [
        emptied({
          name: "floor",
          argv: [enter, ...inside, "xargs", "-a", list, "-P", String(atATime), "-n", "1", "sh", "-c", each, "sh"],
          options: { memoryEveryMs: 500 },
        }),
        emptied(tsrunPlaybook(tsrun, job)),
        emptied(ansiblePlaybook("ansible, pipelining", { ...job, forks: 10 }, 1)),
      ],
      { runs: Math.min(runs, 3), withPeers, log },
    );
  } finally {
    await hosts.stop();
  }
}

/** Bytes that no compression shortens, the same every time. */
async function writeNoise(path: string, megabytes: number): Promise<void> {
  const blocks: Buffer[] = [];
  for (let block = createHash("sha512").update("tsrun").digest(); blocks.length < megabyte / 64; ) {
    blocks.push(block);
    block = createHash("sha512").update(block).digest();
  }
  const noise = Buffer.concat(blocks);
  const file = await open(path, "w");
  try {
    for (let index = 0; index < megabytes; index++) {
      noise.writeUInt32LE(index);
      await file.write(noise);
    }
  } finally {
    await file.close();
  }
}

function rateTable(title: string, megabytes: number, contested: readonly Result[]): Table {
  return {
    title,
    columns: ["", "median s", "MB/s", "controller CPU s", "peak MB", "runs"],
    rows: contested.map(({ name, samples, failure }) => {
      if (failure !== undefined)
        return [name, `did not run: ${failure.replaceAll(/\s+/g, " ").slice(0, 120)}`, "", "", "", ""];
      const wallMs = median(samples.map((sample) => sample.wallMs));
      return [
        name,
        seconds(wallMs),
        (megabytes / (wallMs / 1000)).toFixed(0),
        seconds(median(samples.map((sample) => sample.cpuMs))),
        median(samples.map((sample) => sample.peakMb)).toFixed(0),
        String(samples.length),
      ];
    }),
    notes: [
      "floor: plain `ssh HOST 'cat >file' <file`, which checks nothing. tsrun and Ansible compare checksums before and after.",
    ],
  };
}
