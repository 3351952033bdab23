import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runOrFail } from "../../src/lab/run-command.ts";

export const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** tsrun as it was when the bench began: work that goes on in the checkout does not get into the figures. */
export interface BuiltTsrun {
  /** The command, to be followed by arguments. */
  readonly argv: readonly [string, string];
  /** Holds the built-in roles and playbooks too. */
  readonly folder: string;
  remove(): Promise<void>;
}

const parts = ["src", "tasks", "roles", "playbooks", "script", "package.json", "tsconfig.json", "tsconfig.build.json"];

/** Builds tsrun in a folder of its own: the checkout's files as they are, or those of a commit. */
export async function buildTsrun(commit?: string): Promise<BuiltTsrun> {
  const folder = await mkdtemp(join(tmpdir(), "tsrun-bench-build-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    if (commit === undefined) {
      for (const name of parts) await cp(join(checkout, name), join(folder, name), { recursive: true });
    } else {
      const unpack = 'git -C "$1" archive "$2" | tar -x -C "$3"';
      await runOrFail(["sh", "-c", unpack, "sh", checkout, commit, folder]);
    }
    await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
    await runOrFail(["npm", "--prefix", folder, "run", "--silent", "build"], { timeoutMs: 180_000 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { argv: [process.execPath, join(folder, "dist/src/cli/main.js")], folder, remove };
}
