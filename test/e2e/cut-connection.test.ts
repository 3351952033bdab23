import { readFile } from "node:fs/promises";
import { createHash, randomBytes } from "node:crypto";
import { expect } from "chai";
import { CutProxy } from "./cut-proxy.ts";
import { type TestLab, useLab } from "./lab.ts";
import { TestProject } from "./run-tsrun.ts";

/** Each task with a probe that tells, without tsrun, whether what the task claims holds. */
const tasks: readonly (readonly [name: string, yaml: string, probe: string])[] = [
  ["group", "group: {name: cutg, gid: 4711}", "getent group cutg | grep -q :4711:"],
  [
    "user",
    "user: {name: cutu, group: cutg, shell: /bin/sh, home: /srv/cutu}",
    "getent passwd cutu | grep -q /srv/cutu:/bin/sh",
  ],
  [
    "directory",
    "file: {path: /srv/cut, state: directory, owner: cutu, mode: '0750'}",
    '[ "$(stat -c "%U %a" /srv/cut)" = "cutu 750" ]',
  ],
  ["small", "copy: {content: 'hello', dest: /srv/cut/small, mode: '0600'}", '[ "$(cat /srv/cut/small)" = hello ]'],
  ["big", "copy: {src: big.bin, dest: /srv/cut/big, mode: '0640'}", "echo BIGSUM /srv/cut/big | sha256sum -c --quiet"],
  ["line", "lineinfile: {path: /srv/cut/lines, line: world, create: true}", "grep -qx world /srv/cut/lines"],
  ["command", "command: touch /srv/cut/touched creates=/srv/cut/touched", "[ -e /srv/cut/touched ]"],
  ["unit", "systemd: {name: cron, state: started, enabled: true}", "systemctl is-active -q cron"],
];

const offsets = 20;
/** Hosts that are cut side by side. */
const names = ["node1", "node2", "node3", "node4"] as const;

/** One host behind a proxy that cuts, and a project that reaches it through that. */
class Lane {
  readonly name: string;
  readonly proxy: CutProxy;
  readonly project: TestProject;
  readonly #lab: TestLab;
  readonly #probes: ReadonlyMap<string, string>;

  private constructor(name: string, proxy: CutProxy, project: TestProject, lab: TestLab, sum: string) {
    this.name = name;
    this.proxy = proxy;
    this.project = project;
    this.#lab = lab;
    this.#probes = new Map(tasks.map(([task, , probe]) => [task, probe.replace("BIGSUM", `${sum} `)]));
  }

  static async to(lab: TestLab, name: string): Promise<Lane> {
    const host = lab.hosts.find((one) => one.name === name);
    if (!host) throw new Error(`no lab host ${name}`);
    const proxy = await CutProxy.to(host.address, 22);
    // What could be compressed would not be on the way long enough to be cut.
    const big = Buffer.from(randomBytes(150_000).toString("base64"));
    const knownHosts = (await readFile(lab.knownHostsPath, "utf8"))
      .split("\n")
      .filter((line) => line.split(/[ ,]/)[0] === host.address)
      .map((line) => line.replace(/^\S+/, `[127.0.0.1]:${proxy.port}`));
    const project = await TestProject.create({
      known_hosts: `${knownHosts.join("\n")}\n`,
      "files/big.bin": big.toString("latin1"),
      "play.yaml": `- hosts: all\n  become: true\n  gather_facts: false\n  tasks:\n${tasks.map(([task, yaml]) => `    - name: ${task}\n      ${yaml}\n`).join("")}`,
    });
    const variables = {
      ansible_host: "127.0.0.1",
      ansible_port: proxy.port,
      ansible_user: lab.user,
      ansible_ssh_private_key_file: lab.privateKeyPath,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${project.folder}/known_hosts -o GlobalKnownHostsFile=/dev/null`,
    };
    await project.write("inventory.yaml", JSON.stringify({ all: { hosts: { [name]: variables } } }));
    return new Lane(name, proxy, project, lab, createHash("sha256").update(big).digest("hex"));
  }

  async close(): Promise<void> {
    this.proxy.close();
    await this.project.remove();
  }

  /** Bytes of a run that nobody cuts. */
  async wholeRun(): Promise<number> {
    await this.#clean();
    await this.proxy.reset(Number.POSITIVE_INFINITY);
    const whole = await this.project.run("play.yaml");
    expect(whole.exitCode, whole.failures).to.equal(0);
    return this.proxy.bytes;
  }

  /** A run that is cut, one that goes on, one that finds all done. */
  async cutAfter(limit: number): Promise<void> {
    await this.#clean();
    await this.proxy.reset(limit);
    const cut = await this.project.run("play.yaml");
    expect(cut.exitCode, `cut after ${limit} bytes: ${cut.failures}`).to.equal(4);
    for (const [task, { status }] of cut.results(this.name)) {
      if (status !== "ok" && status !== "changed") continue;
      const probe = `sh -c '${(this.#probes.get(task) as string).replaceAll("'", "'\\''")}'`;
      const { exitCode } = await this.#lab.sh(this.name, probe, { user: "root" });
      expect(exitCode, `${task} was called done after a cut at ${limit}`).to.equal(0);
    }
    await this.proxy.reset(Number.POSITIVE_INFINITY);
    const rerun = await this.project.run("play.yaml");
    expect(rerun.exitCode, `rerun after a cut at ${limit}: ${rerun.failures}`).to.equal(0);
    const third = await this.project.run("play.yaml");
    expect(third.changed[this.name], `third run after a cut at ${limit}`).to.equal(0);
    // The remote side notices the end of a connection within about two seconds.
    const leftovers = await this.#lab.root(
      this.name,
      'for i in 1 2 3 4 5 6 7 8 9 10; do l=$(find /srv /etc /tmp /home /root -name \'.tsrun-*\'; ls -A /dev/shm | grep tsrun); [ -z "$l" ] && exit; sleep 0.5; done; echo "$l"; cat /dev/shm/.tsrun-*/pid | xargs ps -f -p',
    );
    expect(leftovers.trim(), `leftovers after a cut at ${limit}`).to.equal("");
  }

  async #clean(): Promise<void> {
    await this.#lab.root(
      this.name,
      "systemctl stop cron; rm -rf /srv/cut /srv/cutu; userdel -f cutu 2>/dev/null; groupdel cutg 2>/dev/null; rm -rf /dev/shm/.tsrun-*; true",
    );
  }
}

describe("a connection that is cut", () => {
  const lab = useLab({ hosts: names.length });
  const lanes: Lane[] = [];

  before(async () => {
    for (const name of names) lanes.push(await Lane.to(lab(), name));
  });
  after(() => Promise.all(lanes.map((lane) => lane.close())));

  it(`at ${offsets} byte offsets never gives a false ok, and the rerun converges`, async function () {
    this.timeout(600_000);
    const total = await (lanes[0] as Lane).wholeRun();
    expect(total).to.be.greaterThan(200_000);
    // The login is the first few kilobytes: most cuts fall into the tasks. Runs differ by some hundred bytes from host to host.
    const lastCut = total * 0.97;
    const limits = Array.from({ length: offsets }, (_, number) =>
      Math.round(1000 + ((lastCut - 1000) * number) / (offsets - 1)),
    );
    await Promise.all(
      lanes.map(async (lane, index) => {
        for (const limit of limits.filter((_, number) => number % lanes.length === index)) await lane.cutAfter(limit);
      }),
    );
  });
});
