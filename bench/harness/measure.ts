import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What one run of a command cost. */
export interface Sample {
  readonly wallMs: number;
  /** User and system time of the command and of all its descendants that were waited for; in steps of 10 ms. */
  readonly cpuMs: number;
  /** Peak of the sum over the command's process tree of resident memory; shared pages count in each process. */
  readonly peakMb: number;
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MeasureOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly timeoutMs?: number | undefined;
  /** Memory is looked at so often; a tree of hundreds of processes wants to be looked at less. */
  readonly memoryEveryMs?: number | undefined;
}

/** Linux reports CPU time in these; `getconf CLK_TCK` is 100 on every architecture that Node runs on. */
const clockTickMs = 10;
const pageBytes = 4096;
const defaultTimeoutMs = 20 * 60_000;

/** Runs a command of this machine and weighs it. One at a time: CPU is read from what this process's children have used. */
export async function measure(argv: readonly [string, ...string[]], options: MeasureOptions = {}): Promise<Sample> {
  const [command, ...args] = argv;
  const cpuBefore = childrenCpuMs();
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.timeoutMs ?? defaultTimeoutMs,
    killSignal: "SIGKILL",
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  let peakBytes = 0;
  const look = (): void => {
    if (child.pid !== undefined) peakBytes = Math.max(peakBytes, treeBytes(child.pid));
  };
  const timer = setInterval(look, options.memoryEveryMs ?? 50);
  // `exit`, not `close`: a descendant that stays behind (ssh's ControlPersist) may hold the pipes for a minute.
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const wallMs = performance.now() - startedAt;
  clearInterval(timer);
  await new Promise((resolve) => setTimeout(resolve, 20));
  child.stdout.destroy();
  child.stderr.destroy();
  return {
    wallMs,
    cpuMs: childrenCpuMs() - cpuBefore,
    peakMb: peakBytes / 1024 / 1024,
    exitCode,
    stdout: Buffer.concat(stdout).toString("utf8"),
    stderr: Buffer.concat(stderr).toString("utf8"),
  };
}

/** `cutime` and `cstime` of proc(5): what children of this process, once waited for, have used. */
function childrenCpuMs(): number {
  const stat = readFileSync("/proc/self/stat", "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * clockTickMs;
}

function treeBytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean);
    return pages * pageBytes + children.reduce((sum, child) => sum + treeBytes(Number(child)), 0);
  } catch {
    return 0; // It has ended meanwhile.
  }
}
