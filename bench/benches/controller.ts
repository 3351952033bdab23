import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, BenchContext } from "../bench.ts";
import { ansiblePlaybook, type PlaybookJob, tsrunPlaybook } from "../harness/contenders.ts";
import { contest, median, type Result } from "../harness/contest.ts";
import { contestFigures, type Finding, seconds } from "../harness/report.ts";

export const controller: Bench = {
  name: "controller",
  summary: "tasks evaluated per second without any host: conditions, variables, templates",
  needsRoot: false,
  run,
};

/** How many hosts and tasks; what each task is. */
interface Load {
  readonly name: string;
  readonly hosts: number;
  readonly tasks: number;
  readonly task: (index: number) => string;
}

const conditions = [
  "shop_port | int > 9000",
  "inventory_hostname in (shop_primaries | default([]))",
  "not shop_on | bool",
  "shop_limits.body_mb < 8 and shop_on | bool",
];
const skipped = (index: number): string => `command: "true"\n      when: ${conditions[index % conditions.length]}`;
const computed = (index: number): string =>
  `set_fact:\n        value_${index}: "{{ inventory_hostname }}-{{ shop_port | int + ${index} }}-{{ shop_names | map('upper') | join(',') }}"`;

const large: readonly Load[] = [
  { name: "1,000 hosts × 200 skipped tasks", hosts: 1000, tasks: 200, task: skipped },
  { name: "1,000 hosts × 20 computed facts", hosts: 1000, tasks: 20, task: computed },
];
/** A size that Ansible ends in a minute. */
const small: Load = { name: "100 hosts × 10 skipped tasks", hosts: 100, tasks: 10, task: skipped };

async function run({ tsrun, folder, runs, withPeers, log }: BenchContext): Promise<Finding> {
  const results: { readonly load: Load; readonly result: Result }[] = [];
  for (const load of [...large, small]) {
    const job = await writeLoad(folder, load);
    const contenders = [tsrunPlaybook(tsrun, job)];
    if (load === small) contenders.push(ansiblePlaybook("ansible", { ...job, forks: 5 }, 1));
    log(load.name);
    for (const result of await contest(contenders, { runs: Math.min(runs, 3), withPeers, log }))
      results.push({ load, result });
  }
  const rows = results.map(({ load, result }) => {
    const { samples, failure, name } = result;
    if (failure !== undefined) return [load.name, name, "did not run", "", "", ""];
    const wallMs = median(samples.map((sample) => sample.wallMs));
    const cpuMs = median(samples.map((sample) => sample.cpuMs));
    const total = load.hosts * load.tasks;
    return [
      load.name,
      name,
      seconds(wallMs),
      Math.round(total / (wallMs / 1000)).toLocaleString("en"),
      ((cpuMs / total) * 1000).toFixed(0),
      median(samples.map((sample) => sample.peakMb)).toFixed(0),
    ];
  });
  return {
    tables: [
      {
        title: "Tasks evaluated",
        columns: ["", "tool", "median s", "tasks/s", "CPU µs per task", "peak MB"],
        rows,
        notes: [
          "A task on one host counts as one; start of the program, loading and the output of every result included.",
        ],
      },
    ],
    figures: Object.fromEntries(
      results.map(({ load, result }) => [`${load.name}, ${result.name}`, contestFigures([result])]),
    ),
  };
}

async function writeLoad(folder: string, load: Load): Promise<PlaybookJob> {
  const inventory = join(folder, `hosts-${load.hosts}.ini`);
  const playbook = join(folder, `tasks-${load.hosts}-${load.tasks}.yaml`);
  await writeFile(
    inventory,
    `[shop]\nhost[1:${load.hosts}]\n[shop:vars]\nshop_port=8080\nshop_on=true\n[all:vars]\nansible_connection=local\n`,
  );
  const tasks = Array.from(
    { length: load.tasks },
    (_, index) => `    - name: step ${index}\n      ${load.task(index)}\n`,
  );
  const vars = "  vars: { shop_names: [alice, bob, carol], shop_limits: { body_mb: 16 } }\n";
  await writeFile(playbook, `- hosts: all\n  gather_facts: false\n${vars}  tasks:\n${tasks.join("")}`);
  return { inventory, playbook, folder, forks: 50, mustBeUnchanged: true };
}
