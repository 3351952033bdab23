import { mysqlLiteral } from "../lib/mysql-text.ts";
import { defineMysqlQuery, type MysqlKey } from "./mysql.ts";

export interface MysqlUser {
  readonly plugin: string;
  /** What the plugin compares passwords with: a hash, most often. */
  readonly auth: string;
  readonly limits: Readonly<Record<string, number>>;
  /** Lines of `SHOW GRANTS`. */
  readonly grants: readonly string[];
}

type UserKey = MysqlKey & { readonly name: string; readonly host: string };

const where = ({ name, host }: UserKey): string => `User = ${mysqlLiteral(name)} AND Host = ${mysqlLiteral(host)}`;

/** An account of a server of MariaDB or MySQL, with what it may do. */
export const mysqlUser = defineMysqlQuery<UserKey, MysqlUser>({
  name: "mysql-user",
  statements: (key) => [
    `SELECT CONCAT('accounts: ', COUNT(*)) FROM mysql.user WHERE ${where(key)}`,
    `SELECT JSON_OBJECT('plugin', plugin, 'auth', authentication_string, 'limits', JSON_OBJECT('MAX_QUERIES_PER_HOUR', max_questions,
      'MAX_UPDATES_PER_HOUR', max_updates, 'MAX_CONNECTIONS_PER_HOUR', max_connections, 'MAX_USER_CONNECTIONS', max_user_connections))
      FROM mysql.user WHERE ${where(key)}`,
    // Fails for an account that is not there.
    `SHOW GRANTS FOR ${mysqlLiteral(key.name)}@${mysqlLiteral(key.host)}`,
  ],
  parse([count, row, ...grants]) {
    if (mayRead(count) === 0 || row === undefined) return undefined;
    return { ...(JSON.parse(row) as Omit<MysqlUser, "grants">), grants };
  },
});

/** Hosts from which accounts of a name may come. */
export const mysqlHosts = defineMysqlQuery<MysqlKey & { readonly name: string }, readonly string[]>({
  name: "mysql-hosts",
  statements: ({ name }) => [
    `SELECT CONCAT('accounts: ', COUNT(*)) FROM mysql.user WHERE User = ${mysqlLiteral(name)}`,
    `SELECT Host FROM mysql.user WHERE User = ${mysqlLiteral(name)} ORDER BY Host`,
  ],
  parse([count, ...hosts]) {
    mayRead(count);
    return hosts;
  },
});

/** How many accounts there are. Throws for who may not see them: none to be seen is not none. */
function mayRead(row: string | undefined): number {
  const [, count] = /^accounts: (\d+)$/.exec(row ?? "") ?? [];
  if (count === undefined) throw new Error("the login may not read the table mysql.user");
  return Number(count);
}
