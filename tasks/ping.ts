import { defineAction, TaskFailure, sh, z } from "tsrun";

export default defineAction({
  name: "ping",
  summary: "Check that a command can be run on the host",
  args: z.object({ data: z.string().default("pong").describe("What to answer; `crash` fails") }),
  returns: {
    ping: "The argument `data`",
  },
  examples: [{ name: "Is it there?", yaml: "ping:" }],
  runsOn: "host",
  writes: false,
  inCheckMode: "run",
  async run({ data }, { host }) {
    if (data === "crash") throw new TaskFailure("boom");
    const output = await host.execReadonly({ script: sh`printf %s ${data}` });
    if (output.stdout !== data) throw new TaskFailure(`expected \`${data}\` from the host, got \`${output.stdout}\``);
    return { ping: data };
  },
});
