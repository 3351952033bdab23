import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** What a reader needs to know to compare; nothing that names the machine. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly architecture: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? "unknown",
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    // The numbers only: what stands behind them may name a machine or its owner.
    kernel: /^[\d.]+/.exec(release())?.[0] ?? "",
    architecture: arch(),
    versions: {
      node: process.versions.node,
      openssh: firstMatch(["ssh", "-V"], /OpenSSH_([^\s,]+)/),
      ansible: firstMatch(["ansible", "--version"], /core ([\d.]+)/),
      mitogen: firstMatch(["dpkg-query", "-W", "-f", "${Version}", "ansible-mitogen"], /^[\d.]+/),
    },
  };
}

/** How much of the machine others use just now: 0 to 1, over a time (a second) in which the bench does nothing. */
export async function foreignLoad(overMs = 1000): Promise<number> {
  const before = processorTimes();
  await sleep(overMs);
  const after = processorTimes();
  const total = after.total - before.total;
  return total === 0 ? 0 : 1 - (after.idle - before.idle) / total;
}

/** Waits for what the run before has left to end: hosts close sessions for a while, and that is no part of the next run. */
export async function untilAtRest(): Promise<void> {
  const until = performance.now() + 10_000;
  while (performance.now() < until && (await foreignLoad(300)) > 0.05);
}

function processorTimes(): { readonly idle: number; readonly total: number } {
  const [, ...fields] = (readFileSync("/proc/stat", "latin1").split("\n")[0] ?? "").split(/\s+/).map(Number);
  return {
    idle: (fields[3] ?? 0) + (fields[4] ?? 0),
    total: fields.slice(0, 8).reduce((sum, value) => sum + value, 0),
  };
}

function firstMatch([command, ...args]: readonly [string, ...string[]], pattern: RegExp): string {
  try {
    const output = execFileSync("sh", ["-c", '"$@" 2>&1', "sh", command, ...args], { encoding: "utf8" });
    const found = pattern.exec(output);
    return found?.[1] ?? found?.[0] ?? "none";
  } catch {
    return "none";
  }
}
