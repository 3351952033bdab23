import { outputReturns, defineAction, sh, TaskFailure, untimedResult, userShell, z } from "tsrun";

export default defineAction({
  name: "raw",
  summary: "Run a command line as it stands",
  args: z.object({
    cmd: z.string().describe("The command line"),
    executable: z.string().optional().describe("The shell that runs it"),
  }),
  freeForm: "cmd",
  returns: outputReturns,
  examples: [{ name: "Anything", yaml: "raw: uname -a\nchanged_when: false" }],
  runsOn: "host",
  inCheckMode: "skip",
  async run({ cmd, executable }, { host }) {
    if (cmd.trim() === "") throw new TaskFailure("no command given", { rc: 256 });
    const script = executable === undefined ? userShell(cmd) : sh`exec ${executable} -c ${cmd}`;
    return untimedResult(await host.exec({ script }));
  },
});
