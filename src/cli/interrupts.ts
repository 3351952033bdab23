import type { ReportStream } from "../report/report.ts";
import { EXIT } from "./exit-codes.ts";

/** After the first signal the run has this long to end by itself, so that exit code 99 comes within ten seconds. */
const GRACE_MS = 9_000;

export interface Interrupts {
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  dispose(): void;
}

/**
 * Ctrl-C once: no new tasks, the hosts' processes are ended, the recap is printed. Twice, or when that takes too long: out
 * at once. `onFirst` shows a line to the person; `restoreTerminal` undoes what a view did to it.
 */
export function watchInterrupts(onFirst: (name: string) => void, stdout: ReportStream): Interrupts {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) exitAtOnce(stdout);
    controller.abort(new Error(`interrupted by ${name}`));
    timer = setTimeout(() => exitAtOnce(stdout), GRACE_MS).unref();
    onFirst(name);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    dispose: () => {
      clearTimeout(timer);
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function exitAtOnce(stdout: ReportStream): never {
  // The cursor comes back even when the view has no chance to say goodbye.
  if (stdout.isTTY) stdout.write("\x1b[?25h\n");
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.exit(EXIT.interrupted);
}
