import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery, type Query } from "../task/query.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";
import { byConnection } from "./by-connection.ts";
import type { Unreached } from "./unreached.ts";

/** How a server of MariaDB or MySQL is reached. */
export interface MysqlConnection {
  /** Options of the section `[client]` by name, the password among them. */
  readonly options: Readonly<Record<string, string>>;
  readonly connectTimeout: number;
  readonly database?: string | undefined;
  /** Option file of the host that is read first; `~/` is the user's home. */
  readonly configFile: string;
  /** Whether root without a password is tried first. */
  readonly triesRoot: boolean;
}

export interface MysqlKey {
  readonly connection: MysqlConnection;
}

/** The options as an option file has them, so that each is one whatever is in it. */
function optionText(options: Readonly<Record<string, string>>, connectTimeout: number): string {
  const quoted = (value: string): string =>
    value.replace(
      /[\\"\n\r\t]/g,
      (character) => ({ "\n": "\\n", "\r": "\\r", "\t": "\\t" })[character] ?? `\\${character}`,
    );
  return `[client]\n${Object.entries(options)
    .map(([name, value]) => `${name}="${quoted(value)}"\n`)
    .join("")}[mysql]\nconnect_timeout=${connectTimeout}\n`;
}

/**
 * Runs a client of MariaDB or MySQL; `"$@"` are the words that it needs first. Its options come through a pipe, so that a password is in no
 * command line, no environment and no file.
 */
export function withMysql({ options, configFile, triesRoot, connectTimeout }: MysqlConnection, client: Sh): Sh {
  const { password: _, ...others } = options;
  const root = optionText({ ...others, user: "root" }, connectTimeout);
  const file = configFile.startsWith("~/") ? sh`"$HOME"/${configFile.slice(2)}` : sh`${configFile}`;
  const include = configFile === "" ? sh`:` : sh`[ ! -r ${file} ] || printf '!include %s\n' ${file}`;
  const trial = triesRoot
    ? sh`if printf %s ${root} | mysql --defaults-file=/dev/stdin -e '' 2>/dev/null; then printf %s ${root}; else ${include}; printf %s ${optionText(options, connectTimeout)}; fi`
    : sh`${include}; printf %s ${optionText(options, connectTimeout)}`;
  return sh`{ { ${trial}; } | { exec 3<&0 <&5 5<&-; set -- --defaults-file=/dev/fd/3; ${client}; }; } 5<&0`;
}

/** What every session begins with: how texts are quoted must not be up to the server. */
const preamble = `SET NAMES utf8mb4; SET SESSION sql_mode = REPLACE(REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', ''), 'ANSI', '');\n`;

/** Runs SQL, which goes through a pipe. The client finds no commands of its own in it but `DELIMITER` (`--binary-mode`). */
export function mysqlScript(connection: MysqlConnection, sql: string, options: readonly string[] = []): Sh {
  const run = sh`printf %s ${preamble + sql} | mysql "$@" --binary-mode --loose-skip-print-query-on-error ${options} ${connection.database !== undefined && ["--", connection.database]}`;
  return withMysql(connection, run);
}

/** {@link mysqlScript}, its rows as lines without their columns' names. */
export function mysqlSql(connection: MysqlConnection, sql: string, options: readonly string[] = []): Sh {
  return mysqlScript(connection, sql, ["--batch", "--skip-column-names", ...options]);
}

/**
 * A kind of state of MariaDB and MySQL: one client for all keys of a connection. `statements` are SQL whose rows have one column; `parse` gets
 * these texts, of all statements together.
 */
export function defineMysqlQuery<Key extends MysqlKey, T>(definition: {
  readonly name: string;
  readonly statements: (key: Key) => readonly string[];
  readonly parse: (rows: readonly string[], key: Key) => T | undefined;
}): (key: Key) => Query<T | undefined | Unreached> {
  return defineQuery<Key, T | undefined | Unreached>({
    name: definition.name,
    script: (keys) =>
      shLines(
        byConnection(keys).map(([connection, group]) => {
          const sql = group.map((index) => {
            const statements = definition.statements(keys[index] as Key).map((one) => `${one};\n`);
            return `SELECT 'tsrun-begin';\n${statements.join("")}SELECT 'tsrun-end';\n`;
          });
          // An error of one key is none of the others.
          return sh`{ ${mysqlSql(connection, sql.join(""), ["--force"])} 2>&4; printf '\0'; } 4>&1`;
        }),
      ),
    parse(output, keys) {
      const parts = decodeBytes(output.stdout).split("\0");
      const answers: (T | undefined | Unreached)[] = keys.map(() => undefined);
      byConnection(keys).forEach(([, group], at) => {
        const text = parts[at] ?? "";
        const blocks = [...text.matchAll(/^tsrun-begin\n([^]*?)^tsrun-end$/gm)].map((match) => match[1] ?? "");
        const problem = text.split("\n").filter((line) => /^ERROR |not found/.test(line));
        group.forEach((index, place) => {
          const block = blocks[place];
          if (block === undefined) answers[index] = { exists: false, problem: problem.join("\n") || text.trim() };
          else {
            const rows = block
              .split("\n")
              .slice(0, -1)
              .filter((line) => !line.startsWith("ERROR "));
            answers[index] = definition.parse(rows.map(unescapeCell), keys[index] as Key);
          }
        });
      });
      return answers;
    },
  });
}

/** What `--batch` escapes. */
function unescapeCell(text: string): string {
  const plain: Readonly<Record<string, string>> = { n: "\n", t: "\t", "0": "\0", "\\": "\\" };
  return text.replace(/\\([nt0\\])/g, (_, character: string) => plain[character] ?? "");
}
