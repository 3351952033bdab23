import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { useLab } from "./lab.ts";
import { type FinishedRun, TestProject } from "./run-tsrun.ts";

/** What depends on the order of hosts and on what others did: batches, one for all, variables of others, handlers, failures. */
const playbook = `
- hosts: all
  gather_facts: false
  become: true
  serial: 2
  tasks:
    - {name: once, command: hostname, register: first, run_once: true, changed_when: false}
    - {name: own, command: hostname, register: own, changed_when: false}
    - name: others
      debug: {msg: "{{ first.stdout }} {{ ansible_play_batch | map('extract', hostvars, ['own', 'stdout']) | join(' ') }}"}
    - {name: write, copy: {dest: /etc/tsrun-workers, content: "{{ own.stdout }}\\n"}, notify: handle}
    - {name: fails, command: /bin/false, when: inventory_hostname == 'node4', ignore_errors: true}
  handlers:
    - {name: handle, command: cat /etc/tsrun-workers}
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - {name: clean, file: {path: /etc/tsrun-workers, state: absent}}
`;

describe("a run with workers", () => {
  const lab = useLab();

  it("does and reports the same as one without", async function () {
    this.timeout(60_000);
    const inventory = await readFile(lab().inventoryPath, "utf8");
    const project = await TestProject.create({ "p.yaml": playbook, "inventory.yaml": inventory });
    const told = ({ events }: FinishedRun) =>
      events.flatMap((event) => {
        if (event.type === "play_start") return [`${event.name}: ${event.hosts.join(" ")}`];
        if (event.type === "task_start") return [`${event.task.name}: ${event.hosts.join(" ")}`];
        if (event.type === "run_end") return [JSON.stringify([event.recap, event.exitCode])];
        return [];
      });
    const results = ({ events }: FinishedRun) =>
      events
        .flatMap((event) =>
          event.type === "host_result" ? [`${event.host} ${event.status} ${String(event.result["msg"])}`] : [],
        )
        .sort();
    try {
      const alone = await project.run("p.yaml");
      const shared = await project.run("p.yaml", { workers: 2 });
      expect(told(shared)).to.deep.equal(told(alone));
      expect(results(shared)).to.deep.equal(results(alone));
      expect(told(shared).at(-1)).to.contain('"node4"').and.to.match(/,0\]$/);
    } finally {
      await project.remove();
    }
  });
});
