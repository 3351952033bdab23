import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, BenchContext } from "../bench.ts";
import { type PlaybookJob, tsrunPlaybook } from "../harness/contenders.ts";
import { contest, median } from "../harness/contest.ts";
import { contestFigures, type Finding } from "../harness/report.ts";

export const growth: Bench = {
  name: "growth",
  summary:
    "what twice as many hosts, tasks, conditions, facts and includes cost: twice as much, if nothing is quadratic",
  needsRoot: false,
  run,
};

/** Something that there can be more of; the sizes double. */
interface Series {
  readonly name: string;
  readonly sizes: readonly [number, number, number];
  readonly hosts: (size: number) => number;
  /** The play below `hosts: all`. */
  readonly play: (size: number) => string;
  /** What `size` counts, for the rate. */
  readonly unit: string;
  /** Units that a run has. */
  readonly units: (size: number) => number;
}

const list = (size: number, line: (index: number) => string): string =>
  Array.from({ length: size }, (_, i) => line(i)).join("");

const series: readonly Series[] = [
  {
    name: "hosts, with 50 skipped tasks each",
    sizes: [500, 1000, 2000],
    hosts: (size) => size,
    play: () => `  tasks:\n${list(50, () => '    - command: "true"\n      when: port | int > 9000\n')}`,
    unit: "tasks",
    units: (size) => size * 50,
  },
  {
    name: "tasks, skipped on 20 hosts",
    sizes: [1000, 2000, 4000],
    hosts: () => 20,
    play: (size) => `  tasks:\n${list(size, () => '    - command: "true"\n      when: port | int > 9000\n')}`,
    unit: "tasks",
    units: (size) => size * 20,
  },
  {
    name: "conditions that are met for the first time, ten to a task",
    sizes: [10_000, 20_000, 40_000],
    hosts: () => 1,
    play: (size) =>
      `  tasks:\n${list(size / 10, (task) => `    - command: "true"\n      when:\n${list(9, (i) => `        - limits.max > ${i} and port | int != ${task + 1}${i}\n`)}        - port | int == ${task + 10_000}\n`)}`,
    unit: "conditions",
    units: (size) => size,
  },
  {
    name: "facts that are set one by one",
    sizes: [1000, 2000, 4000],
    hosts: () => 1,
    play: (size) => `  tasks:\n${list(size, (i) => `    - set_fact: {"fact_${i}": "{{ port }}-${i}"}\n`)}`,
    unit: "facts",
    units: (size) => size,
  },
  {
    name: "turns of a looped `include_tasks` with five tasks",
    sizes: [500, 1000, 2000],
    hosts: () => 2,
    play: (size) => `  tasks:\n    - include_tasks: included.yaml\n      loop: "{{ range(${size}) }}"\n`,
    unit: "tasks",
    units: (size) => size * 10,
  },
  {
    name: "handlers, each notified",
    sizes: [250, 500, 1000],
    hosts: () => 5,
    play: (size) =>
      `  tasks:\n${list(size, (i) => `    - debug: {msg: x}\n      changed_when: true\n      notify: handler ${i}\n`)}  handlers:\n${list(size, (i) => `    - name: handler ${i}\n      debug: {msg: x}\n`)}`,
    unit: "handlers",
    units: (size) => size * 5,
  },
];

async function run({ tsrun, folder, runs, withPeers, log }: BenchContext): Promise<Finding> {
  const rows: string[][] = [];
  const figures: Record<string, ReturnType<typeof contestFigures>> = {};
  const nothing: Series = { ...(series[0] as Series), hosts: () => 1, play: () => "  tasks: [{debug: {msg: x}}]\n" };
  const cpuOf = async (one: Series, size: number): Promise<number> => {
    const job = await writeJob(folder, one, size);
    const [result] = await contest([tsrunPlaybook(tsrun, job)], { runs: Math.min(runs, 3), withPeers, log });
    if (!result || result.failure !== undefined) throw new Error(`${one.name}, ${size}: ${result?.failure}`);
    figures[`${one.name}, ${size}`] = contestFigures([result]);
    return median(result.samples.map(({ cpuMs }) => cpuMs));
  };
  const startMs = await cpuOf(nothing, 1);
  for (const one of series) {
    log(one.name);
    const costs: number[] = [];
    for (const size of one.sizes) costs.push(Math.max(1, (await cpuOf(one, size)) - startMs));
    const [small, middle, large] = costs as [number, number, number];
    const perSecond = one.units(one.sizes[2]) / (large / 1000);
    rows.push([
      one.name,
      one.sizes.map((size) => size.toLocaleString("en")).join(", "),
      costs.map((cost) => (cost / 1000).toFixed(2)).join(", "),
      `${(middle / small).toFixed(1)}, ${(large / middle).toFixed(1)}`,
      `${Math.round(perSecond).toLocaleString("en")} ${one.unit}`,
    ]);
  }
  return {
    tables: [
      {
        title: "Twice as much",
        columns: ["", "how many", "CPU s", "times as much", "per CPU second"],
        rows,
        notes: [
          "CPU time of a whole run less that of an empty one: loading, checks, evaluation and output of results.",
        ],
      },
    ],
    figures,
  };
}

async function writeJob(folder: string, one: Series, size: number): Promise<PlaybookJob> {
  const [inventory, playbook] = [join(folder, "hosts.ini"), join(folder, "site.yaml")];
  const vars = "[all:vars]\nport=8080\nansible_connection=local\n";
  await writeFile(inventory, `[all]\nhost[1:${one.hosts(size)}]\n${vars}`);
  await writeFile(
    join(folder, "included.yaml"),
    list(5, (i) => `- debug: {msg: "{{ item }} ${i}"}\n`),
  );
  await writeFile(playbook, `- hosts: all\n  gather_facts: false\n  vars: {limits: {max: 100}}\n${one.play(size)}`);
  return { inventory, playbook, folder, forks: 50, mustBeUnchanged: false };
}
