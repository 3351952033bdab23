import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

export interface UfwState {
  readonly isActive: boolean;
  /** Whether it becomes active at the next boot. */
  readonly isEnabled: boolean;
  /** `off`, `low`, `medium`, `high` or `full`. */
  readonly logLevel: string;
  /** `allow`, `deny` or `reject`, by direction. */
  readonly policies: Readonly<Record<"incoming" | "outgoing" | "routed", string>>;
  /** What `ufw status verbose` prints. */
  readonly status: string;
  /** Rules as `ufw status numbered` has them; none while it is not active. */
  readonly numbered: readonly { readonly number: number; readonly isIpv6: boolean }[];
}

/** ufw's settings; undefined when the host has none. The files also tell what holds while it is not active. */
export const ufwState = defineQuery<null, UfwState | undefined>({
  name: "ufw",
  script: () => sh`command -v ufw >/dev/null || exit 0
    s=$(ufw status verbose) || exit; n=$(ufw status numbered) || exit
    printf '%s\0%s\0' "$s" "$n"; cat /etc/default/ufw /etc/ufw/ufw.conf`,
  parse(output, keys) {
    const [status = "", numbered = "", files] = answerText(output).split("\0");
    if (files === undefined) return keys.map(() => undefined);
    const setting = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?\\s*$`, "mi").exec(files)?.[1]?.trim() ?? "";
    const policy = (chain: string) =>
      ({ ACCEPT: "allow", DROP: "deny", REJECT: "reject" })[setting(`DEFAULT_${chain}_POLICY`).toUpperCase()] ?? "";
    const state: UfwState = {
      isActive: /^Status: active/m.test(status),
      isEnabled: setting("ENABLED") === "yes",
      logLevel: setting("LOGLEVEL") || "off",
      policies: { incoming: policy("INPUT"), outgoing: policy("OUTPUT"), routed: policy("FORWARD") },
      status: status.trimEnd(),
      numbered: [...numbered.matchAll(/^\[ *(\d+)\] .*$/gm)].map(([line, number]) => ({
        number: Number(number),
        isIpv6: line.includes("(v6)"),
      })),
    };
    return keys.map(() => state);
  },
});

/** Whether ufw with these words would alter its rules; undefined when the host has no ufw. */
export const ufwRuleDifference = defineQuery<readonly string[], boolean | undefined>({
  name: "ufw_rule",
  script: (keys) => sh`command -v ufw >/dev/null || exit 0
    cat /etc/ufw/user.rules || exit; printf '\0'; cat /etc/ufw/user6.rules; printf '\0'
    ${keys.map((words) => sh`ufw --dry-run ${words} || exit; printf '\0';`)}`,
  parse(output, keys) {
    const [rules, rules6, ...outcomes] = answerText(output).split("\0");
    if (rules6 === undefined) return keys.map(() => undefined);
    const now = { ipv4: tuplesOf(rules as string), ipv6: tuplesOf(rules6) };
    return keys.map((_, index) => {
      // Both families stand behind each other, or the one that alters alone.
      const tables = (outcomes[index] ?? "").split(/^\*filter$/m).slice(1);
      return tables.some((table) => tuplesOf(table) !== (table.includes(":ufw6-") ? now.ipv6 : now.ipv4));
    });
  },
});

function tuplesOf(text: string): string {
  return (text.match(/^### tuple ### .*$/gm) ?? []).join("\n");
}
