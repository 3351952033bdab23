/** Work that is all computation gives way to timers, sockets and Ctrl-C after so long. */
const longestMs = 10;

/** When the event loop turned last, as far as it is known here. */
let turnedMs = 0;
const waiting: (() => void)[] = [];

/**
 * Lets the event loop turn when it has not for a while. To be awaited between pieces of work that wait for nothing themselves. Of many that
 * wait one goes on at each turn: together they would make it long again.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - turnedMs < longestMs) return;
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(turn);
  });
}

function turn(): void {
  turnedMs = performance.now();
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(turn);
}
