import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, type Result } from "./contest.ts";
import type { Machine } from "./machine.ts";

/** One table of a bench's page. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below the table: what is measured, what a figure includes. */
  readonly notes: readonly string[];
}

/** What a bench hands back. */
export interface Finding {
  readonly tables: readonly Table[];
  /** The bare figures, for programs. */
  readonly figures: Readonly<Record<string, unknown>>;
}

export interface Circumstances {
  readonly machine: Machine;
  readonly takenAt: string;
  readonly tookS: number;
  /** Share of the machine that other work used before and after, 0 to 1. */
  readonly foreignLoad: readonly [number, number];
}

/** Above this share, times say less than ratios. */
const busyFrom = 0.15;

const results = fileURLToPath(new URL("../results", import.meta.url));

/** Writes `results/NAME.md` and `results/NAME.json` and returns the page. */
export async function writeReport(
  name: string,
  summary: string,
  finding: Finding,
  circumstances: Circumstances,
): Promise<string> {
  const page = pageText(name, summary, finding, circumstances);
  await mkdir(results, { recursive: true });
  await writeFile(join(results, `${name}.md`), page);
  await writeFile(
    join(results, `${name}.json`),
    `${JSON.stringify({ name, ...circumstances, ...finding.figures }, null, 2)}\n`,
  );
  return page;
}

function pageText(name: string, summary: string, finding: Finding, circumstances: Circumstances): string {
  const tables = finding.tables.map(
    (table) =>
      `## ${table.title}\n\n${markdownTable(table.columns, table.rows)}${table.notes.map((note) => `\n- ${note}`).join("")}\n`,
  );
  return `# ${name}: ${summary}\n\n${machineText(circumstances)}\n\n${tables.join("\n")}`;
}

function machineText({ machine, takenAt, foreignLoad, tookS }: Circumstances): string {
  const { cores, processor, memoryGb, kernel, architecture, versions } = machine;
  const named = Object.entries(versions).map(([tool, version]) => `${tool} ${version}`);
  const shares = foreignLoad.map((share) => `${Math.round(share * 100)} %`);
  const load =
    Math.max(...foreignLoad) > busyFrom
      ? `**Taken under load**: other work used ${shares[0]} of the machine before and ${shares[1]} after. Compare ratios, not times.`
      : `Other work used ${shares[0]} of the machine before and ${shares[1]} after.`;
  return [
    `${takenAt.slice(0, 10)}. ${cores} cores (${processor}, ${architecture}), ${memoryGb} GB, Linux ${kernel}; ${named.join(", ")}.`,
    `${load} Took ${Math.round(tookS)} s.`,
  ].join("\n");
}

export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns, columns.map((_, index) => (index === 0 ? "---" : "---:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** A table of contenders: median wall time with its range, the ratio to `base`, CPU and memory. */
export function contestTable(
  title: string,
  contested: readonly Result[],
  base: string,
  notes: readonly string[],
): Table {
  const baseMs = medianWall(contested.find(({ name }) => name === base));
  const rows = contested.map((result) => {
    if (result.failure !== undefined || result.samples.length === 0)
      return [result.name, "did not run", "", "", "", "", String(result.samples.length)];
    const walls = result.samples.map(({ wallMs }) => wallMs);
    const wall = median(walls);
    return [
      result.name,
      seconds(wall),
      `${seconds(Math.min(...walls))}–${seconds(Math.max(...walls))}`,
      `${(wall / baseMs).toFixed(2)} ×`,
      seconds(median(result.samples.map(({ cpuMs }) => cpuMs))),
      median(result.samples.map(({ peakMb }) => peakMb)).toFixed(0),
      String(result.samples.length),
    ];
  });
  const failures = contested.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [`${name} did not run: ${failure.replaceAll(/\s+/g, " ").slice(0, 200)}`],
  );
  const columns = ["", "median s", "range s", `× ${base}`, "controller CPU s", "peak MB", "runs"];
  return { title, columns, rows, notes: [...notes, ...failures] };
}

/** Wall, CPU and memory of each contender, for the JSON file. */
export function contestFigures(contested: readonly Result[]): Record<string, unknown> {
  return Object.fromEntries(
    contested.map(({ name, samples, failure }) => [
      name,
      {
        medianMs: rounded(median(samples.map(({ wallMs }) => wallMs))),
        wallMs: samples.map(({ wallMs }) => rounded(wallMs)),
        cpuMs: samples.map(({ cpuMs }) => rounded(cpuMs)),
        peakMb: samples.map(({ peakMb }) => rounded(peakMb)),
        ...(failure !== undefined && { failure: failure.slice(0, 200) }),
      },
    ]),
  );
}

export function medianWall(result: Result | undefined): number {
  return median(result?.samples.map(({ wallMs }) => wallMs) ?? []);
}

export function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 9950 ? 2 : 1);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
