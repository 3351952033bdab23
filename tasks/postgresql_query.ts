import { defineAction, TaskFailure, z } from "tsrun";
import {
  bindSql,
  pgIdentifier,
  pgLiteral,
  postgresqlArgs,
  postgresqlConnection,
  postgresqlStatements,
  program,
  psql,
  QueryScript,
  refuseSql,
  requireProgram,
} from "tsrun/state";

/** What would end the transaction that check mode rolls back. */
const endsTransaction = new Set(["COMMIT", "END", "ROLLBACK", "ABORT", "BEGIN", "START", "PREPARE", "CALL", "DO"]);

export default defineAction({
  name: "postgresql_query",
  summary: "Run SQL in a database of PostgreSQL",
  args: z.object({
    query: z.union([z.string(), z.array(z.string())]).describe("SQL, or a list of queries"),
    db: z
      .string()
      .default("")
      .describe("Database to run it in")
      .meta({ aliases: ["login_db"] }),
    positional_args: z.array(z.unknown()).optional().describe("Values for `%s`"),
    named_args: z.record(z.string(), z.unknown()).optional().describe("Values for `%(name)s`"),
    autocommit: z.boolean().default(false).describe("No transaction around it, for what cannot be in one (`VACUUM`)"),
    search_path: z.array(z.string()).optional().describe("Schemas to look in"),
    ...postgresqlArgs,
  }),
  returns: {
    query: "The last query, as it was run",
    query_list: "The queries as they were written",
    statusmessage: "What the server said to the last one",
    query_result: "Rows of the last one, each a mapping",
    query_all_results: "Rows of every one",
    rowcount: "How many rows were given or altered",
  },
  examples: [
    {
      name: "A question",
      yaml: "postgresql_query:\n  db: shop\n  query: SELECT count(*) AS open FROM orders WHERE state = %(state)s\n  named_args:\n    state: open\nbecome_user: postgres",
    },
  ],
  runsOn: "host",
  inCheckMode: "run",
  observe: () => ({ client: program("psql") }),
  async run(args, { host, isCheck }) {
    const { positional_args: positional, named_args: named, autocommit } = args;
    refuseSql(args, [args.session_role]);
    if (positional && named) throw new TaskFailure("parameters are mutually exclusive: positional_args|named_args");
    if (autocommit && isCheck) throw new TaskFailure("Using autocommit is mutually exclusive with check_mode");
    const written = typeof args.query === "string" ? [args.query] : args.query;
    const values = positional?.length ? positional : named && Object.keys(named).length > 0 ? named : undefined;
    const queries = written.map((query) => bindSql(query, values, pgLiteral));
    const statements = queries.map(postgresqlStatements);
    const all = statements.flat();
    // What they would do cannot be undone, so check mode does not try.
    if (isCheck && all.some(({ words }) => endsTransaction.has(words[0] ?? "")))
      return { skipped: true, msg: "check mode cannot tell what statements that end a transaction would do" };
    requireProgram(await host.cached(program("psql")), "psql", "postgresql-client");
    const script = new QueryScript(all);
    const lines = [
      ...(autocommit ? [] : ["BEGIN;"]),
      ...(args.session_role === undefined ? [] : [`SET ROLE ${pgIdentifier(args.session_role)};`]),
      ...(args.search_path
        ? [`SET search_path TO ${args.search_path.map((name) => pgIdentifier(name.trim())).join(",")};`]
        : []),
      ...script.lines,
      ...(autocommit ? [] : [isCheck ? "ROLLBACK;" : "COMMIT;"]),
    ];
    const command = psql(postgresqlConnection(args, args.db), `${lines.join("\n")}\n`, ["-0", "-v", "ON_ERROR_STOP=1"]);
    const output = await host.exec({ script: command });
    const results = script.parse(output.stdout);
    if (output.truncatedBytes > 0) throw new TaskFailure("the query gives more rows than fit into a result");
    if (output.rc !== 0) {
      const failed = all[results.length]?.text ?? "COMMIT";
      const msg = `Cannot execute SQL '${failed}': ${output.stderr.trim()}`;
      // An earlier task would have made what is missing here, maybe.
      if (isCheck) return { skipped: true, msg: `unknown until applied: ${msg}` };
      throw new TaskFailure(msg, { query_list: written, rc: output.rc });
    }
    let [at, rowcount] = [0, 0];
    // A query of several statements has the result of its last.
    const ofQueries = statements.map((own) => {
      at += own.length;
      return (own.length === 0 ? undefined : results[at - 1]) ?? { status: "", rows: undefined };
    });
    for (const { status, rows } of ofQueries) rowcount += rows?.length ?? Number(/ (\d+)$/.exec(status)?.[1] ?? 0);
    const last = ofQueries.at(-1);
    return {
      changed: results.some(({ status }) => isChange(status)),
      query: queries.at(-1) ?? "",
      query_list: written,
      statusmessage: last?.status ?? "",
      query_result: last?.rows ?? {},
      query_all_results: ofQueries.map(({ rows }) => rows ?? {}),
      rowcount,
    };
  },
});

/** Ansible's rule: all but reading, and writes that met no row. */
function isChange(status: string): boolean {
  if (status.includes("SELECT")) return false;
  return !/^(INSERT \d+|UPDATE|DELETE) 0$/.test(status);
}
