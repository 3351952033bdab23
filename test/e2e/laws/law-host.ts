import { readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { buildTar } from "../../../src/lib/tar.ts";
import type { RunOptions } from "../../../src/project/options.ts";
import { serveFiles } from "../host-web-server.ts";
import type { TestLab } from "../lab.ts";
import { type FinishedRun, TestProject } from "../run-tsrun.ts";
import { setUpForLaws } from "./database-modules.ts";
import { setUpDockerForLaws } from "./docker-modules.ts";
import { type Arguments, type LawCase, type LawHostKind, lawsRoot, ownDirectory, taskName } from "./law.ts";
import { modulesOn } from "./modules.ts";

export interface NamedCase {
  readonly module: string;
  readonly case: LawCase;
}

export interface LawTask {
  readonly name: string;
  readonly module: string;
  readonly args: Arguments;
  readonly isNoLog?: boolean;
}

/** All cases of a host. Packages come last: under check mode, what they may bring is unknown to the tasks behind them. */
export function casesOn(host: LawHostKind): readonly NamedCase[] {
  return modulesOn(host)
    .flatMap(([module, { cases }]) => cases.map((one) => ({ module, case: one })))
    .toSorted((a, b) => Number(isPackage(a)) - Number(isPackage(b)));
}

function isPackage({ module }: NamedCase): boolean {
  return module === "apt" || module === "package";
}

export const taskOf = ({ module, case: one }: NamedCase): LawTask => ({
  name: taskName(module, one),
  module,
  args: within(one.args, ownDirectory(module, one)),
});

/** Arguments with `$own` put in. */
export function within(args: Arguments, directory: string): Arguments {
  return JSON.parse(JSON.stringify(args).replaceAll("$own", directory)) as Arguments;
}

const archive = gzipSync(
  buildTar([{ path: "bin/app", type: "file", mode: 0o755, mtime: 1_700_000_000, content: Buffer.from("#!/bin/sh\n") }]),
);

const setUpAll = `set -eu
mkdir -p ${lawsRoot}
id mallory >/dev/null 2>&1 || useradd -m mallory
`;
const setUpPlain = `apt-get -qq update; apt-get -qq -y install --no-install-recommends git locales acl iptables ufw >/dev/null
mkdir -p ${lawsRoot}/www ${lawsRoot}/parts ${lawsRoot}/archive; cd ${lawsRoot}
echo one >www/one; echo one >parts/1; echo two >parts/2; : >archive/Packages; echo 'a word' >replaced
${serveFiles(`${lawsRoot}/www`, 8097)}
id lawuser >/dev/null 2>&1 || useradd -m -s /bin/bash lawuser
git -c init.defaultBranch=main init -q seed; cd seed; git config user.email a@b; git config user.name a
echo 1 >one; git add one; git commit -qm 1; git branch first; echo 2 >one; git commit -qam 2; cd ..; git clone -q --bare seed repo.git
`;

/** The lab host of the laws, and the project that is run on it. */
export class LawHost {
  readonly kind: LawHostKind;
  readonly lab: TestLab;
  readonly project: TestProject;
  readonly host = "node1";

  private constructor(kind: LawHostKind, lab: TestLab, project: TestProject) {
    this.kind = kind;
    this.lab = lab;
    this.project = project;
  }

  /** The host, prepared when it is not yet; a lab that another suite has reset is prepared anew. One of databases or of Docker has its servers already. */
  static async of(lab: TestLab, kind: LawHostKind): Promise<LawHost> {
    const isPrepared = (await lab.root("node1", `[ -e ${lawsRoot} ] && echo yes || :`)) !== "";
    if (isPrepared && prepared && prepared.kind === kind) return prepared;
    if (kind === undefined) await lab.reset("node1");
    await prepared?.project.remove();
    prepared = await LawHost.#prepare(lab, kind);
    return prepared;
  }

  static async #prepare(lab: TestLab, kind: LawHostKind): Promise<LawHost> {
    const project = await TestProject.create({
      "inventory.yaml": await readFile(lab.inventoryPath, "utf8"),
      "files/big.bin": "0123456789abcdef".repeat(10_000),
      "files/tree/one": "1\n",
      "files/tree/sub/two": "2\n",
      "templates/law.j2": "the law, {{ 6 * 7 }}\n",
      "templates/secret.j2": "{{ secret_of_template }}\n",
    });
    await writeFile(`${project.folder}/files/law.tar.gz`, archive);
    const setUp = { databases: setUpForLaws, docker: setUpDockerForLaws, plain: setUpPlain }[kind ?? "plain"];
    await lab.root("node1", setUpAll + setUp);
    // The first sudo of an account leaves a mark in its home.
    await lab.sh("node1", "sudo true");
    await lab.sh("node1", `base64 -d >${lawsRoot}/law.tar.gz`, { user: "root", input: archive.toString("base64") });
    return new LawHost(kind, lab, project);
  }

  root(script: string): Promise<string> {
    return this.lab.root(this.host, script);
  }

  /** Makes what the cases want to find. */
  async makeBefore(cases: readonly NamedCase[]): Promise<void> {
    const parts = cases.map(({ module, case: one }) => {
      const own = ownDirectory(module, one);
      return `umount ${own}/* 2>/dev/null; rm -rf ${own}; mkdir -p ${own}; cd ${own} && { (\n${one.before ?? ":"}\n) </dev/null || echo "${own}: before failed" >&2; }\n`;
    });
    await this.root(parts.join(""));
  }

  /** What the cases' probes print, by task name. */
  async probe(cases: readonly NamedCase[]): Promise<ReadonlyMap<string, string>> {
    const parts = cases.map(
      ({ module, case: one }) =>
        `cd ${ownDirectory(module, one)} && { (\n${one.probe}\n) 2>&1 </dev/null; }; printf '\\n\\001'\n`,
    );
    const printed = (await this.root(parts.join(""))).split("\u0001");
    return new Map(cases.map(({ module, case: one }, at) => [taskName(module, one), printed[at] ?? ""]));
  }

  /** The lab's inventory with the host, by one or several names, reached through a proxy on this machine. */
  async proxiedInventory(port: number, names: readonly string[] = [this.host]): Promise<string> {
    const { address } = this.lab.hosts.find(({ name }) => name === this.host) ?? { address: "" };
    const known = (await readFile(this.lab.knownHostsPath, "utf8")).split("\n");
    const lines = known
      .filter((line) => line.startsWith(address))
      .map((line) => line.replace(/^\S+/, `[127.0.0.1]:${port}`));
    await this.project.write("known_hosts", `${lines.join("\n")}\n`);
    const host = {
      ansible_host: "127.0.0.1",
      ansible_port: port,
      ansible_user: this.lab.user,
      ansible_ssh_private_key_file: this.lab.privateKeyPath,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${this.project.folder}/known_hosts -o GlobalKnownHostsFile=/dev/null`,
    };
    await this.project.write(
      "proxied.yaml",
      JSON.stringify({ all: { hosts: Object.fromEntries(names.map((name) => [name, host])) } }),
    );
    return "proxied.yaml";
  }

  async run(
    tasks: readonly LawTask[],
    options: Partial<RunOptions> = {},
    vars: Arguments = {},
    file = "laws.yaml",
  ): Promise<FinishedRun> {
    await this.project.write(file, playbookOf(tasks, vars));
    return await this.project.run(file, { inventory: ["inventory.yaml"], ...options });
  }
}

/** A playbook that goes on after failures. JSON is YAML. */
export function playbookOf(tasks: readonly LawTask[], vars: Arguments = {}): string {
  const play = {
    hosts: "all",
    become: true,
    gather_facts: false,
    vars,
    tasks: tasks.map(({ name, module, args, isNoLog }) => ({
      name,
      [module]: args,
      ignore_errors: true,
      ...(isNoLog && { no_log: true }),
    })),
  };
  return JSON.stringify([play], undefined, 1);
}

let prepared: LawHost | undefined;

after("the project of the laws", () => prepared?.project.remove());
