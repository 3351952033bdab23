import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { useLab } from "./lab.ts";
import { type FinishedRun, TestProject } from "./run-tsrun.ts";

/** Units by name, and what becomes of `state: started`. */
const units: Readonly<Record<string, { readonly text: string; readonly failure?: RegExp }>> = {
  "stays-up": { text: "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n" },
  "dies-at-once": {
    text: "[Service]\nExecStart=/bin/sh -c 'echo no such setting; exit 1'\n",
    failure: /no such setting[^]*dies-at-once[^]*ended right after it was started/,
  },
  "works-3-seconds-and-dies": {
    text: "[Service]\nExecStart=/bin/sh -c 'timeout 3 sh -c \"while :; do :; done\"; echo bad port; exit 3'\n",
    failure: /bad port[^]*ended right after it was started \(failed, Result=exit-code, ExecMainStatus=3\)/,
  },
  "dies-and-is-restarted": {
    text: "[Unit]\nStartLimitBurst=100\n[Service]\nExecStart=/bin/sh -c 'sleep 0.3; exit 1'\nRestart=on-failure\nRestartSec=0.2\n",
    failure: /ended right after it was started/,
  },
  "never-ready": {
    text: "[Service]\nType=notify\nTimeoutStartSec=1\nExecStart=/bin/sleep infinity\n",
    failure: /Unable to start service never-ready: Job for never-ready.service failed because a timeout was exceeded/,
  },
  "lacks-its-file": {
    text: "[Unit]\nConditionPathExists=/nonexistent\n[Service]\nExecStart=/bin/sleep infinity\n",
    failure: /ConditionPathExists=\/nonexistent/,
  },
  "runs-once": { text: "[Service]\nType=oneshot\nExecStart=/bin/true\n" },
  "not-for-containers": {
    text: "[Unit]\nConditionVirtualization=!container\n[Service]\nExecStart=/bin/sleep infinity\n",
  },
};

const started = Object.keys(units)
  .map((name) => `    - {name: ${name}, systemd: {name: ${name}, state: started}, ignore_errors: true}\n`)
  .join("");

const playbook = `
- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: files, copy: {dest: "/etc/systemd/system/{{ item.key }}.service", content: "{{ item.value }}", mode: "0644"}, loop: "{{ units | dict2items }}"}
    - {name: reload, systemd: {daemon_reload: true}}
${started}    - {name: enable, systemd: {name: stays-up, enabled: true}}
    - {name: missing, systemd: {name: nonesuch, state: started}, ignore_errors: true}
`;

describe("units on a real host", () => {
  const lab = useLab({ hosts: 1 });
  let project: TestProject;
  before(async () => {
    await lab().reset("node1");
    project = await TestProject.create({
      "units.yaml": playbook,
      "restart.yaml":
        "- {hosts: node1, become: true, gather_facts: false, tasks: [{name: restart, service: {name: stays-up, state: restarted}}]}\n",
      "stop.yaml":
        "- {hosts: node1, become: true, gather_facts: false, tasks: [{name: stop, service: {name: stays-up, state: stopped, enabled: false}}]}\n",
      "inventory.yaml": await readFile(lab().inventoryPath, "utf8"),
    });
  });
  after(() => project.remove());
  const texts = Object.fromEntries(Object.entries(units).map(([name, { text }]) => [name, text]));
  const run = (name: string): Promise<FinishedRun> =>
    project.run(name, { inventory: ["inventory.yaml"], extraVars: [JSON.stringify({ units: texts })] });

  it("must stay up to count as started, and say why when they do not", async function () {
    this.timeout(120_000);
    const first = await run("units.yaml");
    const results = first.results("node1");
    for (const [name, { failure }] of Object.entries(units)) {
      const result = results.get(name);
      if (!failure) expect(result?.status, `${name}: ${JSON.stringify(result?.result)}`).to.equal("changed");
      else {
        expect(result?.status, name).to.equal("failed");
        expect(String(result?.result["stderr"]), name).to.match(failure);
      }
    }
    expect(results.get("missing")?.result["msg"]).to.include("Could not find the requested service nonesuch: host");
    expect(results.get("enable")?.status).to.equal("changed");
    expect(await lab().root("node1", "systemctl is-active stays-up; systemctl is-enabled stays-up")).to.equal(
      "active\nenabled\n",
    );

    const second = (await run("units.yaml")).results("node1");
    for (const name of ["files", "reload", "stays-up", "enable"]) expect(second.get(name)?.status, name).to.equal("ok");
  });

  it("are looked at again when the play ends: one that died meanwhile fails its host, one that was stopped does not", async function () {
    this.timeout(60_000);
    const unit = (name: string, command: string): string =>
      `    - {name: file of ${name}, copy: {dest: /etc/systemd/system/${name}.service, mode: "0644", content: "[Service]\\nExecStart=/bin/sh -c '${command}'\\n"}}\n`;
    await project.write(
      "dies-later.yaml",
      `- hosts: node1
  become: true
  gather_facts: false
  tasks:
${unit("gets-stopped", "sleep 100")}${unit("dies-in-peace", "sleep 1; exit 0")}${unit("dies-later", "sleep 1; echo no license; exit 2")}
    - {name: started and stopped, systemd: {name: gets-stopped, state: started}}
    - {name: started in vain, systemd: {name: dies-later, state: started}, ignore_errors: "{{ forgiven | default(false) | bool }}"}
    - {name: ends by itself, service: {name: dies-in-peace, state: started}}
    - {name: by hand, command: systemctl stop gets-stopped}
- hosts: node1
  gather_facts: false
  tasks: [{name: next play, ping: }]
`,
    );
    const died = await run("dies-later.yaml");
    const results = died.results("node1");
    expect(died.exitCode).to.equal(2);
    expect(results.get("started in vain")?.status).to.equal("failed");
    expect(String(results.get("started in vain")?.result["msg"])).to.match(
      /service dies-later has ended since it was started \(failed, Result=exit-code, ExecMainStatus=2\)/,
    );
    expect(String(results.get("started in vain")?.result["stderr"])).to.include("no license");
    expect(results.get("next play")).to.equal(undefined);

    await lab().root("node1", "systemctl reset-failed dies-later");
    const forgiven = await project.run("dies-later.yaml", {
      inventory: ["inventory.yaml"],
      extraVars: ["forgiven=yes"],
    });
    expect(forgiven.exitCode, forgiven.failures).to.equal(0);
  });

  it("reloads a changed unit file before it restarts", async function () {
    this.timeout(60_000);
    await lab().root(
      "node1",
      "echo Environment=A=B >> /etc/systemd/system/stays-up.service; sed -i '/^ExecStart/aEnvironment=C=D' /etc/systemd/system/stays-up.service",
    );
    const before = await lab().root("node1", "systemctl show -p MainPID,NeedDaemonReload stays-up");
    expect(before).to.include("NeedDaemonReload=yes");
    const restarted = await run("restart.yaml");
    expect(restarted.results("node1").get("restart")?.status).to.equal("changed");
    const after = await lab().root("node1", "systemctl show -p MainPID,NeedDaemonReload,Environment stays-up");
    expect(after).to.include("NeedDaemonReload=no").and.to.include("C=D");
    expect(after).to.not.include(/MainPID=\d+/.exec(before)?.[0]);
    const stopped = await run("stop.yaml");
    expect(stopped.changed).to.deep.equal({ node1: 1 });
    expect((await run("stop.yaml")).changed).to.deep.equal({ node1: 0 });
  });

  it("counts a unit that has failed as stopped, and reloads only when files changed", async function () {
    this.timeout(60_000);
    await project.write(
      "failed.yaml",
      `- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: stop, systemd: {name: dies-at-once, state: stopped, daemon_reload: true}}
    - {name: enable, systemd: {name: stays-up, enabled: true, state: started, daemon_reload: true}}
`,
    );
    await lab().root("node1", "systemctl start dies-at-once; sleep 0.5; systemctl enable --now stays-up");
    expect((await lab().sh("node1", "systemctl is-failed dies-at-once")).stdout).to.equal("failed\n");
    // systemd stamps each reload.
    const loaded = "systemctl show -p UnitsLoadTimestampMonotonic --value";
    await lab().root("node1", "systemctl daemon-reload");
    const before = await lab().root("node1", loaded);
    const still = await run("failed.yaml");
    expect(still.changed, still.failures).to.deep.equal({ node1: 0 });
    expect(await lab().root("node1", loaded)).to.equal(before);
    await lab().root("node1", "sleep 1; echo '[Service]' > /etc/systemd/system/new-one.service");
    const reloaded = await run("failed.yaml");
    expect(reloaded.changed, reloaded.failures).to.deep.equal({ node1: 0 });
    expect(await lab().root("node1", loaded)).not.to.equal(before);
  });
});

describe("accounts on a real host", () => {
  const lab = useLab({ hosts: 1 });
  const tasks = `
- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: make, user: {name: anna, uid: 1500, groups: [audio, sudo], comment: "Anna Ünal", home: /srv/deep/anna, shell: /bin/sh, password: "$6$aa$bb", generate_ssh_key: true, ssh_key_type: ed25519, ssh_key_passphrase: hunter22, expires: 2000000000}}
    - {name: lock, user: {name: anna, password_lock: true, groups: audio, password_expire_max: 90}}
    - {name: key, authorized_key: {user: anna, key: "ssh-ed25519 AAAAC3Nz1 anna@laptop"}}
    - {name: remove, user: {name: anna, state: absent, remove: true}, tags: [never, remove]}
`;
  let project: TestProject;
  before(async () => {
    project = await TestProject.create({
      "users.yaml": tasks,
      "inventory.yaml": await readFile(lab().inventoryPath, "utf8"),
    });
  });
  after(() => project.remove());

  it("are made with home, password and key, locked and removed", async function () {
    this.timeout(60_000);
    const first = await project.run("users.yaml", { inventory: ["inventory.yaml"] });
    expect(first.exitCode, first.failures).to.equal(0);
    expect(JSON.stringify(first.events)).to.not.include("$6$aa$bb").and.to.not.include("hunter22");
    const state = await lab().root(
      "node1",
      "getent passwd anna; getent shadow anna | cut -d : -f 2,5,8; id -nG anna; stat -c '%a %U' /srv/deep/anna/.ssh/id_ed25519; ssh-keygen -y -P hunter22 -f /srv/deep/anna/.ssh/id_ed25519 | cut -c 1-11",
    );
    expect(state.split("\n")).to.deep.equal([
      "anna:x:1500:1500:Anna Ünal:/srv/deep/anna:/bin/sh",
      "!$6$aa$bb:90:23148",
      "anna audio",
      "600 anna",
      "ssh-ed25519",
      "",
    ]);
    const file = await lab().root(
      "node1",
      "stat -c '%a %U %G' /srv/deep/anna/.ssh/authorized_keys; cat /srv/deep/anna/.ssh/authorized_keys",
    );
    expect(file).to.equal("600 anna anna\nssh-ed25519 AAAAC3Nz1 anna@laptop\n");
    const again = await project.run("users.yaml", { inventory: ["inventory.yaml"] });
    expect(again.results("node1").get("key")?.status).to.equal("ok");
    const removed = await project.run("users.yaml", { inventory: ["inventory.yaml"], tags: ["remove"] });
    expect(removed.exitCode, removed.failures).to.equal(0);
    expect(await lab().root("node1", "getent passwd anna || echo gone; ls /srv/deep")).to.equal("gone\n");
  });
});
