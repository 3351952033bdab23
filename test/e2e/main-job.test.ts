import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { load, dump } from "js-yaml";
import { readFile } from "node:fs/promises";
import { useLab } from "./lab.ts";
import { type FinishedRun, TestProject } from "./run-tsrun.ts";

const playbook = `
- hosts: all
  become: true
  vars:
    app: demo
    greeting: hello
  tasks:
    - name: Packages
      package: {name: [cron], state: present, update_cache: true, cache_valid_time: 86400}
    - group: {name: "{{ app }}", system: true}
    - user: {name: "{{ app }}", group: "{{ app }}", system: true, home: "/srv/{{ app }}", shell: /usr/sbin/nologin}
    - file: {path: "/srv/{{ app }}/{{ item }}", state: directory, owner: "{{ app }}", group: "{{ app }}", mode: "0750"}
      loop: [etc, data, log]
    - name: Configuration
      template: {src: app.conf.j2, dest: "/srv/{{ app }}/etc/app.conf", owner: root, group: "{{ app }}", mode: "0640"}
      notify: restart app
    - name: Unit
      copy:
        dest: /etc/systemd/system/{{ app }}.service
        mode: "0644"
        content: |
          [Service]
          ExecStart=/bin/sleep infinity
          [Install]
          WantedBy=multi-user.target
      notify: restart app
    - name: Service
      systemd: {name: "{{ app }}", state: started, enabled: true}
  handlers:
    - name: restart app
      systemd: {name: "{{ app }}", state: restarted}
`;

describe("tsrun playbook on lab hosts", () => {
  const lab = useLab({ hosts: 4 });
  let project: TestProject;

  before(async () => {
    await lab().reset();
    project = await TestProject.create({
      "playbooks/site.yaml": playbook,
      "playbooks/templates/app.conf.j2":
        "# {{ ansible_managed }}\ngreeting={{ greeting }}\n{% for host in groups['all'] %}\npeer={{ hostvars[host].ansible_host }}\n{% endfor %}\n",
      "inventory.yaml": await readFile(lab().inventoryPath, "utf8"),
    });
  });

  after(() => project.remove());

  it("changes fresh hosts, then nothing, then only the host that was edited", async function () {
    this.timeout(300_000);
    const first = await project.run("site.yaml");
    expect(first.exitCode, first.failures).to.equal(0);
    for (const { name } of lab().hosts) expect(first.changed[name], name).to.be.greaterThan(5);

    const second = await project.run("site.yaml");
    expect(second.exitCode, second.failures).to.equal(0);
    expect(second.changed).to.deep.equal({ node1: 0, node2: 0, node3: 0, node4: 0 });

    const inventory = load(await readFile(lab().inventoryPath, "utf8")) as {
      all: { hosts: Record<string, Record<string, unknown>> };
    };
    inventory.all.hosts["node3"] = { ...inventory.all.hosts["node3"], greeting: "hallo" };
    await project.write("inventory.yaml", dump(inventory));
    const third = await project.run("site.yaml", { extraVars: [] });
    expect(third.exitCode, third.failures).to.equal(0);
    // Play vars are stronger than the inventory's: the play's own greeting must not hide the host's.
    expect(third.changed).to.deep.equal({ node1: 0, node2: 0, node3: 0, node4: 0 });

    await project.write("playbooks/site.yaml", playbook.replace("    greeting: hello\n", ""));
    await project.write("playbooks/group_vars/all.yaml", "greeting: hello\n");
    const fourth = await project.run("site.yaml");
    expect(fourth.exitCode, fourth.failures).to.equal(0);
    expect(fourth.changed).to.deep.equal({ node1: 0, node2: 0, node3: 2, node4: 0 });
    expect(await lab().root("node3", "cat /srv/demo/etc/app.conf")).to.contain("greeting=hallo\n");
  });

  it("starts a service that was stopped, and says so", async () => {
    await lab().root("node2", "systemctl stop demo");
    const run = await project.run("site.yaml");
    expect(run.changed).to.deep.equal({ node1: 0, node2: 1, node3: 0, node4: 0 });
    expect(await lab().root("node2", "systemctl is-active demo")).to.equal("active\n");
  });

  it("predicts under --check what the run then changes, and writes nothing", async () => {
    await lab().root("node1", "systemctl stop demo; userdel demo; rm -r /srv/demo");
    const snapshot =
      "find /etc /srv /home -xdev -printf '%p %m %u %T@ %s\\n' | sort | sha256sum; systemctl is-active demo || true";
    const before = await lab().root("node1", snapshot);
    const check = await project.run("site.yaml", { isCheck: true, limit: ["node1"] });
    expect(check.exitCode, check.failures).to.equal(0);
    expect(await lab().root("node1", snapshot)).to.equal(before);
    const real = await project.run("site.yaml", { limit: ["node1"] });
    expect(real.exitCode, real.failures).to.equal(0);
    const statuses = (run: FinishedRun): unknown =>
      Object.fromEntries([...run.results("node1")].map(([name, { status }]) => [name, status]));
    expect(statuses(check)).to.deep.equal(statuses(real));
    expect(check.changed["node1"]).to.equal(real.changed["node1"]);
  });

  it("ends on Ctrl-C within 10 seconds with exit code 99, a recap, and nothing left running", async function () {
    this.timeout(60_000);
    await project.write(
      "playbooks/slow.yaml",
      "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: long\n      command: sleep 4711\n",
    );
    const main = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
    const child = spawn(process.execPath, [main, "playbook", "slow.yaml"], { cwd: project.folder });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const isRunning = async (): Promise<boolean> => (await lab().sh("node1", "pgrep -f '^sleep 4711'")).exitCode === 0;
    for (let wait = 0; wait < 100 && !(await isRunning()); wait++)
      await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await isRunning(), output).to.equal(true);
    const interruptedAt = performance.now();
    child.kill("SIGINT");
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(performance.now() - interruptedAt).to.be.lessThan(10_000);
    expect(code, output).to.equal(99);
    expect(output).to.contain("PLAY RECAP");
    expect(await isRunning()).to.equal(false);
  });
});
