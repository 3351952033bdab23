import { defineAction, TaskFailure, z } from "tsrun";

export default defineAction({
  name: "pause",
  summary: "Wait for a time or for the person at the terminal",
  args: z.object({
    seconds: z.number().optional().describe("How long"),
    minutes: z.number().optional().describe("How long"),
    prompt: z.string().optional().describe("Text to show"),
    echo: z.boolean().default(true).describe("Show what is typed"),
  }),
  returns: {
    user_input: "What was typed",
    delta: "How long it took, in seconds",
    start: "When it began",
    stop: "When it ended",
    stdout: "How long it paused",
  },
  examples: [
    { name: "Ten seconds", yaml: "pause:\n  seconds: 10" },
    { name: "A question", yaml: 'pause:\n  prompt: "Unplug the old disk, then press Enter"' },
  ],
  runsOn: "controller",
  runsOnce: true,
  inCheckMode: "run",
  async run({ seconds, minutes, prompt, echo }, context) {
    if (seconds !== undefined && minutes !== undefined) {
      throw new TaskFailure("parameters are mutually exclusive: minutes|seconds");
    }
    const wantedMs = minutes !== undefined ? minutes * 60_000 : seconds !== undefined ? seconds * 1000 : undefined;
    const start = new Date();
    const startedAt = context.now();
    let input: string | undefined = "";
    if (wantedMs !== undefined) {
      if (prompt !== undefined) context.warn(prompt);
      await context.sleep(Math.max(1000, wantedMs));
    } else {
      const hidden = echo ? "" : " (output is hidden)";
      input = await context.ask(`${prompt ?? "Press enter to continue, Ctrl+C to interrupt"}${hidden}:`, { echo });
      if (input === undefined) context.warn("Not waiting for response to prompt as stdin is not interactive");
    }
    const passed = (context.now() - startedAt) / 1000;
    const isInSeconds = seconds !== undefined;
    const shown = Math.round((isInSeconds ? passed : passed / 60) * 100) / 100;
    return {
      rc: 0,
      stdout: `Paused for ${Number.isInteger(shown) ? `${shown}.0` : shown} ${isInSeconds ? "seconds" : "minutes"}`,
      stderr: "",
      echo,
      // A timer may ring a little early.
      delta: Math.floor(passed + 0.01),
      start: start.toISOString(),
      stop: new Date().toISOString(),
      user_input: input ?? "",
    };
  },
});
