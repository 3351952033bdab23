import { type Change, change, defineTask, type Plan, sh, TaskFailure, z } from "tsrun";
import { program, requireProgram, ufwRuleDifference, type UfwState, ufwState } from "tsrun/state";

const text = (about: string) => z.string().optional().describe(about);

const args = z.object({
  state: z
    .enum(["disabled", "enabled", "reloaded", "reset"])
    .optional()
    .describe("Whether the firewall is active, now and after a boot; `reloaded` and `reset` are done each time"),
  default: z
    .enum(["allow", "deny", "reject"])
    .optional()
    .describe("What happens where no rule says anything, for packets of `direction`")
    .meta({ aliases: ["policy"] }),
  direction: z
    .enum(["in", "incoming", "out", "outgoing", "routed"])
    .optional()
    .describe("Direction of the rule (`in`, `out`) or of `default` (`incoming`, `outgoing`, `routed`)"),
  logging: z.enum(["on", "off", "low", "medium", "high", "full"]).optional().describe("How much is logged"),
  rule: z.enum(["allow", "deny", "limit", "reject"]).optional().describe("What the rule does with packets"),
  insert: z.number().int().optional().describe("Number that a new rule gets"),
  insert_relative_to: z
    .enum(["first-ipv4", "first-ipv6", "last-ipv4", "last-ipv6", "zero"])
    .default("zero")
    .describe("Rule from which `insert` counts"),
  delete: z.boolean().default(false).describe("Take the rule away"),
  route: z.boolean().default(false).describe("The rule is for packets that are passed on"),
  log: z.boolean().default(false).describe("Log new connections that the rule matches"),
  from_ip: z
    .string()
    .default("any")
    .describe("Address or network that packets come from")
    .meta({ aliases: ["from", "src"] }),
  from_port: text("Port that packets come from"),
  to_ip: z
    .string()
    .default("any")
    .describe("Address or network that packets go to")
    .meta({ aliases: ["dest", "to"] }),
  to_port: text("Port that packets go to, or a range `first:last`").meta({ aliases: ["port"] }),
  proto: z
    .enum(["any", "tcp", "udp", "ipv6", "esp", "ah", "gre", "igmp"])
    .optional()
    .describe("Protocol")
    .meta({ aliases: ["protocol"] }),
  name: text("Application of /etc/ufw/applications.d").meta({ aliases: ["app"] }),
  interface: text("Interface of the rule, in the sense of `direction`").meta({ aliases: ["if"] }),
  interface_in: text("Interface that packets come in by").meta({ aliases: ["if_in"] }),
  interface_out: text("Interface that packets leave by").meta({ aliases: ["if_out"] }),
  comment: text("Comment of the rule"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "ufw",
  summary: "Keep rules and settings of the firewall ufw",
  args,
  returns: { commands: "What was run, or would be", msg: "What `ufw status verbose` says now" },
  examples: [
    { name: "Let SSH in", yaml: 'ufw:\n  rule: allow\n  port: "22"\n  proto: tcp' },
    { name: "Nothing else", yaml: "ufw:\n  state: enabled\n  policy: deny" },
  ],
  observe(args, known) {
    refuseBadCombinations(args);
    const settings = known(ufwState(null));
    const needsNumbers = args.insert !== undefined && args.insert_relative_to !== "zero" && !args.delete;
    const words = args.rule === undefined || (needsNumbers && !settings) ? undefined : ruleWords(args, settings);
    return {
      tool: program("ufw"),
      settings: ufwState(null),
      differs: words && ufwRuleDifference(words),
    };
  },
  plan(args, { tool, settings, differs }): Plan {
    requireProgram(tool, "ufw");
    // Packages of an earlier task under --check: nothing is known of them.
    if (!settings) throw new TaskFailure("ufw did not say what its settings are");
    return {
      changes: [
        ...planState(args, settings),
        ...planDefault(args, settings),
        ...planRule(args, settings, differs),
        ...planLogging(args, settings),
      ],
    };
  },
  result: (_args, { after, changes }) => ({
    commands: changes.flatMap(({ steps }) =>
      steps.map((step) => (step.type === "command" ? step.command.script.text.replace(/ +/g, " ") : "")),
    ),
    msg: after.settings?.status ?? "",
  }),
});

function planState({ state }: Args, settings: UfwState): readonly Change[] {
  const query = ufwState(null);
  if (state === undefined) return [];
  if (state === "reloaded") return [change(query, {}, sh`ufw --force reload`, { isEvent: true })];
  if (state === "reset") return [change(query, {}, sh`ufw --force reset`, { isEvent: true, mayAlter: ["ufw_rule"] })];
  const isOn = state === "enabled";
  if (settings.isActive === isOn && settings.isEnabled === isOn) return [];
  const after = { isActive: isOn, isEnabled: isOn };
  const diff = { before: `active: ${settings.isActive}\n`, after: `active: ${isOn}\n` };
  return [change(query, after, sh`ufw --force ${isOn ? "enable" : "disable"}`, { diff })];
}

function planDefault({ default: policy, direction = "incoming" }: Args, { policies }: UfwState): readonly Change[] {
  if (policy === undefined) return [];
  const name = direction as keyof typeof policies;
  if (policies[name] === policy) return [];
  const diff = { before: `${name}: ${policies[name]}\n`, after: `${name}: ${policy}\n` };
  return [
    change(ufwState(null), { policies: { ...policies, [name]: policy } }, sh`ufw default ${policy} ${name}`, { diff }),
  ];
}

function planLogging({ logging }: Args, { logLevel }: UfwState): readonly Change[] {
  if (logging === undefined) return [];
  if (logging === "on" ? logLevel !== "off" : logging === logLevel) return [];
  const after = logging === "on" ? "low" : logging;
  const diff = { before: `logging: ${logLevel}\n`, after: `logging: ${after}\n` };
  return [change(ufwState(null), { logLevel: after }, sh`ufw logging ${logging}`, { diff })];
}

function planRule(args: Args, settings: UfwState, differs: boolean | undefined): readonly Change[] {
  if (args.rule === undefined || !differs) return [];
  const words = ruleWords(args, settings);
  const line = `${ruleWords({ ...args, delete: false, insert: undefined }, settings).join(" ")}\n`;
  const diff = args.delete ? { before: line, after: "" } : { before: "", after: line };
  return [change(ufwRuleDifference(words), false, sh`ufw ${words}`, { diff })];
}

/** A rule in ufw's long form; see RULE SYNTAX in ufw(8). */
function ruleWords(args: Args, settings: UfwState | undefined): readonly string[] {
  const at = args.delete ? undefined : insertAt(args, settings?.numbered ?? []);
  const pair = (word: string, value: string | undefined) => (value === undefined || value === "" ? [] : [word, value]);
  return [
    ...(args.route ? ["route"] : []),
    ...(args.delete ? ["delete"] : []),
    ...(at === undefined ? [] : ["insert", String(at)]),
    args.rule as string,
    ...(args.direction === undefined ? [] : [args.direction]),
    ...pair("on", args.interface),
    ...(args.interface_in === undefined ? [] : ["in", "on", args.interface_in]),
    ...(args.interface_out === undefined ? [] : ["out", "on", args.interface_out]),
    ...(args.log ? ["log"] : []),
    ...pair("from", args.from_ip),
    ...pair("port", args.from_port),
    ...pair("to", args.to_ip),
    ...pair("port", args.to_port),
    ...pair("proto", args.proto),
    ...pair("app", args.name),
    ...pair("comment", args.comment),
  ];
}

/** ufw takes no number behind its last rule: such a one is appended. */
function insertAt({ insert, insert_relative_to }: Args, rules: UfwState["numbered"]): number | undefined {
  if (insert === undefined || insert_relative_to === "zero") return insert;
  const last = rules.at(-1)?.number ?? 0;
  const lastIpv4 = rules.findLast(({ isIpv6 }) => !isIpv6)?.number;
  const base = {
    "first-ipv4": 1,
    "last-ipv4": lastIpv4 ?? 1,
    "first-ipv6": (lastIpv4 ?? 0) + 1,
    "last-ipv6": rules.some(({ isIpv6 }) => isIpv6) ? last : last + 1,
  }[insert_relative_to];
  return insert + base > last ? undefined : insert + base;
}

function refuseBadCombinations(args: Args): void {
  const { direction } = args;
  if ([args.state, args.default, args.rule, args.logging].every((one) => one === undefined))
    throw new TaskFailure("one of the following is required: state, default, rule, logging");
  if (args.name !== undefined && args.proto !== undefined && args.logging !== undefined)
    throw new TaskFailure("parameters are mutually exclusive: name|proto|logging");
  if (direction !== undefined && (args.interface_in ?? args.interface_out) !== undefined)
    throw new TaskFailure("parameters are mutually exclusive: direction|interface_in and direction|interface_out");
  if (args.interface !== undefined && direction === undefined)
    throw new TaskFailure("missing parameter(s) required by 'interface': direction");
  if (args.default !== undefined && (direction === "in" || direction === "out"))
    throw new TaskFailure(
      'For default, direction must be one of "outgoing", "incoming" and "routed", or direction must not be specified.',
    );
  if (args.rule === undefined) return;
  if (direction !== undefined && direction !== "in" && direction !== "out")
    throw new TaskFailure('For rules, direction must be one of "in" and "out", or direction must not be specified.');
  if (!args.route && args.interface_in !== undefined && args.interface_out !== undefined)
    throw new TaskFailure("Only route rules can combine interface_in and interface_out");
}
