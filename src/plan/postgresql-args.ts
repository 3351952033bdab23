import { z } from "zod";
import { pgIdentifier } from "../lib/postgresql-text.ts";
import { type PostgresqlConnection, psql } from "../state/postgresql.ts";
import { isUnreached } from "../state/unreached.ts";
import type { Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Sh } from "../task/sh.ts";
import { notYet } from "./not-yet.ts";
import { requireProgram } from "./require-program.ts";

/** Arguments that say how to log in, which all modules of PostgreSQL take. */
export const postgresqlArgs = {
  login_user: z
    .string()
    .optional()
    .describe("Role to log in as; default `postgres`")
    .meta({ aliases: ["login"] }),
  login_password: z.string().default("").describe("Its password").meta({ secret: true }),
  login_host: z
    .string()
    .default("")
    .describe("Host of the server; without it, the socket")
    .meta({ aliases: ["host"] }),
  login_unix_socket: z
    .string()
    .default("")
    .describe("Directory of the socket")
    .meta({ aliases: ["unix_socket"] }),
  port: z
    .number()
    .int()
    .optional()
    .describe("Port of the server; default 5432")
    .meta({ aliases: ["login_port"] }),
  ssl_mode: z
    .enum(["allow", "disable", "prefer", "require", "verify-ca", "verify-full"])
    .default("prefer")
    .describe("Whether TLS is used, and what is verified"),
  ca_cert: z
    .string()
    .optional()
    .describe("File with the authorities that the server's certificate must come from")
    .meta({ aliases: ["ssl_rootcert"] }),
  ssl_cert: z.string().optional().describe("File with the client's certificate").meta({ path: true }),
  ssl_key: z.string().optional().describe("File with its key").meta({ path: true }),
  connect_params: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("Further parameters of libpq"),
  session_role: z.string().optional().describe("Role to switch to after the login"),
  trust_input: z
    .boolean()
    .default(true)
    .describe("Whether arguments that look like SQL are taken as the names they are"),
};
const object = z.object(postgresqlArgs);
export type PostgresqlArgs = z.output<typeof object>;

/** Where a module's arguments say that the database is. */
export function postgresqlConnection(args: PostgresqlArgs, database: string): PostgresqlConnection {
  const isLocal = args.login_host === "" || args.login_host === "localhost";
  const host = isLocal && args.login_unix_socket !== "" ? args.login_unix_socket : args.login_host;
  const further = Object.fromEntries(Object.entries(args.connect_params).map(([name, value]) => [name, String(value)]));
  if (Object.hasOwn(further, "password"))
    throw new TaskFailure("`password` in `connect_params` would be seen by everybody: use `login_password`");
  const params: Readonly<Record<string, string | undefined>> = {
    host,
    port: args.port?.toString(),
    user: args.login_user,
    dbname: database,
    sslmode: args.ssl_mode,
    sslrootcert: args.ca_cert,
    sslcert: args.ssl_cert,
    sslkey: args.ssl_key,
    ...further,
  };
  const given = Object.entries(params).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return {
    params: Object.fromEntries(given),
    ...(args.login_password !== "" && { password: args.login_password }),
  };
}

/** Runs statements in one transaction, as the session's role. */
export function inTransaction(
  args: PostgresqlArgs,
  connection: PostgresqlConnection,
  statements: readonly string[],
): Sh {
  return inTurn(args, connection, ["BEGIN", ...statements, "COMMIT"]);
}

/** Runs statements each for itself, as the session's role, up to the first that fails. */
export function inTurn(args: PostgresqlArgs, connection: PostgresqlConnection, statements: readonly string[]): Sh {
  const role = args.session_role === undefined ? [] : [`SET ROLE ${pgIdentifier(args.session_role)}`];
  // psql's own commands end with their line.
  const sql = [...role, ...statements].map((text) => (text.endsWith("\\gexec") ? `${text}\n` : `${text};\n`)).join("");
  return psql(connection, sql, ["-v", "ON_ERROR_STOP=1"]);
}

/** What a module of PostgreSQL was told about the host. */
export interface PostgresqlObserved {
  readonly client: string | undefined;
  readonly [name: string]: unknown;
}

/**
 * Why there is nothing to plan on: undefined when all was answered. Under check mode it is not known what an earlier task would have brought,
 * otherwise it is a failure.
 */
export function notReached(observed: PostgresqlObserved, isCheck: boolean): Plan | undefined {
  requireProgram(observed.client, "psql", "postgresql-client");
  const unreached = Object.values(observed).find(isUnreached);
  if (!unreached) return undefined;
  const isConnecting = unreached.problem.startsWith("psql: error");
  return notYet(
    `${isConnecting ? "unable to connect to database" : "the database refused"}: ${unreached.problem}`,
    isCheck,
  );
}

const suspicious = [
  /['"].*--/,
  /(UNION|INTERSECT|EXCEPT).*SELECT/i,
  /;.*(SELECT|UPDATE|INSERT|DELETE|DROP|TRUNCATE|ALTER)/i,
];

/** With `trust_input: false`: refuses what looks like SQL where a name belongs. All is quoted anyway. */
export function refuseSql(args: PostgresqlArgs, texts: readonly (string | undefined)[]): void {
  if (args.trust_input) return;
  const found = texts.filter((text) => text !== undefined && suspicious.some((pattern) => pattern.test(text)));
  if (found.length > 0) throw new TaskFailure(`Passed input '${found.join(", ")}' is potentially dangerous`);
}
