import {
  commandResult,
  commandReturns,
  defineAction,
  hostWord,
  quote,
  sh,
  splitCommand,
  TaskFailure,
  userShell,
  z,
} from "tsrun";
import { alreadyDone, runOnceQueries, wouldRun } from "tsrun/state";

const args = z
  .object({
    cmd: z
      .string()
      .optional()
      .describe("The command line: words and quotes, but no pipes or other features of a shell"),
    argv: z.array(z.string()).optional().describe("The command as a list of words"),
    chdir: z.string().optional().describe("Directory to run it in"),
    creates: z.string().optional().describe("Path or pattern: when it exists, the command is not run"),
    removes: z.string().optional().describe("Path or pattern: when it does not exist, the command is not run"),
    stdin: z.string().optional().describe("Its standard input"),
    stdin_add_newline: z.boolean().default(true).describe("End `stdin` with a line break"),
    strip_empty_ends: z.boolean().default(true).describe("Remove line breaks from the ends of stdout and stderr"),
    warn: z.boolean().optional().describe("Accepted for Ansible's sake: until 2.13 it turned off a warning"),
    expand_argument_vars: z.boolean().default(true).describe("Expand `$NAME` and `~` as the host would"),
  })
  .refine(({ cmd, argv }) => cmd !== undefined || argv !== undefined, "no command given");
type Args = z.output<typeof args>;

export default defineAction({
  name: "command",
  summary: "Run a command without a shell",
  args,
  freeForm: "cmd",
  returns: {
    ...commandReturns,
    cmd: "The command as a list of words",
  },
  examples: [
    { name: "Once", yaml: "command:\n  cmd: tar -xf /root/site.tar -C /srv\n  creates: /srv/index.html" },
    { name: "Words", yaml: 'command:\n  argv: [touch, "a file"]\n  chdir: /srv' },
  ],
  runsOn: "host",
  inCheckMode: "run",
  observe: runOnceQueries,
  async run(args, context) {
    const words = wordsOf(args);
    const done = await alreadyDone(args, context);
    if (done) return { cmd: words, ...done };
    if (context.isCheck) return { cmd: words, ...wouldRun(args) };
    const command = words.map((word) => (args.expand_argument_vars ? hostWord(word) : userShell(quote(word))));
    const stdin = args.stdin === undefined ? undefined : args.stdin + (args.stdin_add_newline ? "\n" : "");
    const startMs = Date.now();
    const output = await context.host.exec({
      script: sh`${args.chdir !== undefined && sh`cd -- ${hostWord(args.chdir)} || exit 1`}
exec ${command}`,
      stdin: stdin === undefined ? undefined : new TextEncoder().encode(stdin),
    });
    const result = commandResult(output, { startMs, endMs: Date.now() }, args.strip_empty_ends);
    return { cmd: words, ...result, ...whyNotStarted(output.rc, output.stderr, words, args.chdir) };
  },
});

function wordsOf({ cmd, argv }: Args): readonly string[] {
  if (cmd !== undefined && argv !== undefined)
    throw new TaskFailure("only command or argv can be given, not both", { rc: 256 });
  const words = argv ?? splitCommand(cmd ?? "");
  if (words.length === 0) throw new TaskFailure("no command given", { rc: 256 });
  if (words[0] === "" || words[0]?.startsWith("-")) throw new TaskFailure(notFound(words[0]), { rc: 2, cmd: words });
  return words;
}

/** The shell's own words for a command or directory that is not there become Ansible's. */
function whyNotStarted(rc: number, stderr: string, words: readonly string[], chdir: string | undefined) {
  const name = words[0] as string;
  if (chdir !== undefined && /^[^\n]*: cd: [^\n]*$/.test(stderr.trimEnd())) {
    return { changed: false, rc: null, msg: `Unable to change directory before execution: ${stderr.trim()}` };
  }
  if (rc === 127 && /^[^\n]*exec: [^\n]*not found$/.test(stderr.trimEnd()))
    return { changed: false, rc: 2, msg: notFound(name) };
  if (rc === 126 && /^[^\n]*(exec|line \d+): [^\n]*$/m.test(stderr.trimEnd())) {
    return { changed: false, rc: 13, msg: `[Errno 13] Permission denied: '${name}'` };
  }
  return {};
}

function notFound(name: string): string {
  return `[Errno 2] No such file or directory: '${name}'`;
}
