import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** f_type of Linux' memory file systems, statfs(2). */
const MEMORY_FILE_SYSTEMS: readonly number[] = [0x01021994, 0x858458f6];

/** A file that nobody else can read, in a directory of its own: what an editor leaves beside it goes with it. */
export interface PrivateFile {
  readonly path: string;
  /** Removes file and directory. */
  dispose(): void;
}

/**
 * Makes a file with content that must not outlive this process: mode 0600 in a directory of mode 0700, in memory where the system has a
 * memory file system. It is removed by `dispose`, else when the process exits, else (even after SIGKILL) by a guard: a small shell that
 * waits for the pipe from this process to break.
 */
export function createPrivateFile(
  name: string,
  content: Uint8Array,
  env: Readonly<Record<string, string | undefined>>,
): PrivateFile {
  const directory = mkdtempSync(join(privateBase(env), "tsrun-vault-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", remove);
  let guard: ChildProcess | undefined;
  try {
    guard = startGuard(directory);
    const path = join(directory, name);
    writeFileSync(path, content, { mode: 0o600, flag: "wx" });
    return {
      path,
      dispose: () => {
        remove();
        process.off("exit", remove);
        guard?.stdin?.destroy();
      },
    };
  } catch (error) {
    remove();
    guard?.stdin?.destroy();
    throw error;
  }
}

/** Detached, so that neither Ctrl-C nor the end of the terminal reaches it. */
function startGuard(directory: string): ChildProcess {
  const script = `trap '' INT TERM HUP; while read -r line; do :; done; rm -rf -- "$1"`;
  const guard = spawn("sh", ["-c", script, "sh", directory], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  guard.on("error", () => {});
  guard.stdin?.on("error", () => {});
  guard.unref();
  (guard.stdin as unknown as { unref?: () => void }).unref?.();
  return guard;
}

function privateBase(env: Readonly<Record<string, string | undefined>>): string {
  for (const base of [env["XDG_RUNTIME_DIR"], "/dev/shm"]) {
    if (base !== undefined && isWritableMemory(base)) return base;
  }
  return tmpdir();
}

function isWritableMemory(directory: string): boolean {
  try {
    if (!MEMORY_FILE_SYSTEMS.includes(statfsSync(directory).type)) return false;
    const probe = mkdtempSync(join(directory, "tsrun-probe-"));
    rmSync(probe, { recursive: true });
    return true;
  } catch {
    return false;
  }
}
