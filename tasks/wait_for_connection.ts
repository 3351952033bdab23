import { defineAction, messageOf, TaskFailure, z } from "tsrun";

export default defineAction({
  name: "wait_for_connection",
  summary: "Wait until the host can be reached and runs commands",
  args: z.object({
    connect_timeout: z.number().int().positive().default(5).describe("Seconds for each attempt"),
    delay: z.number().nonnegative().default(0).describe("Seconds before the first attempt"),
    sleep: z.number().nonnegative().default(1).describe("Seconds between attempts"),
    timeout: z.number().nonnegative().default(600).describe("Seconds after which it fails"),
  }),
  returns: {
    elapsed: "How long it took, in seconds",
  },
  examples: [{ name: "A machine that is being made", yaml: "wait_for_connection:\n  timeout: 300" }],
  runsOn: "host",
  writes: false,
  inCheckMode: "skip",
  async run({ connect_timeout, delay, sleep, timeout }, context) {
    const startedAt = context.now();
    const elapsed = () => Math.floor((context.now() - startedAt) / 1000);
    await context.sleep(delay * 1000);
    for (;;) {
      try {
        await context.host.reset();
        await context.host.ping(connect_timeout * 1000);
        return { elapsed: elapsed() };
      } catch (error) {
        context.signal.throwIfAborted();
        if (elapsed() >= timeout) {
          throw new TaskFailure(`timed out waiting for ping module test: ${messageOf(error)}`, { elapsed: elapsed() });
        }
      }
      await context.sleep(sleep * 1000);
    }
  },
});
