import { createHash } from "node:crypto";
import { z } from "zod";
import { type MysqlConnection, mysqlSql } from "../state/mysql.ts";
import { isUnreached } from "../state/unreached.ts";
import type { Plan } from "../task/define-task.ts";
import type { Sh } from "../task/sh.ts";
import { notYet } from "./not-yet.ts";
import { requireProgram } from "./require-program.ts";

/** Arguments that say how to log in, which all modules of MariaDB and MySQL take. */
export const mysqlArgs = {
  login_user: z.string().optional().describe("Account to log in as; else the option file's, or the user's own name"),
  login_password: z.string().optional().describe("Its password").meta({ secret: true }),
  login_host: z.string().default("localhost").describe("Host of the server"),
  login_port: z.number().int().min(0).max(65_535).default(3306).describe("Port of the server"),
  login_unix_socket: z.string().optional().describe("Socket of the server"),
  config_file: z.string().default("~/.my.cnf").describe("Option file of the host that is read first"),
  connect_timeout: z.number().int().default(30).describe("Seconds to wait for the server"),
  ca_cert: z
    .string()
    .optional()
    .describe("File with the authorities that the server's certificate must come from")
    .meta({ aliases: ["ssl_ca"], path: true }),
  client_cert: z
    .string()
    .optional()
    .describe("File with the client's certificate")
    .meta({ aliases: ["ssl_cert"], path: true }),
  client_key: z
    .string()
    .optional()
    .describe("File with its key")
    .meta({ aliases: ["ssl_key"], path: true }),
};
const object = z.object(mysqlArgs);
type MysqlArgs = z.output<typeof object>;

/** Where a module's arguments say that the server is. */
export function mysqlConnection(args: MysqlArgs, triesRoot = false, database?: string): MysqlConnection {
  const options: Readonly<Record<string, string | undefined>> = {
    user: args.login_user,
    password: args.login_password,
    ...(args.login_unix_socket === undefined
      ? { host: args.login_host, port: String(args.login_port) }
      : { socket: args.login_unix_socket }),
    "ssl-ca": args.ca_cert,
    "ssl-cert": args.client_cert,
    "ssl-key": args.client_key,
  };
  const given = Object.entries(options).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    options: Object.fromEntries(given),
    configFile: args.config_file,
    triesRoot,
    connectTimeout: args.connect_timeout,
    database,
  };
}

/** Runs statements up to the first that fails. */
export function runMysql(connection: MysqlConnection, statements: readonly string[]): Sh {
  return mysqlSql(connection, statements.map((statement) => `${statement};\n`).join(""));
}

/** Why there is nothing to plan on, as {@link notYet} says it; undefined when all was answered. */
export function mysqlMissing(observed: Readonly<Record<string, unknown>>, isCheck: boolean): Plan | undefined {
  requireProgram(observed["client"] as string | undefined, "mysql", "mariadb-client");
  const unreached = Object.values(observed).find(isUnreached);
  return unreached && notYet(`unable to connect to database: ${unreached.problem}`, isCheck);
}

/** What `mysql_native_password` keeps of a password. */
export function mysqlHash(password: string): string {
  const sha1 = (data: string | Buffer): Buffer => createHash("sha1").update(data).digest();
  return `*${sha1(sha1(password)).toString("hex").toUpperCase()}`;
}
