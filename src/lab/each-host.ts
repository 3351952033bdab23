import { mapLimit } from "../lib/map-limit.ts";

const hostsAtOnce = 8;

/**
 * Does something for every host or container, eight at once. The first failure is thrown only after all that began has
 * ended: nothing goes on behind the back of whoever takes the lab's lock next.
 */
export async function eachHost<T>(hosts: Iterable<T>, action: (host: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  await mapLimit([...hosts], hostsAtOnce, async (host) => {
    if (failures.length > 0) return;
    await action(host).catch((thrown: unknown) => {
      failures.push(thrown);
    });
  });
  if (failures.length > 0) throw failures[0];
}
