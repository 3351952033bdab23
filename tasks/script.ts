import { outputReturns, defineAction, hostWord, sh, splitCommand, TaskFailure, untimedResult, z } from "tsrun";
import { alreadyDone, runOnceQueries } from "tsrun/state";

export default defineAction({
  name: "script",
  summary: "Run a script of the controller on the host",
  args: z.object({
    cmd: z.string().describe("Path of the script, looked for in `files/`, and its arguments"),
    chdir: z.string().optional().describe("Directory to run it in"),
    creates: z.string().optional().describe("Path or pattern: when it exists, the script is not run"),
    removes: z.string().optional().describe("Path or pattern: when it does not exist, the script is not run"),
    decrypt: z.boolean().default(true).describe("Decrypt a script that is a vault file"),
    executable: z
      .string()
      .optional()
      .describe("Program that runs it, with its options; default: the script's first line"),
  }),
  freeForm: "cmd",
  returns: outputReturns,
  examples: [{ name: "With an argument", yaml: "script: scripts/set-up.sh --quick\nargs:\n  creates: /opt/app/ready" }],
  runsOn: "host",
  inCheckMode: "run",
  observe: runOnceQueries,
  async run(args, context) {
    const [name, ...parameters] = splitCommand(args.cmd);
    if (name === undefined) throw new TaskFailure("no script given");
    const path = await context.controller.find(name, "files");
    if (await alreadyDone(args, context)) {
      const why =
        args.creates === undefined
          ? `${args.removes} does not exist, matching removes option`
          : `${args.creates} exists, matching creates option`;
      return { skipped: true, changed: false, msg: why };
    }
    if (context.isCheck) {
      const isKnown = args.creates !== undefined || args.removes !== undefined;
      return isKnown
        ? { changed: true }
        : { skipped: true, changed: false, msg: "Check mode is not supported for this task." };
    }
    const { controller } = context;
    const content = await (args.decrypt ? controller.read(path) : controller.readRaw(path));
    const program = args.executable === undefined ? interpreterOf(content) : splitCommand(args.executable);
    const output = await context.host.exec({
      // It is read by its program, so that a temp directory from which nothing may be executed does no harm.
      script: sh`d=$(mktemp -d) || exit; trap 'rm -rf "$d"' EXIT; trap 'exit 143' TERM INT HUP
f=$d/${path.slice(path.lastIndexOf("/") + 1)}; cat > "$f" || exit
${args.chdir !== undefined && sh`cd -- ${hostWord(args.chdir)} || exit 1`}
${program.length === 0 && sh`chmod u+x "$f" || exit`}
${program} "$f" ${parameters} </dev/null`,
      stdin: content,
    });
    return untimedResult(output);
  },
});

/** Words of the `#!` line; /bin/sh without one, and nothing for a program of its own (ELF). */
function interpreterOf(content: Uint8Array): readonly string[] {
  if (content[0] === 0x7f && content[1] === 0x45) return [];
  const line = new TextDecoder("latin1").decode(content.subarray(0, 1024)).split("\n")[0] ?? "";
  const match = /^#!\s*(\S+)(?:\s+(.*\S))?/.exec(line);
  if (!match) return ["/bin/sh"];
  return [match[1] as string, ...(match[2] === undefined ? [] : [match[2]])];
}
