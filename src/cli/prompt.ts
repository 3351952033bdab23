import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { TsrunError } from "../lib/errors.ts";
import type { Question } from "../project/options.ts";
import type { CliContext } from "./command.ts";

/**
 * Asks the person at the terminal; secrets are not echoed. Questions go to stderr, so that piped output stays clean.
 * Throws E_NO_TERMINAL when nobody is there to answer, and E_INTERRUPTED on Ctrl-C.
 */
export async function ask(
  question: Question,
  { stdin, stderr }: Pick<CliContext, "stdin" | "stderr">,
): Promise<string> {
  const { text, isSecret, defaultAnswer, timeoutMs } = question;
  if (!stdin.isTTY) {
    if (timeoutMs !== undefined) return afterTimeout(timeoutMs, defaultAnswer ?? "");
    throw new TsrunError({
      code: "E_NO_TERMINAL",
      message: `cannot ask \`${text.trim()}\`: there is no terminal`,
      hint: "give the answer as a file or a variable, such as --become-password-file FILE or -e name=value",
    });
  }
  return await new Promise((resolve, reject) => {
    stderr.write(text);
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: stdin, output: isSecret ? silent : stderr, terminal: true, prompt: "" });
    let isOver = false;
    // Listeners of its own undo on `close` what it did to the terminal: with those removed, it would go on to echo the answer
    // to the next question, a password perhaps.
    const finish = (settle: () => void, hasEcho = true): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (!hasEcho) stderr.write("\n");
      lines.close();
      settle();
    };
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => finish(() => resolve(defaultAnswer ?? "")), timeoutMs);
    lines.once("line", (line) => {
      finish(() => resolve(line === "" ? (defaultAnswer ?? "") : line), !isSecret);
    });
    lines.once("SIGINT", () => {
      finish(() => reject(new TsrunError({ code: "E_INTERRUPTED", message: "interrupted" })), false);
    });
    lines.once("close", () => {
      finish(() => reject(new TsrunError({ code: "E_NO_ANSWER", message: `no answer to \`${text.trim()}\`` })), false);
    });
  });
}

function afterTimeout(timeoutMs: number, answer: string): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve(answer), timeoutMs));
}
