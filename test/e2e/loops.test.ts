import { readFile } from "node:fs/promises";
import { expect } from "chai";
import type { ResultFields } from "../../src/run/events.ts";
import { useLab } from "./lab.ts";
import { TestProject } from "./run-tsrun.ts";

/** Turns of a loop that travel in one message do what they would do alone, and say so. */
describe("the turns of a loop on a real host", () => {
  const lab = useLab({ hosts: 1 });
  let project: TestProject;

  before(async () => {
    project = await TestProject.create({ "inventory.yaml": await readFile(lab().inventoryPath, "utf8") });
    await project.write("t.j2", "value {{ item }}\n");
  });
  beforeEach(() => lab().root("node1", "rm -rf /srv/loops /srv/other; mkdir -p /srv/loops; ln -s loops /srv/other"));
  after(() => project.remove());

  const run = async (task: string): Promise<{ readonly turns: readonly string[]; readonly roundTrips: number }> => {
    await project.write("p.yaml", `- hosts: node1\n  gather_facts: false\n  become: true\n  tasks:\n    - ${task}\n`);
    const finished = await project.run("p.yaml", { inventory: ["inventory.yaml"], wantsProfile: true });
    const [result] = [...finished.results("node1").values()];
    const turns = (result?.result["results"] ?? []) as readonly ResultFields[];
    return {
      turns: turns.map(({ failed, changed }) => (failed === true ? "failed" : changed === true ? "changed" : "ok")),
      roundTrips: finished.events.reduce((sum, event) => sum + (event.type === "profile" ? event.roundTrips : 0), 0),
    };
  };

  it("are one message to read and one to write, however many there are", async () => {
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
    const all = names.map(() => "changed");
    const list = JSON.stringify(names);
    for (const task of [
      `{name: t, template: {src: t.j2, dest: "/srv/loops/{{ item }}", mode: "0640"}, loop: ${list}}`,
      `{name: t, lineinfile: {path: "/srv/loops/{{ item }}", line: "more of {{ item }}"}, loop: ${list}}`,
      `{name: t, file: {path: "/srv/loops/{{ item }}", mode: "0600"}, loop: ${list}}`,
    ]) {
      expect(await run(task)).to.deep.equal({ turns: all, roundTrips: 2 });
      expect(await run(task)).to.deep.equal({ turns: names.map(() => "ok"), roundTrips: 1 });
    }
    const seen = await lab().root("node1", "cd /srv/loops && stat -c '%a %n' n7 && cat n7 n39");
    expect(seen).to.equal("600 n7\nvalue n7\nmore of n7\nvalue n39\nmore of n39\n");
  });

  it("make groups and accounts in their order", async () => {
    const names = JSON.stringify(["zoe", "amy", "kim"]);
    const groups = `{name: t, group: {name: "team-{{ item }}"}, loop: ${names}}`;
    const users = `{name: t, user: {name: "{{ item }}", groups: [team-zoe, "team-{{ item }}"], password: "!"}, loop: ${names}}`;
    try {
      expect(await run(groups)).to.deep.equal({ turns: ["changed", "changed", "changed"], roundTrips: 2 });
      expect(await run(users)).to.deep.equal({ turns: ["changed", "changed", "changed"], roundTrips: 2 });
      expect((await run(users)).turns).to.deep.equal(["ok", "ok", "ok"]);
      const ids = await lab().root("node1", "id -u zoe; id -u amy; id -u kim; id -Gn amy");
      const [zoe, amy, kim, member] = ids.split("\n");
      expect([amy, kim].map(Number)).to.deep.equal([Number(zoe) + 1, Number(zoe) + 2]);
      expect(member).to.equal("amy team-zoe team-amy");
    } finally {
      await run(`{name: t, user: {name: "{{ item }}", state: absent, remove: true}, loop: ${names}}`);
      await run(`{name: t, group: {name: "team-{{ item }}", state: absent}, loop: ${names}}`);
    }
  });

  for (const [what, task, turns] of [
    [
      "a directory and what lies in it",
      '{name: t, file: {path: "/srv/loops/{{ item }}", state: directory}, loop: [a/b, a, c, c/d, c]}',
      ["changed", "ok", "changed", "changed", "ok"],
    ],
    [
      "the same file twice",
      '{name: t, lineinfile: {path: /srv/loops/f, line: "{{ item }}", create: true}, loop: [x, y, x, z]}',
      ["changed", "changed", "ok", "changed"],
    ],
    [
      "a file by two names of its directory",
      '{name: t, copy: {content: same, dest: "{{ item }}/f"}, loop: [/srv/loops, /srv/other]}',
      ["changed", "ok"],
    ],
    [
      "a file that a later turn takes away, and one that was away before",
      '{name: t, file: {path: "/srv/loops/{{ item.0 }}", state: "{{ item.1 }}", mode: "0600"}, loop: [[f, touch], [f, absent], [f, absent], [g, absent]]}',
      ["changed", "changed", "ok", "ok"],
    ],
    [
      "a turn that fails before it writes and one that fails while it does",
      '{name: t, copy: {content: "{{ item }}", dest: "/srv/loops/{{ item }}", validate: "grep -v bad %s"}, loop: [one, none/x, bad, two]}',
      ["changed", "failed", "failed", "changed"],
    ],
    [
      "a first turn that fails",
      '{name: t, copy: {content: "{{ item }}", dest: "/srv/loops/{{ item }}", validate: "grep -v bad %s"}, loop: [bad, one, two]}',
      ["failed", "changed", "changed"],
    ],
  ] as const) {
    it(`come to the same as alone: ${what}`, async () => {
      expect((await run(task)).turns).to.deep.equal(turns);
    });
  }

  it("read only what is left to be read after one of them has written", async () => {
    const list = JSON.stringify(Array.from({ length: 30 }, (_, index) => index));
    const task = `{name: t, lineinfile: {path: "/srv/loops/f{{ item }}", line: x, create: true}, loop: ${list}}`;
    await run(task);
    await lab().root("node1", "rm /srv/loops/f3");
    const { turns, roundTrips } = await run(task);
    expect(turns.filter((turn) => turn === "changed")).to.have.length(1);
    expect(roundTrips).to.be.at.most(6);
  });
});
