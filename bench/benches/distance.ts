import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import type { Lab } from "../../src/lab/lab.ts";
import type { Bench, BenchContext } from "../bench.ts";
import { benchLab } from "../harness/bench-lab.ts";
import { ansiblePlaybook, bareSsh2, floorScript, tsrunPlaybook } from "../harness/contenders.ts";
import { type Contender, contest, median } from "../harness/contest.ts";
import { DelayProxy } from "../harness/delay-proxy.ts";
import { measure } from "../harness/measure.ts";
import { contestFigures, contestTable, type Finding } from "../harness/report.ts";
import type { Targets } from "../harness/targets.ts";
import { floor, playbook } from "./rerun.ts";

const oneWayMs = 25;

export const distance: Bench = {
  name: "distance",
  summary: `the unchanged rerun of 45 tasks, ${2 * oneWayMs} ms away`,
  needsRoot: true,
  run,
};

async function run({ tsrun, folder, runs, withPeers, log }: BenchContext): Promise<Finding> {
  const lab = await benchLab();
  const near = { inventory: lab.inventoryPath, playbook, folder, forks: 50, mustBeUnchanged: false };
  const own = tsrunPlaybook(tsrun, near);
  const converge = await measure(own.argv, own.options);
  if (converge.exitCode !== 0) throw new Error(`the play failed:\n${converge.stdout.slice(-2000)}`);
  const proxies = await Promise.all(lab.hosts.map(({ address }) => DelayProxy.to(address, 22, oneWayMs)));
  try {
    const targets = await proxied(lab, proxies, folder);
    const inventory = await writeInventory(targets, folder);
    const job = { ...near, inventory, mustBeUnchanged: true };
    const roundTrips = new Map<string, number[]>();
    const connections = new Map<string, number>();
    const counted = (contender: Contender): Contender => ({
      ...contender,
      before: async () => {
        await contender.before?.();
        for (const proxy of proxies) proxy.reset();
      },
      check: (sample) => {
        contender.check?.(sample);
        const trips = Math.max(...proxies.map((proxy) => proxy.roundTrips));
        roundTrips.set(contender.name, [...(roundTrips.get(contender.name) ?? []), trips]);
        connections.set(contender.name, Math.max(...proxies.map((proxy) => proxy.connections)));
      },
    });
    const contested = await contest(
      [
        counted(floorScript(targets, floor, folder)),
        counted(bareSsh2(targets, floor)),
        counted(tsrunPlaybook(tsrun, job)),
        counted(ansiblePlaybook("ansible, mitogen", job, 2)),
        counted(ansiblePlaybook("ansible, pipelining", job, 2)),
      ],
      { runs, withPeers, log },
    );
    const trips = contested.map(({ name }) => ({ name, trips: median(roundTrips.get(name) ?? []) }));
    return {
      tables: [
        {
          title: "Round trips",
          columns: ["", "round trips", "connections a host"],
          rows: trips.map(({ name, trips }) => [name, String(trips), String(connections.get(name) ?? "")]),
          notes: [
            "The longest chain of request and answer on one connection, from SSH's first word to the end; TCP's own handshake adds one.",
          ],
        },
        contestTable(`Time at ${2 * oneWayMs} ms`, contested, "floor", []),
      ],
      figures: {
        roundTrips: Object.fromEntries(trips.map(({ name, trips }) => [name, trips])),
        contenders: contestFigures(contested),
      },
    };
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.close()));
  }
}

async function proxied(lab: Lab, proxies: readonly DelayProxy[], folder: string): Promise<Targets> {
  const hosts = lab.hosts.map(({ name }, index) => ({ name, address: "127.0.0.1", port: proxies[index]?.port ?? 0 }));
  const knownHosts = (await readFile(lab.knownHostsPath, "utf8")).split("\n").flatMap((line) => {
    const [names = "", ...key] = line.split(" ");
    const index = lab.hosts.findIndex(({ name }) => names.split(",").includes(name));
    return index < 0 ? [] : [`[127.0.0.1]:${hosts[index]?.port} ${key.join(" ")}\n`];
  });
  const knownHostsPath = join(folder, "known_hosts");
  await writeFile(knownHostsPath, knownHosts.join(""));
  return { hosts, user: lab.user, keyPath: lab.privateKeyPath, knownHostsPath };
}

async function writeInventory(targets: Targets, folder: string): Promise<string> {
  const path = join(folder, "proxied.yaml");
  const vars = {
    ansible_user: targets.user,
    ansible_ssh_private_key_file: targets.keyPath,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${targets.knownHostsPath} -o GlobalKnownHostsFile=/dev/null -o IdentitiesOnly=yes`,
    ansible_python_interpreter: "/usr/bin/python3",
  };
  const hosts = targets.hosts.map(({ name, address, port }) => [name, { ansible_host: address, ansible_port: port }]);
  await writeFile(path, dump({ all: { vars, hosts: Object.fromEntries(hosts) } }));
  return path;
}
