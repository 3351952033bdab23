import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { useLab } from "./lab.ts";
import { type FinishedRun, TestProject } from "./run-tsrun.ts";

/** Something that writes to the host behind the run's back, so many seconds from now. */
const later = (seconds: number, command: string): string =>
  `{name: later, command: systemd-run --collect --on-active=${seconds} --timer-property=AccuracySec=100ms ${command}}`;

/** What reading ahead could get wrong. Each play reads something early that is no longer so, or must not be read at all. */
describe("reading ahead on a real host", () => {
  const lab = useLab({ hosts: 1 });
  let project: TestProject;

  before(async () => {
    const inventory = await readFile(lab().inventoryPath, "utf8");
    const alias = inventory.replace(/\bnode1:/, "twin:");
    project = await TestProject.create({ "inventory.yaml": inventory, "twin.yaml": alias });
  });
  beforeEach(() => lab().root("node1", "rm -rf /srv/ahead; mkdir -p /srv/ahead"));
  after(() => project.remove());

  const run = async (tasks: readonly string[], head = "", files: readonly string[] = []): Promise<FinishedRun> => {
    const list = tasks.map((task) => `    - ${task}\n`).join("");
    await project.write("p.yaml", `- hosts: node1\n  gather_facts: false\n  become: true\n${head}  tasks:\n${list}`);
    const inventory = ["inventory.yaml", ...files];
    return await project.run("p.yaml", { inventory, limit: ["node1"], wantsProfile: true });
  };
  const statuses = (finished: FinishedRun): Record<string, string> => {
    expect(finished.exitCode, finished.failures).to.equal(0);
    return Object.fromEntries([...finished.results("node1")].map(([name, { status }]) => [name, status]));
  };
  const look = "{name: look, stat: {path: /srv/ahead/p}}";
  const gone = "{name: gone, file: {path: /srv/ahead/p, state: absent}}";

  for (const [what, write] of [
    ["a command, whatever changed_when says", "{name: write, command: touch /srv/ahead/p, changed_when: false}"],
    ["a shell", "{name: write, shell: 'cd /srv/ahead && touch p'}"],
    ["raw", "{name: write, raw: touch /srv/ahead/p}"],
    ["a failure that is ignored", "{name: write, shell: 'touch /srv/ahead/p; exit 1', ignore_errors: true}"],
    [
      "a command that runs out of time",
      "{name: write, shell: 'touch /srv/ahead/p; sleep 60', timeout: 1, ignore_errors: true}",
    ],
    ["a module", "{name: write, copy: {content: x, dest: /srv/ahead/p}}"],
    ["another name of the machine", "{name: write, command: touch /srv/ahead/p, delegate_to: twin}"],
  ] as const) {
    it(`does not believe after ${what} what it read before`, async () => {
      const finished = await run([look, write, gone], "", ["twin.yaml"]);
      expect(statuses(finished)).to.include({ look: "ok", gone: "changed" });
    });
  }

  it("does not believe what it read before a pause, a retry or an async task", async function () {
    this.timeout(60_000);
    const paused = await run([
      look,
      later(1, "touch /srv/ahead/p"),
      gone,
      "{name: wait, pause: {seconds: 3}}",
      gone.replace("gone", "again"),
    ]);
    expect(statuses(paused)).to.include({ gone: "ok", again: "changed" });
    const retried = await run([
      look,
      later(1, "touch /srv/ahead/p"),
      "{name: retry, stat: {path: /srv/ahead/p}, register: s, until: s.stat.exists, retries: 20, delay: 1}",
      gone,
    ]);
    expect(statuses(retried)).to.include({ retry: "ok", gone: "changed" });
    const background = await run([
      look,
      "{name: start, shell: 'sleep 1; touch /srv/ahead/p', async: 30, poll: 0}",
      "{name: wait, pause: {seconds: 3}}",
      gone,
    ]);
    expect(statuses(background)).to.include({ gone: "changed" });
  });

  it("knows units for seconds only", async function () {
    this.timeout(60_000);
    const text = "[Service]\\nExecStart=/bin/sleep infinity\\n";
    const finished = await run([
      `{name: unit, copy: {content: "${text}", dest: /etc/systemd/system/ahead.service}}`,
      "{name: first, systemd: {name: ahead, state: started, daemon_reload: true}}",
      later(1, "systemctl stop ahead"),
      "{name: still, systemd: {name: ahead, state: started}}",
      "{name: wait, pause: {seconds: 3}}",
      "{name: second, systemd: {name: ahead, state: started}}",
    ]);
    expect(statuses(finished)).to.include({ first: "changed", second: "changed" });
    await lab().root("node1", "systemctl stop ahead; rm /etc/systemd/system/ahead.service; systemctl daemon-reload");
  });

  it("waits for registered results, facts and lists that only the run makes", async () => {
    const finished = await run([
      "{name: name, command: echo /srv/ahead/made, register: r, changed_when: false}",
      '{name: fact, set_fact: {path: "{{ r.stdout }}-by-fact"}}',
      '{name: arg, file: {path: "{{ r.stdout }}", state: directory}}',
      '{name: by fact, file: {path: "{{ path }}", state: directory}}',
      '{name: loop, file: {path: "{{ item }}/x", state: directory}, loop: "{{ [r.stdout, path] }}"}',
      "{name: guarded, file: {path: /srv/ahead/never, state: directory}, when: \"r.stdout == 'other'\"}",
    ]);
    expect(statuses(finished)).to.include({
      arg: "changed",
      "by fact": "changed",
      loop: "changed",
      guarded: "skipped",
    });
    expect(await lab().root("node1", "cd /srv/ahead && find . | sort | tr '\\n' ' '")).to.equal(
      ". ./made ./made-by-fact ./made-by-fact/x ./made/x ",
    );
  });

  it("runs no lookup that does something, and no task of which the condition is false", async () => {
    const counter = join(project.folder, "counter");
    await run([
      look,
      `{name: one, copy: {content: "{{ lookup('pipe', 'echo x >> ${counter}; cat ${counter}') }}", dest: /srv/ahead/c}}`,
      `{name: none, copy: {content: "{{ lookup('pipe', 'echo y >> ${counter}') }}", dest: /srv/ahead/d}, when: false}`,
    ]);
    expect(await readFile(counter, "utf8")).to.equal("x\n");
  });

  it("sees handlers' state when they run", async () => {
    const handlers = "  handlers:\n    - {name: gone, file: {path: /srv/ahead/p, state: absent}}\n";
    const finished = await run(
      [
        look,
        "{name: notify, copy: {content: x, dest: /srv/ahead/q}, notify: gone}",
        "{name: write, command: touch /srv/ahead/p}",
      ],
      handlers,
    );
    expect(statuses(finished)).to.include({ notify: "changed", gone: "changed" });
  });

  it("keeps apart what different users see", async () => {
    await lab().root("node1", "mkdir -p -m 700 /srv/ahead/secret; touch /srv/ahead/secret/f");
    const finished = await run([
      "{name: theirs, stat: {path: /srv/ahead/secret/f}, become: true, become_user: nobody, failed_when: false}",
      "{name: ours, stat: {path: /srv/ahead/secret/f}}",
    ]);
    const exists = (name: string) =>
      (finished.results("node1").get(name)?.result["stat"] as { exists?: boolean })?.exists;
    expect(exists("ours")).to.equal(true);
    expect(exists("theirs")).to.not.equal(true);
  });

  it("asks again for itself what could not be answered ahead: a tool that a task installs", async function () {
    this.timeout(120_000);
    await lab().root("node1", "dpkg --purge acl >/dev/null 2>&1; touch /srv/ahead/f");
    const finished = await run([
      look,
      "{name: tool, package: {name: acl}}",
      "{name: use, acl: {path: /srv/ahead/f, entity: daemon, etype: user, permissions: r, state: present}}",
    ]);
    expect(statuses(finished)).to.include({ tool: "changed", use: "changed" });
  });

  it("is not held up by what hangs, and hides no hang of a task's own", async function () {
    this.timeout(90_000);
    await lab().root(
      "node1",
      "printf '#!/bin/sh\\nexec sleep 600\\n' >/usr/local/bin/dpkg-query; chmod 755 /usr/local/bin/dpkg-query",
    );
    try {
      const startedAt = performance.now();
      const finished = await run([
        look,
        "{name: made, file: {path: /srv/ahead/d, state: directory}}",
        "{name: hangs, package: {name: bash}, timeout: 3, ignore_errors: true}",
      ]);
      expect(statuses(finished)).to.include({ look: "ok", made: "changed" });
      expect(finished.results("node1").get("hangs")?.status).to.equal("failed");
      expect(performance.now() - startedAt).to.be.below(60_000);
    } finally {
      await lab().root("node1", "rm /usr/local/bin/dpkg-query; pkill -f 'sleep 600' || true");
    }
  });

  it("leaves costly reads to the task that needs them, and asks for all the rest in one round trip", async function () {
    this.timeout(60_000);
    await project.write("big", "x".repeat(3_000_000));
    const many = Array.from(
      { length: 40 },
      (_, index) => `{name: d${index}, file: {path: /srv/ahead/d${index}, state: directory}}`,
    );
    const tasks = [look, ...many, "{name: big, copy: {src: big, dest: /srv/ahead/big}}"];
    await run(tasks);
    const again = await run(tasks);
    const profiles = again.events.flatMap((event) => (event.type === "profile" ? [event] : []));
    expect(statuses(again)).to.include({ d0: "ok", d39: "ok", big: "ok" });
    expect(profiles.reduce((sum, { roundTrips }) => sum + roundTrips, 0)).to.equal(2);
    expect(profiles.at(-1)?.misses).to.deep.equal({ "too costly to read ahead": 1 });
  });
});
