import { commandResult, commandReturns, defineAction, hostWord, sh, TaskFailure, z } from "tsrun";
import { alreadyDone, runOnceQueries, wouldRun } from "tsrun/state";

export default defineAction({
  name: "shell",
  summary: "Run a command line in a shell",
  args: z
    .object({
      cmd: z.string().optional().describe("The command line"),
      chdir: z.string().optional().describe("Directory to run it in"),
      creates: z.string().optional().describe("Path or pattern: when it exists, the command is not run"),
      removes: z.string().optional().describe("Path or pattern: when it does not exist, the command is not run"),
      executable: z.string().default("/bin/sh").describe("The shell"),
      stdin: z.string().optional().describe("Its standard input"),
      stdin_add_newline: z.boolean().default(true).describe("End `stdin` with a line break"),
      strip_empty_ends: z.boolean().default(true).describe("Remove line breaks from the ends of stdout and stderr"),
      warn: z.boolean().optional().describe("Accepted for Ansible's sake: until 2.13 it turned off a warning"),
    })
    .refine(({ cmd }) => cmd !== undefined, "no command given"),
  freeForm: "cmd",
  returns: {
    ...commandReturns,
    cmd: "The command line",
  },
  examples: [{ name: "A pipe", yaml: "shell: ps ax | wc -l\nchanged_when: false" }],
  runsOn: "host",
  inCheckMode: "run",
  observe: runOnceQueries,
  async run(args, context) {
    const cmd = args.cmd ?? "";
    if (cmd.trim() === "") throw new TaskFailure("no command given", { rc: 256 });
    const done = await alreadyDone(args, context);
    if (done) return { cmd, ...done };
    if (context.isCheck) return { cmd, ...wouldRun(args) };
    const stdin = args.stdin === undefined ? undefined : args.stdin + (args.stdin_add_newline ? "\n" : "");
    const startMs = Date.now();
    const output = await context.host.exec({
      script: sh`${args.chdir !== undefined && sh`cd -- ${hostWord(args.chdir)} || exit 1`}
exec ${args.executable} -c ${cmd}`,
      stdin: stdin === undefined ? undefined : new TextEncoder().encode(stdin),
    });
    return { cmd, ...commandResult(output, { startMs, endMs: Date.now() }, args.strip_empty_ends) };
  },
});
