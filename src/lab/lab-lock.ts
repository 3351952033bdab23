import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TsrunError } from "../lib/errors.ts";

export interface LockOptions {
  /** How long to wait for another process. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told once when another process holds the lock. */
  readonly onWait?: ((pid: number) => void) | undefined;
}

const pollMs = 200;

/**
 * Takes a lock of a lab and returns the function that gives it back. A lock whose process is gone is taken over.
 * Errors: `E_LAB_BUSY` when the other process does not finish in time.
 */
export async function lockLab(
  directory: string,
  lockName: string,
  options: LockOptions = {},
): Promise<() => Promise<void>> {
  const path = join(directory, `${lockName}.lock`);
  const deadline = Date.now() + (options.timeoutMs ?? 10 * 60_000);
  let hasTold = false;
  while (!(await tryLock(path))) {
    options.signal?.throwIfAborted();
    const holder = await readFile(path, "utf8").catch(() => undefined);
    if (holder === undefined) continue;
    const [pid, startTime] = holder.split(" ");
    if (startTime === undefined || (await startTimeOf(Number(pid))) !== startTime) {
      await rm(path, { force: true });
      continue;
    }
    if (!hasTold) options.onWait?.(Number(pid));
    hasTold = true;
    if (Date.now() > deadline) {
      throw new TsrunError({
        code: "E_LAB_BUSY",
        message: `another process (${pid}) works on the lab and does not finish`,
        hint: `wait for it, or if it is not one of yours: rm ${path}`,
      });
    }
    await sleep(pollMs, undefined, options.signal && { signal: options.signal });
  }
  return () => rm(path, { force: true });
}

/** Linking a file that is already written makes the lock appear with its content: a crash leaves no empty lock. */
async function tryLock(path: string): Promise<boolean> {
  const temporary = `${path}.${process.pid}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, `${process.pid} ${await startTimeOf(process.pid)}`);
  try {
    await link(temporary, path);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw thrown;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Start of a process in clock ticks since boot (proc(5), stat field 22): with the pid it names a process for good. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The second field is the program's name in parentheses and may contain blanks.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
