import { mysqlIdentifier } from "../lib/mysql-text.ts";
import { TaskFailure } from "../task/failure.ts";

/** Privileges in capitals by what they are on, as SQL writes it (`*.*`, `` `shop`.* ``). `GRANT`: they may be passed on. */
export type MysqlGrants = ReadonlyMap<string, ReadonlySet<string>>;

/** What an account may do, from the lines of `SHOW GRANTS`. Roles that it has are no privileges. */
export function shownGrants(lines: readonly string[]): MysqlGrants {
  const grants = new Map<string, Set<string>>();
  for (const line of lines) {
    const [, words, on, rest = ""] =
      /^GRANT ([^]+?) ON ([^]+?) TO [`'"][^]*?[`'"]@[`'"][^]*?[`'"]( [^]*)?$/.exec(line) ?? [];
    if (words === undefined || on === undefined || words === "PROXY") continue;
    const found = grants.get(on) ?? new Set();
    for (const word of splitWords(words)) found.add(canonical(word));
    if (rest.includes("WITH GRANT OPTION")) found.add("GRANT");
    grants.set(on, found);
  }
  return grants;
}

/** What the argument `priv` wants: `shop.*:ALL/other.t:SELECT,INSERT`, or the same as a mapping. */
export function mysqlGrantsOf(priv: string | Readonly<Record<string, string>>): MysqlGrants {
  const items =
    typeof priv === "string"
      ? priv
          .trim()
          .split("/")
          .map((item) => splitLast(item.trim(), ":"))
      : Object.entries(priv).map(([on, words]) => [on.trim(), words.trim()] as const);
  return new Map(
    items.map(([on, words]) => {
      if (words === undefined || words === "")
        throw new TaskFailure(`\`priv\`: expected \`db.table:privileges\`, got \`${on}\``);
      return [targetOf(on), new Set(splitWords(words.toUpperCase()))];
    }),
  );
}

function splitLast(text: string, mark: string): readonly [string, string?] {
  const at = text.lastIndexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function targetOf(text: string): string {
  const [, kind = "", on = ""] = /^((?:FUNCTION|PROCEDURE) )?([^]*)$/.exec(text) ?? [];
  const quoted = splitLast(on, ".").map((part) => {
    const plain = part?.replace(/^`+|`+$/g, "");
    return plain === undefined ? undefined : plain === "*" ? "*" : mysqlIdentifier(plain);
  });
  return kind + quoted.filter((part) => part !== undefined).join(".");
}

/** `SELECT (a, b), INSERT` as words; columns in order. */
function splitWords(text: string): readonly string[] {
  return text.split(/,\s*(?![^(]*\))/).map((word) => {
    const [, name = word, columns] = /^([^(]*?)\s*\(([^)]*)\)$/.exec(word.trim()) ?? [];
    if (columns === undefined) return word.trim();
    const sorted = columns
      .split(",")
      .map((column) => column.trim().replaceAll("`", ""))
      .toSorted();
    return `${name} (${sorted.join(", ")})`.toUpperCase();
  });
}

/** Names that one server has for another's privilege. */
const synonyms: Readonly<Record<string, string>> = {
  "ALL PRIVILEGES": "ALL",
  "REPLICATION CLIENT": "BINLOG MONITOR",
  "REPLICATION REPLICA": "REPLICATION SLAVE",
  "REPLICA MONITOR": "SLAVE MONITOR",
  "DELETE VERSIONING ROWS": "DELETE HISTORY",
};
const canonical = (word: string): string => synonyms[word] ?? word;

export interface GrantStep {
  readonly sql: string;
  readonly granted: readonly string[];
  readonly revoked: readonly string[];
}

/**
 * Statements that bring what an account has to what is wanted: `replace` takes away the rest, `append` and `subtract` do not. `account` is SQL.
 */
export function mysqlGrantSteps(
  account: string,
  lines: readonly string[],
  wanted: MysqlGrants,
  how: "replace" | "append" | "subtract",
): readonly GrantStep[] {
  const current = shownGrants(lines);
  const steps: GrantStep[] = [];
  const revoke = (on: string, words: readonly string[]): void => {
    const plain = words.filter((word) => word !== "GRANT" && word !== "USAGE");
    if (words.includes("GRANT")) steps.push(step(`REVOKE GRANT OPTION ON ${on} FROM ${account}`, [], ["GRANT"]));
    if (plain.length > 0) steps.push(step(`REVOKE ${plain.join(", ")} ON ${on} FROM ${account}`, [], plain));
  };
  if (how === "replace") for (const [on, words] of current) if (!wanted.has(on)) revoke(on, [...words]);
  for (const [on, words] of wanted) {
    const has = current.get(on) ?? new Set();
    if (how === "subtract") {
      revoke(
        on,
        [...words].filter((word) => has.has(canonical(word))),
      );
      continue;
    }
    const names = new Set([...words].map(canonical));
    const superfluous = [...has].filter((word) => !names.has(word) && !(names.has("ALL") && word !== "GRANT"));
    if (how === "replace") revoke(on, superfluous);
    const left = how === "replace" ? new Set([...has].filter((word) => !superfluous.includes(word))) : has;
    const missing = [...words].filter((word) => !left.has(canonical(word)) && !isImplied(word, left));
    if (missing.length === 0) continue;
    const plain = missing.filter((word) => word !== "GRANT");
    const option = missing.includes("GRANT") ? " WITH GRANT OPTION" : "";
    steps.push(
      step(`GRANT ${plain.length === 0 ? "USAGE" : plain.join(", ")} ON ${on} TO ${account}${option}`, missing, []),
    );
  }
  return steps;
}

/** USAGE is no privilege: every account has it. */
function isImplied(word: string, has: ReadonlySet<string>): boolean {
  return word === "USAGE" || (has.has("ALL") && word !== "GRANT");
}

function step(sql: string, granted: readonly string[], revoked: readonly string[]): GrantStep {
  return { sql, granted, revoked };
}
