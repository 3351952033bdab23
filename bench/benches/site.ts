import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import type { Lab } from "../../src/lab/lab.ts";
import { serveNomad } from "../../test/stand-in-nomad/serve-nomad.ts";
import type { Bench, BenchContext } from "../bench.ts";
import { benchLab, resetBenchLab } from "../harness/bench-lab.ts";
import { checkout } from "../harness/built-tsrun.ts";
import { ansiblePlaybook, tsrunPlaybook } from "../harness/contenders.ts";
import { contest } from "../harness/contest.ts";
import { measure } from "../harness/measure.ts";
import { contestFigures, contestTable, type Finding, medianWall } from "../harness/report.ts";

export const site: Bench = {
  name: "site",
  summary: "site.yaml: a cluster of three Consul and Nomad servers and a client, first and second run",
  needsRoot: true,
  run,
};

async function run({ tsrun, folder, runs, withPeers, log }: BenchContext): Promise<Finding> {
  const lab = await benchLab();
  const nomad = await serveNomad(lab.subnet.replace(/\.0\/\d+$/, ".1"));
  try {
    const inventory = await writeInventory(lab, folder, nomad);
    const playbook = join(tsrun.folder, "playbooks/site.yaml");
    const job = { inventory, playbook, folder, forks: 50, mustBeUnchanged: false };
    const makeClean = async (): Promise<void> => {
      await resetBenchLab();
      const bullseye = tsrunPlaybook(tsrun, { ...job, playbook: join(checkout, "test/e2e/consul-bullseye.yaml") });
      const prepared = await measure(bullseye.argv, bullseye.options);
      if (prepared.exitCode !== 0) throw new Error(`hosts could not be prepared:\n${prepared.stdout.slice(-2000)}`);
    };
    const first = await contest([{ ...tsrunPlaybook(tsrun, job), before: makeClean }], {
      runs: Math.min(runs, 3),
      withPeers,
      log,
    });
    const unchanged = { ...job, mustBeUnchanged: true };
    const second = await contest(
      [
        tsrunPlaybook(tsrun, unchanged),
        // What Ansible makes of these roles need not be what tsrun made of them: it is measured, not judged.
        ansiblePlaybook("ansible, pipelining", { ...job, extra: ["--check"] }, 2),
      ],
      { runs, withPeers, log },
    );
    return {
      tables: [
        contestTable("First run, on clean hosts", first, "tsrun", [
          "Installs Debian's Consul and a stand-in of Nomad, forms the cluster and waits until it has a leader.",
        ]),
        contestTable("Second run, nothing to change", second, "tsrun", [
          "Ansible runs the same roles with `--check`, so that it changes nothing; tsrun runs for real.",
        ]),
      ],
      figures: {
        first: contestFigures(first),
        second: contestFigures(second),
        secondToFirst: medianWall(second[0]) / medianWall(first[0]),
      },
    };
  } finally {
    await nomad.close();
  }
}

async function writeInventory(
  lab: Lab,
  folder: string,
  nomad: { readonly url: string; readonly versions: readonly [string, ...string[]] },
): Promise<string> {
  const names = lab.hosts.map(({ name }) => name);
  const group = (members: readonly string[]) => ({ hosts: Object.fromEntries(members.map((name) => [name, {}])) });
  const servers = group(names.slice(0, 3));
  const clients = group(names.slice(3));
  const vars = {
    ansible_user: lab.user,
    ansible_ssh_private_key_file: lab.privateKeyPath,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${lab.knownHostsPath} -o GlobalKnownHostsFile=/dev/null -o IdentitiesOnly=yes`,
    ansible_python_interpreter: "/usr/bin/python3",
    ...(lab.mirror !== undefined && { lab_debian_mirror: lab.mirror }),
    consul_install_method: "package",
    consul_encrypt_file: join(folder, "cluster.key"),
    consul_raft_multiplier: 1,
    consul_bind_address: "{{ ansible_host }}",
    nomad_release_url: nomad.url,
    nomad_version: nomad.versions[0],
  };
  const hosts = Object.fromEntries(lab.hosts.map(({ name, address }) => [name, { ansible_host: address }]));
  const children = { consul_servers: servers, consul_clients: clients, nomad_servers: servers, nomad_clients: clients };
  const path = join(folder, "cluster.yaml");
  await writeFile(path, dump({ all: { vars, hosts, children } }, { noRefs: true }));
  return path;
}
