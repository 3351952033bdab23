import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const tools = ["find", "stat", "readlink", "realpath", "sha256sum", "sha1sum", "md5sum", "cat", "wc"];

/** How to run a script as on a host that has no GNU tools: busybox is the shell and all of the PATH. */
export function busyboxShell(): {
  readonly name: string;
  readonly shell: readonly string[];
  readonly env: NodeJS.ProcessEnv;
} {
  const bin = join(tmpdir(), `tsrun-busybox-${process.pid}`);
  if (!existsSync(bin)) {
    mkdirSync(bin);
    process.once("exit", () => rmSync(bin, { recursive: true, force: true }));
    for (const tool of tools) symlinkSync("/usr/bin/busybox", join(bin, tool));
  }
  return { name: "busybox", shell: ["/usr/bin/busybox", "sh"], env: { PATH: bin } };
}
