import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { CutProxy } from "./cut-proxy.ts";
import { useLab } from "./lab.ts";
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

describe("a connection that is cut", () => {
  const lab = useLab({ hosts: 1 });
  let proxy: CutProxy;
  let project: TestProject;
  let probes: ReadonlyMap<string, string>;

  before(async () => {
    const [host] = lab().hosts;
    if (!host) throw new Error("no lab host");
    proxy = await CutProxy.to(host.address, 22);
    const big = Buffer.alloc(200_000, "0123456789abcdef\n");
    const knownHosts = (await readFile(lab().knownHostsPath, "utf8"))
      .split("\n")
      .filter((line) => line.startsWith(host.address))
      .map((line) => line.replace(/^\S+/, `[127.0.0.1]:${proxy.port}`));
    project = await TestProject.create({
      known_hosts: `${knownHosts.join("\n")}\n`,
      "files/big.bin": big.toString("latin1"),
      "inventory.yaml": JSON.stringify({
        all: {
          hosts: {
            node1: {
              ansible_host: "127.0.0.1",
              ansible_port: proxy.port,
              ansible_user: lab().user,
              ansible_ssh_private_key_file: lab().privateKeyPath,
            },
          },
        },
      }),
      "play.yaml": `- hosts: all\n  become: true\n  gather_facts: false\n  tasks:\n${tasks.map(([name, yaml]) => `    - name: ${name}\n      ${yaml}\n`).join("")}`,
    });
    await project.write(
      "inventory.yaml",
      (await readFile(`${project.folder}/inventory.yaml`, "utf8")).replace(
        '"ansible_user"',
        `"ansible_ssh_common_args":"-o UserKnownHostsFile=${project.folder}/known_hosts -o GlobalKnownHostsFile=/dev/null","ansible_user"`,
      ),
    );
    const { createHash } = await import("node:crypto");
    const sum = createHash("sha256").update(big).digest("hex");
    probes = new Map(tasks.map(([name, , probe]) => [name, probe.replace("BIGSUM", `${sum} `)]));
  });

  after(async () => {
    proxy.close();
    await project.remove();
  });

  async function clean(): Promise<void> {
    await lab().root(
      "node1",
      "systemctl stop cron; rm -rf /srv/cut /srv/cutu; userdel -f cutu 2>/dev/null; groupdel cutg 2>/dev/null; rm -rf /dev/shm/.tsrun-*; true",
    );
  }

  it(`at ${offsets} byte offsets never gives a false ok, and the rerun converges`, async function () {
    this.timeout(600_000);
    await clean();
    proxy.reset(Number.POSITIVE_INFINITY);
    const whole = await project.run("play.yaml");
    expect(whole.exitCode, whole.failures).to.equal(0);
    const total = proxy.bytes;
    expect(total).to.be.greaterThan(200_000);
    for (let number = 0; number < offsets; number++) {
      // The login is the first few kilobytes: most cuts fall into the tasks.
      const limit = Math.round(1000 + ((total - 2000) * number) / (offsets - 1));
      await clean();
      proxy.reset(limit);
      const cut = await project.run("play.yaml");
      const results = cut.results("node1");
      expect(cut.exitCode, `cut after ${limit} bytes of ${total}: ${cut.failures}`).to.equal(4);
      const claimed = [...results]
        .filter(([, { status }]) => status === "ok" || status === "changed")
        .map(([name]) => name);
      for (const name of claimed) {
        const probe = await lab().sh("node1", `sh -c '${(probes.get(name) as string).replaceAll("'", "'\\''")}'`, {
          user: "root",
        });
        expect(probe.exitCode, `${name} was called done after a cut at ${limit}`).to.equal(0);
      }
      proxy.reset(Number.POSITIVE_INFINITY);
      const rerun = await project.run("play.yaml");
      expect(rerun.exitCode, `rerun after a cut at ${limit}: ${rerun.failures}`).to.equal(0);
      const third = await project.run("play.yaml");
      expect(third.changed["node1"], `third run after a cut at ${limit}`).to.equal(0);
      // The remote side notices the end of a connection within about two seconds.
      const leftovers = await lab().root(
        "node1",
        'for i in 1 2 3 4 5 6 7 8 9 10; do l=$(find /srv /etc /tmp /home /root -name \'.tsrun-*\'; ls -A /dev/shm | grep tsrun); [ -z "$l" ] && exit; sleep 0.5; done; echo "$l"; cat /dev/shm/.tsrun-*/pid | xargs ps -f -p',
      );
      expect(leftovers.trim(), `leftovers after a cut at ${limit}`).to.equal("");
    }
  });
});
