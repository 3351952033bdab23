import { change, create, defineTask, type Plan, remove, sh, TaskFailure, z } from "tsrun";
import { iptablesChain, iptablesRule, program, requireProgram } from "tsrun/state";

const text = (about: string) => z.string().optional().describe(about);
const levels = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"] as const;

const args = z.object({
  table: z.enum(["filter", "nat", "mangle", "raw", "security"]).default("filter").describe("Table of the rule"),
  state: z.enum(["absent", "present"]).default("present").describe("Whether the rule should be there"),
  action: z.enum(["append", "insert"]).default("append").describe("Where a new rule goes: the end or the beginning"),
  rule_num: text("Number that an inserted rule gets"),
  ip_version: z.enum(["ipv4", "ipv6"]).default("ipv4").describe("Which packets the rule is for"),
  chain: text("Chain of the rule, such as `INPUT`, or one of your own"),
  protocol: text("Protocol, such as `tcp`; a `!` before this and most others negates it"),
  source: text("Address or network that packets come from"),
  destination: text("Address or network that packets go to"),
  match: z.array(z.string()).default([]).describe("Further matches to load, such as `conntrack`"),
  tcp_flags: z
    .object({ flags: z.array(z.string()).optional(), flags_set: z.array(z.string()).optional() })
    .optional()
    .describe("`flags`: which are looked at; `flags_set`: which of them must be set"),
  jump: text("What happens to a packet: `ACCEPT`, `DROP`, another chain"),
  gateway: text("Where `jump: TEE` sends a copy"),
  log_prefix: text("Begin of a line in the log; means `jump: LOG`"),
  log_level: z
    .enum(["0", "1", "2", "3", "4", "5", "6", "7", ...levels])
    .optional()
    .describe("Level in the log; means `jump: LOG`"),
  goto: text("Chain that goes on without coming back"),
  in_interface: text("Interface that packets come in by"),
  out_interface: text("Interface that packets leave by"),
  fragment: text("Further fragments of a packet"),
  set_counters: text("First values of the rule's counters"),
  source_port: text("Port that packets come from, or a range `first:last`"),
  destination_port: text("Port that packets go to, or a range `first:last`"),
  destination_ports: z.array(z.string()).default([]).describe("Several ports or ranges that packets go to"),
  to_ports: text("Port that a packet is redirected to"),
  to_destination: text("Address that DNAT gives a packet"),
  to_source: text("Address that SNAT gives a packet"),
  syn: z.enum(["ignore", "match", "negate"]).default("ignore").describe("Packets that open a TCP connection, or not"),
  set_dscp_mark: text("DSCP mark to set"),
  set_dscp_mark_class: text("DSCP class to set"),
  comment: text("Comment of the rule"),
  ctstate: z.array(z.string()).default([]).describe("States of the connection, such as `ESTABLISHED`"),
  src_range: text("Range of addresses `first-last` that packets come from"),
  dst_range: text("Range of addresses `first-last` that packets go to"),
  match_set: text("Name of a set of ipset"),
  match_set_flags: z.enum(["src", "dst", "src,dst", "dst,src"]).optional().describe("What is looked up in the set"),
  limit: text("Matches so often on average, such as `3/minute`"),
  limit_burst: text("So many matches before the limit counts"),
  uid_owner: text("Account whose process sends the packet"),
  gid_owner: text("Group whose process sends the packet"),
  reject_with: text("Answer to a packet that is refused; means `jump: REJECT`"),
  icmp_type: text("Type of an ICMP packet"),
  numeric: z
    .boolean()
    .default(false)
    .describe("Accepted for Ansible's sake: rules are compared without a look at names"),
  flush: z.boolean().default(false).describe("Take away all rules of the chain, or of the table without `chain`"),
  policy: z
    .enum(["ACCEPT", "DROP", "QUEUE", "RETURN"])
    .optional()
    .describe("What happens to packets that no rule of the chain takes"),
  wait: text("Seconds to wait for others that alter the tables"),
  chain_management: z.boolean().default(false).describe("Make and remove the chain too"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "iptables",
  summary: "Keep rules, policies and chains of the packet filter",
  args,
  returns: {
    chain: "The chain",
    rule: "The rule as iptables takes it",
    table: "The table",
    state: "`present` or `absent`",
    ip_version: "`ipv4` or `ipv6`",
    flush: "Whether rules were taken away",
    chain_management: "Whether the chain was in question too",
  },
  examples: [
    {
      name: "Let SSH in",
      yaml: "iptables:\n  chain: INPUT\n  protocol: tcp\n  destination_port: 22\n  ctstate: NEW\n  jump: ACCEPT",
    },
    { name: "Nothing else", yaml: "iptables:\n  chain: INPUT\n  policy: DROP" },
  ],
  observe(args) {
    refuseBadCombinations(args);
    const { chain } = args;
    const rule = ruleOf(args);
    return {
      tool: program(programOf(args)),
      current: chain === undefined ? undefined : iptablesChain({ ...placeOf(args), chain }),
      isThere:
        chain === undefined || rule.length === 0 || args.flush || args.policy !== undefined
          ? undefined
          : iptablesRule({ ...placeOf(args), chain, rule }),
    };
  },
  plan(args, { tool, current, isThere }, { isCheck }): Plan {
    requireProgram(tool, programOf(args), "iptables");
    const place = placeOf(args);
    const { chain = "", state, chain_management } = args;
    const call = sh`${place.program} ${args.wait !== undefined && ["-w", args.wait]} -t ${place.table}`;
    const query = iptablesChain({ ...place, chain });
    if (args.flush) {
      const options = { isEvent: true, mayAlter: ["iptables_rule"] };
      return { changes: [change(query, {}, sh`${call} -F ${args.chain}`, options)] };
    }
    if (args.policy !== undefined) {
      if (current?.policy === undefined) throw new TaskFailure("Can't detect current policy");
      if (current.policy === args.policy) return { changes: [] };
      const diff = { before: `${chain} ${current.policy}\n`, after: `${chain} ${args.policy}\n` };
      return { changes: [change(query, { policy: args.policy }, sh`${call} -P ${chain} ${args.policy}`, { diff })] };
    }
    const rule = ruleOf(args);
    if (rule.length === 0) {
      if ((state === "present") === (current !== undefined)) return { changes: [] };
      if (!chain_management) {
        const what = current ? `is there, and is removed only` : `is missing, and is made only`;
        return { changes: [], warnings: [`the chain \`${chain}\` ${what} with \`chain_management: true\``] };
      }
      return {
        changes: [
          current
            ? remove(query, sh`${call} -X ${chain}`)
            : create(query, { policy: undefined }, sh`${call} -N ${chain}`),
        ],
      };
    }
    if (isThere === (state === "present")) return { changes: [] };
    const ruleQuery = iptablesRule({ ...place, chain, rule });
    const line = `-A ${chain} ${rule.join(" ")}\n`;
    if (state === "absent") {
      const diff = { before: line, after: "" };
      return { changes: [change(ruleQuery, false, sh`${call} -D ${chain} ${rule}`, { diff })] };
    }
    if (!current && !chain_management && !isCheck)
      throw new TaskFailure(`the table \`${place.table}\` has no chain \`${chain}\``);
    const where = args.action === "insert" ? ["-I", chain, ...(args.rule_num ? [args.rule_num] : [])] : ["-A", chain];
    const made = current || !chain_management ? [] : [create(query, { policy: undefined }, sh`${call} -N ${chain}`)];
    const diff = { before: "", after: line };
    return { changes: [...made, change(ruleQuery, true, sh`${call} ${where} ${rule}`, { diff })] };
  },
  result: (args) => ({
    ip_version: args.ip_version,
    table: args.table,
    chain: args.chain ?? null,
    flush: args.flush,
    rule: [...(args.wait === undefined ? [] : ["-w", args.wait]), ...ruleOf(args)].join(" "),
    state: args.state,
    chain_management: args.chain_management,
  }),
});

function programOf({ ip_version }: Args): "iptables" | "ip6tables" {
  return ip_version === "ipv6" ? "ip6tables" : "iptables";
}

function placeOf(args: Args) {
  return { program: programOf(args), table: args.table };
}

/** Words of the rule. Options of a match stand behind the `-m` that loads it. */
function ruleOf(args: Args): readonly string[] {
  const isLog = args.log_prefix !== undefined || args.log_level !== undefined;
  const jump = args.jump ?? (isLog ? "LOG" : undefined);
  const load = (match: string, isUsed: unknown) =>
    isUsed !== undefined && isUsed !== false && !args.match.includes(match) ? ["-m", match] : [];
  const states = args.ctstate.length === 0 ? [] : [args.ctstate.join(",")];
  const isOldState = args.match.includes("state") && !args.match.includes("conntrack");
  const range = args.src_range ?? args.dst_range;
  return [
    ...option("-p", args.protocol),
    ...option("-s", args.source),
    ...option("-d", args.destination),
    ...args.match.flatMap((match) => option("-m", match)),
    ...(args.tcp_flags?.flags && args.tcp_flags.flags_set
      ? ["--tcp-flags", args.tcp_flags.flags.join(","), args.tcp_flags.flags_set.join(",")]
      : []),
    ...option("-j", jump),
    ...(jump?.toLowerCase() === "tee" ? option("--gateway", args.gateway) : []),
    ...option("--log-prefix", args.log_prefix),
    ...option("--log-level", args.log_level),
    ...option("--to-destination", args.to_destination),
    ...(args.destination_ports.length > 0 ? ["-m", "multiport", "--dports", args.destination_ports.join(",")] : []),
    ...option("--to-source", args.to_source),
    ...option("-g", args.goto),
    ...option("-i", args.in_interface),
    ...option("-o", args.out_interface),
    ...option("-f", args.fragment),
    ...option("-c", args.set_counters),
    ...option("--source-port", args.source_port),
    ...option("--destination-port", args.destination_port),
    ...option("--to-ports", args.to_ports),
    ...option("--set-dscp", args.set_dscp_mark),
    ...option("--set-dscp-class", args.set_dscp_mark_class),
    ...(args.syn === "ignore" ? [] : args.syn === "match" ? ["--syn"] : ["!", "--syn"]),
    ...states.flatMap((state) => (isOldState ? ["--state", state] : [...load("conntrack", true), "--ctstate", state])),
    ...load("iprange", range),
    ...option("--src-range", args.src_range),
    ...option("--dst-range", args.dst_range),
    ...(args.match_set === undefined ? [] : load("set", true)),
    ...option("--match-set", args.match_set),
    ...(args.match_set === undefined || args.match_set_flags === undefined ? [] : [args.match_set_flags]),
    ...load("limit", args.limit ?? args.limit_burst),
    ...option("--limit", args.limit),
    ...option("--limit-burst", args.limit_burst),
    ...load("owner", args.uid_owner ?? args.gid_owner),
    ...option("--uid-owner", args.uid_owner),
    ...option("--gid-owner", args.gid_owner),
    ...(jump === undefined && args.reject_with !== undefined ? ["-j", "REJECT"] : []),
    ...option("--reject-with", args.reject_with),
    ...option(args.ip_version === "ipv4" ? "--icmp-type" : "--icmpv6-type", args.icmp_type),
    ...load("comment", args.comment),
    ...option("--comment", args.comment),
  ];
}

function option(flag: string, value: string | undefined): readonly string[] {
  if (value === undefined || value === "") return [];
  return value.startsWith("!") ? ["!", flag, value.slice(1).trim()] : [flag, value];
}

function refuseBadCombinations(args: Args): void {
  const { jump } = args;
  if (!args.flush && args.chain === undefined)
    throw new TaskFailure("Either chain or flush parameter must be specified.");
  if (args.flush && args.policy !== undefined) throw new TaskFailure("parameters are mutually exclusive: flush|policy");
  if (args.set_dscp_mark !== undefined && args.set_dscp_mark_class !== undefined)
    throw new TaskFailure("parameters are mutually exclusive: set_dscp_mark|set_dscp_mark_class");
  if (jump?.toLowerCase() === "tee" && args.gateway === undefined)
    throw new TaskFailure("jump is TEE but all of the following are missing: gateway");
  if ((args.log_prefix !== undefined || args.log_level !== undefined) && jump !== undefined && jump !== "LOG")
    throw new TaskFailure("Logging options can only be used with the LOG jump target.");
}
