import { type ActionContext, defineAction, messageOf, sh, TaskFailure, TsrunError, userShell, z } from "tsrun";

const args = z.object({
  pre_reboot_delay: z
    .number()
    .nonnegative()
    .default(0)
    .describe("Seconds until it goes down, in whole minutes")
    .meta({ aliases: ["pre_reboot_delay_sec"] }),
  post_reboot_delay: z
    .number()
    .nonnegative()
    .default(0)
    .describe("Seconds before the first attempt to reconnect")
    .meta({ aliases: ["post_reboot_delay_sec"] }),
  reboot_timeout: z
    .number()
    .nonnegative()
    .default(600)
    .describe("Seconds to come back, and again for the test command")
    .meta({ aliases: ["reboot_timeout_sec"] }),
  connect_timeout: z
    .number()
    .positive()
    .default(10)
    .describe("Seconds for each attempt to connect")
    .meta({ aliases: ["connect_timeout_sec"] }),
  test_command: z.string().default("whoami").describe("Command line that must succeed once it is back"),
  msg: z.string().default("Reboot initiated by tsrun").describe("What people logged in are told"),
  reboot_command: z.string().optional().describe("Command line that reboots; default `shutdown -r`"),
  search_paths: z
    .array(z.string())
    .optional()
    .describe("Where `shutdown` is looked for; default: the user's path and the directories of root's programs"),
  boot_time_command: z
    .string()
    .optional()
    .describe(
      "Command line whose output differs after a boot; default: the kernel's boot id and the start of process 1",
    ),
});
type Args = z.output<typeof args>;

/** The kernel's boot id, and the start of process 1: a container keeps the id of the machine below. */
const bootMark = sh`cat /proc/sys/kernel/random/boot_id && sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20`;

export default defineAction({
  name: "reboot",
  summary: "Reboot the host and wait until it is back",
  args,
  returns: {
    rebooted: "Whether the host was rebooted",
    elapsed: "How long it took, in seconds",
  },
  examples: [{ name: "When it is needed", yaml: "reboot:\n  reboot_timeout: 300\nwhen: kernel.changed" }],
  runsOn: "host",
  inCheckMode: "run",
  async run(args, context) {
    if (context.vars.has("ansible_connection") && context.vars.get("ansible_connection") === "local") {
      throw new TaskFailure("Running reboot with local connection would reboot the control node.", { rebooted: false });
    }
    if (context.isCheck) return { changed: true, rebooted: true, elapsed: 0 };
    const before = await readMark(args, context);
    const startedAt = context.now();
    const elapsed = () => Math.floor((context.now() - startedAt) / 1000);
    await goDown(args, context);
    await context.sleep(args.post_reboot_delay * 1000);
    const attempt = async (what: string, action: () => Promise<string | undefined>) => {
      const deadline = context.now() + args.reboot_timeout * 1000;
      for (let tries = 0; ; tries++) {
        const why = await action().catch((error: unknown) => messageOf(error));
        if (why === undefined) return;
        context.signal.throwIfAborted();
        if (context.now() >= deadline) {
          const message = `Timed out waiting for ${what} (timeout=${args.reboot_timeout}): ${why}`;
          throw new TaskFailure(message, { rebooted: what !== "last boot time check", elapsed: elapsed() });
        }
        await context.sleep(Math.min(2 ** tries, 10) * 500);
      }
    };
    await attempt("last boot time check", async () => {
      await context.host.reset();
      await context.host.ping(args.connect_timeout * 1000);
      return (await readMark(args, context)) === before ? "it did not reboot yet" : undefined;
    });
    await attempt("post-reboot test command", async () => {
      const { rc, stdout, stderr } = await context.host.exec({
        script: userShell(args.test_command),
        timeoutMs: 60_000,
      });
      return rc === 0 ? undefined : `Test command failed: ${stderr} ${stdout}`.trim();
    });
    return { changed: true, rebooted: true, elapsed: elapsed() };
  },
});

async function readMark(args: Args, { host }: ActionContext): Promise<string> {
  const script = args.boot_time_command === undefined ? bootMark : userShell(args.boot_time_command);
  const { rc, stdout, stderr } = await host.execReadonly({ script, timeoutMs: args.connect_timeout * 1000 });
  if (rc !== 0 || stdout.trim() === "")
    throw new TaskFailure(`reboot: failed to get host boot time info, rc: ${rc}, stderr: ${stderr}`);
  return stdout.trim();
}

async function goDown(args: Args, { host }: ActionContext): Promise<void> {
  const minutes = Math.floor(args.pre_reboot_delay / 60);
  const script =
    args.reboot_command === undefined
      ? sh`${args.search_paths === undefined ? sh`PATH=$PATH:/sbin:/usr/sbin:/usr/local/sbin` : sh`PATH=${args.search_paths.join(":")}`}; shutdown -r ${minutes === 0 ? "now" : `+${minutes}`} ${args.msg}`
      : userShell(args.reboot_command);
  try {
    const { rc, stdout, stderr } = await host.exec({ script, timeoutMs: 60_000 });
    // A shell that the shutdown itself ended has no code of its own.
    if (rc !== 0 && rc < 128) {
      throw new TaskFailure(`Reboot command failed. Error was: '${stdout.trim()}, ${stderr.trim()}'`, {
        rebooted: false,
      });
    }
  } catch (error) {
    // The connection may go before the answer comes: whether it rebooted is read back in any case.
    if (!(error instanceof TsrunError)) throw error;
  }
}
