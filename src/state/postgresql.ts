import { decodeBytes } from "../lib/bytes.ts";
import { TaskFailure } from "../task/failure.ts";
import { defineQuery, type Query } from "../task/query.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";
import { byConnection } from "./by-connection.ts";
import type { Unreached } from "./unreached.ts";

/** How a database is reached. */
export interface PostgresqlConnection {
  /** libpq's parameters by name (`host`, `dbname`), the password apart. */
  readonly params: Readonly<Record<string, string>>;
  readonly password?: string | undefined;
}

export interface PostgresqlKey {
  readonly connection: PostgresqlConnection;
}

/** libpq's own way to write several parameters as one word. */
export function conninfo({ params }: PostgresqlConnection): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}='${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`)
    .join(" ");
}

/**
 * Runs a client of libpq. The password is in no command line, no environment and no
 * file: libpq reads it as a service's from a pipe (https://www.postgresql.org/docs/current/libpq-pgservice.html).
 */
export function withLibpq({ password }: PostgresqlConnection, client: Sh): Sh {
  const defaults = sh`export PGUSER="\${PGUSER:-postgres}" PGPORT="\${PGPORT:-5432}"`;
  if (password === undefined) return sh`(${defaults}; ${client})`;
  if (/[\r\n]|\s$/.test(password))
    throw new TaskFailure(
      "`login_password` has a line break or ends with a blank, which libpq's service file cannot hold",
    );
  const service = sh`PGSERVICEFILE=/dev/fd/3 PGSERVICE=tsrun`;
  return sh`{ printf '[tsrun]\npassword=%s\n' ${password} | { exec 3<&0 <&5 5<&-; ${defaults} ${service}; ${client}; }; } 5<&0`;
}

/** Runs SQL, which goes through a pipe. psql's own variables and commands are not looked for inside of quotes. */
export function psql(connection: PostgresqlConnection, sql: string, options: readonly string[] = []): Sh {
  const run = sh`printf %s ${sql} | PGCLIENTENCODING=UTF8 psql -XAtqw ${options} -d ${conninfo(connection)}`;
  return withLibpq(connection, run);
}

export interface PostgresqlQueryDefinition<Key, T> {
  readonly name: string;
  /** SQL: one value of type `jsonb`. */
  readonly select: (key: Key) => string;
  readonly parse: (value: unknown) => T;
}

/**
 * A kind of state of PostgreSQL: one psql for all keys of a connection. The answer is undefined where the SQL's value is NULL, and
 * {@link Unreached} where it could not be asked.
 */
export function definePostgresqlQuery<Key extends PostgresqlKey, T>(
  definition: PostgresqlQueryDefinition<Key, T>,
): (key: Key) => Query<T | undefined | Unreached> {
  return defineQuery<Key, T | undefined | Unreached>({
    name: definition.name,
    script: (keys) =>
      shLines(
        byConnection(keys).map(([connection, group]) => {
          const selects = group.map(
            (index) =>
              `SELECT jsonb_build_object('key', ${index}, 'value', (${definition.select(keys[index] as Key)}));\n`,
          );
          return sh`${psql(connection, selects.join(""))} 2>&1; printf '\0'`;
        }),
      ),
    parse(output, keys) {
      const parts = decodeBytes(output.stdout).split("\0");
      const answers: (T | undefined | Unreached)[] = keys.map(() => undefined);
      byConnection(keys).forEach(([, group], at) => {
        const lines = (parts[at] ?? "").split("\n");
        const rows = lines.filter((line) => line.startsWith('{"key": ')).map((line) => JSON.parse(line) as Row);
        const problem = lines.filter((line) => line !== "" && !line.startsWith('{"key": ')).join("\n");
        for (const index of group) {
          const row = rows.find(({ key }) => key === index);
          if (!row) answers[index] = { exists: false, problem: problem === "" ? "psql said nothing" : problem };
          else if (row.value !== null) answers[index] = definition.parse(row.value);
        }
      });
      return answers;
    },
  });
}

interface Row {
  readonly key: number;
  readonly value: unknown;
}
