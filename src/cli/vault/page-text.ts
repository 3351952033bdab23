import { spawn } from "node:child_process";
import { once } from "node:events";
import type { CliContext } from "../command.ts";

/** Shows bytes: through the person's pager on a terminal, plainly elsewhere. */
export async function pageText(bytes: Uint8Array, { stdout, env }: CliContext): Promise<void> {
  if (stdout.isTTY !== true) {
    stdout.write(bytes as Uint8Array & string);
    return;
  }
  // Secure mode: what is on the screen cannot be saved to a file or piped on. The other letters are Ansible's own.
  const pagerEnv = { LESS: "FRSX", LESSSECURE: "1", LESSHISTFILE: "-", ...env };
  const pager = spawn("sh", ["-c", env["PAGER"] || "less"], { stdio: ["pipe", "inherit", "inherit"], env: pagerEnv });
  pager.stdin.on("error", () => {});
  pager.stdin.end(bytes);
  const [code] = (await once(pager, "close")) as [number | null];
  // 127: there is no such program.
  if (code === 127) stdout.write(bytes as Uint8Array & string);
}
