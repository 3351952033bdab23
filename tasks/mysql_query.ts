import { defineAction, sh, TaskFailure, z } from "tsrun";
import {
  bindSql,
  mysqlArgs,
  mysqlConnection,
  mysqlLiteral,
  MysqlQueryScript,
  mysqlScript,
  program,
  requireProgram,
} from "tsrun/state";

export default defineAction({
  name: "mysql_query",
  summary: "Run SQL on a server of MariaDB or MySQL",
  args: z.object({
    query: z.union([z.string(), z.array(z.string())]).describe("SQL, or a list of queries"),
    login_db: z.string().optional().describe("Database to run it in"),
    positional_args: z.array(z.unknown()).optional().describe("Values for `%s`"),
    named_args: z.record(z.string(), z.unknown()).optional().describe("Values for `%(name)s`"),
    single_transaction: z.boolean().default(false).describe("All queries or none"),
    ...mysqlArgs,
  }),
  returns: {
    executed_queries: "The queries, as they were run",
    query_result: "Rows of every query, each a mapping",
    rowcount: "How many rows every query gave or altered",
  },
  examples: [
    {
      name: "A question",
      yaml: "mysql_query:\n  login_db: shop\n  query: SELECT COUNT(*) AS open FROM orders WHERE state = %(state)s\n  named_args:\n    state: open",
    },
  ],
  runsOn: "host",
  // As Ansible's: nobody can say what a query would do.
  inCheckMode: "skip",
  observe: () => ({ client: program("mysql") }),
  async run(args, context) {
    const { host } = context;
    const { positional_args: positional, named_args: named } = args;
    if (positional && named) throw new TaskFailure("parameters are mutually exclusive: positional_args|named_args");
    const written = typeof args.query === "string" ? [args.query] : args.query;
    const values = positional?.length ? positional : named && Object.keys(named).length > 0 ? named : undefined;
    const queries = written.map((query) => bindSql(query, values, mysqlLiteral));
    requireProgram(await host.cached(program("mysql")), "mysql", "mariadb-client");
    const connection = mysqlConnection(args, false, args.login_db);
    const script = new MysqlQueryScript(queries);
    const types = mysqlScript(connection, script.types(), ["--table", "--column-type-info", "--force"]);
    const run = mysqlScript(connection, script.values(args.single_transaction), ["--xml"]);
    const output = await host.exec({ script: sh`${types} 2>/dev/null; printf '\0'; ${run}` });
    const [typesOutput = "", valuesOutput = ""] = output.stdout.split("\0");
    const results = script.parse(typesOutput, valuesOutput);
    if (output.truncatedBytes > 0) throw new TaskFailure("the query gives more rows than fit into a result");
    if (output.rc !== 0)
      throw new TaskFailure(`Cannot execute SQL '${queries[results.length] ?? ""}': ${output.stderr.trim()}`, {
        rc: output.rc,
      });
    results.forEach(({ isTyped }, at) => {
      if (!isTyped)
        context.warn(`the columns of \`${written[at]}\` have types that cannot be told: its values are texts`);
    });
    return {
      changed: results.some(({ count }, at) => isChange(queries[at] ?? "", count)),
      executed_queries: queries,
      query_result: results.map(({ rows }) => rows),
      rowcount: results.map(({ count }) => count),
    };
  },
});

/** Ansible's rule: by the words that a query begins with. */
function isChange(query: string, count: number): boolean {
  const start = query.trimStart().slice(0, 8).toUpperCase();
  if (/CREATE|DROP|ALTER|RENAME|TRUNCATE/.test(start)) return true;
  return /INSERT|UPDATE|DELETE|REPLACE/.test(start) && count > 0;
}
