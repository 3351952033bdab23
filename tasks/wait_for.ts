import { defineAction, type ExecOutput, sh, TaskFailure, z } from "tsrun";
import { waitScript } from "tsrun/state";

const args = z.object({
  host: z.string().default("127.0.0.1").describe("Name or address, as the host of the task sees it"),
  port: z.number().int().min(1).max(65535).optional().describe("TCP port"),
  path: z.string().optional().describe("File on the host").meta({ path: true }),
  state: z
    .enum(["started", "present", "stopped", "absent", "drained"])
    .default("started")
    .describe(
      "Port open or file there (`started`, `present`), closed or gone (`stopped`, `absent`), no connections left (`drained`)",
    ),
  search_regex: z.string().optional().describe("Text that must be in the file or come from the port"),
  timeout: z.number().nonnegative().default(300).describe("Seconds until it fails"),
  delay: z.number().nonnegative().default(0).describe("Seconds before the first look"),
  sleep: z.number().nonnegative().default(1).describe("Seconds between looks"),
  connect_timeout: z.number().positive().default(5).describe("Seconds for one connection"),
  active_connection_states: z
    .array(z.string())
    .default(["ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "SYN_RECV", "SYN_SENT", "TIME_WAIT"])
    .describe("States that count as a connection for `drained`"),
  exclude_hosts: z.array(z.string()).default([]).describe("Addresses whose connections do not count for `drained`"),
  msg: z.string().optional().describe("Message when it fails"),
});
type Args = z.output<typeof args>;

export default defineAction({
  name: "wait_for",
  summary: "Wait for a port, a file or a time",
  args,
  returns: {
    elapsed: "How long it took, in seconds",
    state: "What was waited for",
    port: "The port",
    path: "The path",
    search_regex: "The expression",
    match_groups: "What its groups matched",
    match_groupdict: "What its named groups matched",
  },
  examples: [
    { name: "Until Consul listens", yaml: "wait_for:\n  port: 8500\n  timeout: 60" },
    { name: "Until a line appears", yaml: "wait_for:\n  path: /var/log/app.log\n  search_regex: ready" },
  ],
  runsOn: "host",
  writes: false,
  inCheckMode: "skip",
  async run(args, context) {
    refuseBadWish(args);
    const startedAt = context.now();
    const elapsed = () => Math.floor((context.now() - startedAt) / 1000);
    const result = {
      state: args.state,
      port: args.port ?? null,
      path: args.path ?? null,
      search_regex: args.search_regex ?? null,
    };
    if (args.port === undefined && args.path === undefined) {
      await context.sleep((args.delay + args.timeout) * 1000);
      return { ...result, match_groups: [], match_groupdict: {}, elapsed: elapsed() };
    }
    const timeoutMs = (args.delay + args.timeout + args.connect_timeout + 30) * 1000;
    const output = await context.host.execReadonly({ script: sh`${waitScript(args)}`, timeoutMs });
    const [outcome = "", ...fields] = output.stdout.split("\0");
    if (outcome === "ok") return { ...result, ...groupsOf(fields), elapsed: elapsed() };
    throw new TaskFailure(whyFailed(args, outcome, output), { elapsed: elapsed() });
  },
});

/** Fields come as `number or name`, `1` or `0` for a group that took part, and its text. */
function groupsOf(fields: readonly string[]): Record<string, unknown> {
  const match_groups: (string | null)[] = [];
  const match_groupdict: Record<string, string | null> = {};
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [name = "", isSet, text = ""] = fields.slice(at, at + 3);
    const value = isSet === "1" ? text : null;
    if (/^\d+$/.test(name)) match_groups.push(value);
    else match_groupdict[name] = value;
  }
  return { match_groups, match_groupdict };
}

function whyFailed(args: Args, outcome: string, output: ExecOutput): string {
  if (outcome !== "timeout" && !output.timedOut)
    return `wait_for failed on the host: ${(outcome || output.stderr).trim()}`;
  if (args.msg !== undefined) return args.msg;
  const place = args.path ?? `${args.host}:${args.port}`;
  if (args.state === "drained") return `Timeout when waiting for ${place} to drain`;
  if (args.state === "stopped" || args.state === "absent")
    return `Timeout when waiting for ${place} to ${args.path === undefined ? "stop" : "be absent"}.`;
  if (args.search_regex !== undefined) return `Timeout when waiting for search string ${args.search_regex} in ${place}`;
  return `Timeout when waiting for ${args.path === undefined ? "" : "file "}${place}`;
}

function refuseBadWish({ port, path, state, exclude_hosts, active_connection_states }: Args): void {
  if (port !== undefined && path !== undefined)
    throw new TaskFailure("port and path parameter can not both be passed to wait_for");
  if (path !== undefined && state === "stopped")
    throw new TaskFailure("state=stopped should only be used for checking a port in the wait_for module");
  if (port === undefined && state === "drained")
    throw new TaskFailure("state=drained should only be used for checking a port in the wait_for module");
  if (exclude_hosts.length > 0 && state !== "drained")
    throw new TaskFailure("exclude_hosts should only be with state=drained");
  const known = ["ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"];
  const odd = active_connection_states.find((name) => !known.includes(name));
  if (odd !== undefined) throw new TaskFailure(`unknown active_connection_state (${odd}) was specified`);
}
