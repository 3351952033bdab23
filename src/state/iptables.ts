import { answerText, defineQuery } from "../task/query.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";

export interface ChainKey {
  readonly program: "iptables" | "ip6tables";
  readonly table: string;
  readonly chain: string;
}

export interface RuleKey extends ChainKey {
  /** The rule as words of iptables. */
  readonly rule: readonly string[];
}

export interface ChainState {
  /** What happens to packets that no rule takes; undefined for a chain of one's own. */
  readonly policy: string | undefined;
}

/** A chain of packet filter rules; undefined when the table has none of that name, or the host no iptables. */
export const iptablesChain = defineQuery<ChainKey, ChainState | undefined>({
  name: "iptables_chain",
  script: (keys) =>
    script(keys.map(({ program, table, chain }) => sh`ask ${program} ${program} -t ${table} -S ${chain}`)),
  parse: (output, keys) =>
    parts(answerText(output), keys.length).map((text) => {
      const [rc, ...lines] = text.split("\n");
      if (rc !== "0") return undefined;
      const policy = lines.map((line) => /^-P \S+ (\S+)/.exec(line)?.[1]).find(Boolean);
      return { policy };
    }),
});

/** Whether a chain has a rule; iptables itself compares. */
export const iptablesRule = defineQuery<RuleKey, boolean>({
  name: "iptables_rule",
  script: (keys) =>
    script(
      keys.map(({ program, table, chain, rule }) => sh`ask ${program} ${program} -t ${table} -C ${chain} ${rule}`),
    ),
  parse: (output, keys) => parts(answerText(output), keys.length).map((text) => text.startsWith("0\n")),
});

/** 1 is "no such rule" and "no such chain"; the rest are no answers: wrong words, no permission, a lock that others hold. */
function script(commands: readonly Sh[]): Sh {
  return shLines([
    sh`ask() { p=$1; shift
      command -v "$p" >/dev/null || { printf 'none\0'; return; }
      o=$("$@" 2>&1); r=$?
      case $r:$o in 0:*) ;; 1:*|*"No chain/target/match by that name"*|*"does not exist"*|*"Couldn't load target"*) r=1;; *) printf '%s\n' "$o" >&2; exit 1;; esac
      printf '%s\n%s\0' "$r" "$o"; }`,
    ...commands,
  ]);
}

function parts(text: string, count: number): readonly string[] {
  const found = text.split("\0");
  return Array.from({ length: count }, (_, index) => found[index] ?? "");
}
