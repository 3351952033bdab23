/** Work that is all computation gives way to timers, sockets and Ctrl-C after so long. */
const longestMs = 10;

let lastMs = 0;

/** Lets the event loop turn when it has not for a while. To be awaited between pieces of work that wait for nothing themselves. */
export async function breathe(): Promise<void> {
  if (performance.now() - lastMs < longestMs) return;
  await new Promise<void>((resolve) => setImmediate(resolve));
  lastMs = performance.now();
}
