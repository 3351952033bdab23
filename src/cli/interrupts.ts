import { TsrunError } from "../lib/errors.ts";
import { EXIT } from "./exit-codes.ts";
import { leaveAtOnce } from "./leave-at-once.ts";

/** After the first signal the run has this long to end by itself, so that exit code 99 comes within ten seconds. */
const GRACE_MS = 9_000;

export interface Interrupts {
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Ctrl-C that came as a key, because a question had the terminal. */
  interrupt(): void;
  dispose(): void;
}

/**
 * Ctrl-C once: no new tasks, the hosts' processes are ended, the recap is printed. Twice, or when that takes too long: out
 * at once. `onFirst` shows a line to the person.
 */
export function watchInterrupts(onFirst: () => void): Interrupts {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) leaveAtOnce(EXIT.interrupted);
    controller.abort(new TsrunError({ code: "E_INTERRUPTED", message: `interrupted by ${name}` }));
    timer = setTimeout(() => leaveAtOnce(EXIT.interrupted), GRACE_MS).unref();
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    interrupt: () => onSignal("SIGINT"),
    dispose: () => {
      clearTimeout(timer);
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
