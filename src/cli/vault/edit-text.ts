import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { TsrunError } from "../../lib/errors.ts";
import type { CliContext } from "../command.ts";
import { createPrivateFile } from "./private-file.ts";

/**
 * Lets the person edit some bytes with `$EDITOR` and gives back what they saved. `like`: the file they belong to, for its extension.
 * Throws E_EDITOR when the editor fails (`:cq` in vim), E_INTERRUPTED on SIGTERM and SIGHUP.
 */
export async function editText(content: Uint8Array, like: string, context: CliContext): Promise<Uint8Array> {
  const file = createPrivateFile(`edit${extname(like)}`, content, context.env);
  try {
    await runEditor(file.path, context);
    return readFileSync(file.path);
  } finally {
    file.dispose();
  }
}

async function runEditor(path: string, { env }: CliContext): Promise<void> {
  const editor = env["EDITOR"] || env["VISUAL"] || "vi";
  // The shell splits `code --wait` into words, as git has it done.
  const child = spawn("sh", ["-c", `${editor} "$@"`, "sh", path], { stdio: "inherit", env });
  let stoppedBy: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    stoppedBy = signal;
    child.kill(signal);
  };
  // Ctrl-C belongs to the editor, which gets it from the terminal as well.
  const ignore = (): void => {};
  process.on("SIGINT", ignore).on("SIGTERM", stop).on("SIGHUP", stop);
  try {
    const [code] = (await once(child, "close")) as [number | null];
    if (stoppedBy !== undefined) {
      throw new TsrunError({ code: "E_INTERRUPTED", message: `interrupted by ${stoppedBy}; nothing was saved` });
    }
    if (code === 0) return;
    throw new TsrunError({
      code: "E_EDITOR",
      message: `the editor \`${editor}\` ended with ${code ?? "a signal"}; nothing was saved`,
      hint: "EDITOR=nano tsrun vault …",
    });
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", stop).off("SIGHUP", stop);
  }
}
