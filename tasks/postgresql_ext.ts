import { change, create, defineTask, type Plan, TaskFailure, z } from "tsrun";
import {
  inTurn,
  notReached,
  notYet,
  pgIdentifier,
  pgLiteral,
  postgresqlArgs,
  postgresqlConnection,
  type PostgresqlExtension,
  postgresqlExtension,
  program,
  refuseSql,
} from "tsrun/state";

const args = z.object({
  name: z
    .string()
    .describe("Name of the extension")
    .meta({ aliases: ["ext"] }),
  db: z
    .string()
    .describe("Database that should have it")
    .meta({ aliases: ["login_db"] }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether the database should have it"),
  schema: z.string().optional().describe("Schema for the things that a new one brings"),
  version: z.string().optional().describe("Version to have; `latest` for the newest on the host"),
  cascade: z.boolean().default(false).describe("Bring what it needs, or remove what needs it"),
  ...postgresqlArgs,
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "postgresql_ext",
  summary: "Keep an extension in a database of PostgreSQL",
  args,
  returns: { db: "The database", ext: "The extension", queries: "Statements that were run" },
  examples: [{ name: "Cryptography", yaml: "postgresql_ext:\n  name: pgcrypto\n  db: shop\nbecome_user: postgres" }],
  observe: (args) => ({
    client: program("psql"),
    current: postgresqlExtension({ connection: postgresqlConnection(args, args.db), name: args.name }),
  }),
  plan(args, state, { isCheck }): Plan {
    refuseSql(args, [args.name, args.schema, args.version, args.session_role]);
    const missing = notReached(state, isCheck);
    if (missing) return missing;
    const current = state.current as PostgresqlExtension;
    const warnings =
      args.version !== undefined && args.state === "absent" ? ["Parameter version is ignored when state=absent"] : [];
    const wish = wishOf(args, current);
    if (typeof wish === "string") return notYet(wish, isCheck);
    if (!wish) return { changes: [], warnings };
    const connection = postgresqlConnection(args, args.db);
    const make = current.version === null ? create : change;
    const lines = (version: string | null) => (version === null ? "" : `${args.name} ${version}\n`);
    const header = `extensions of ${args.db}`;
    const diff = {
      before: lines(current.version),
      after: lines(wish.after.version),
      beforeHeader: header,
      afterHeader: header,
    };
    const steps = inTurn(args, connection, [wish.sql]);
    const query = postgresqlExtension({ connection, name: args.name });
    return { changes: [make(query, { ...current, ...wish.after }, steps, { diff })], warnings };
  },
  result: (args, { before, changes }) => {
    const wish = changes.length > 0 && wishOf(args, before.current as PostgresqlExtension);
    return { db: args.db, ext: args.name, queries: wish && typeof wish === "object" ? [wish.sql] : [] };
  },
});

interface Wish {
  readonly sql: string;
  readonly after: Pick<PostgresqlExtension, "version">;
}

/** What is to do: nothing, a statement, or why it cannot be done. */
function wishOf(args: Args, current: PostgresqlExtension): Wish | string | undefined {
  const name = pgIdentifier(args.name);
  const cascade = args.cascade ? " CASCADE" : "";
  if (args.state === "absent")
    return current.version === null ? undefined : { sql: `DROP EXTENSION ${name}${cascade}`, after: { version: null } };
  const version = args.version === undefined || args.version === "latest" ? current.latest : args.version;
  const named = args.version === undefined || args.version === "latest" ? "" : args.version;
  if (current.version === null) {
    if (version === null) return `Extension ${args.name} is not available`;
    if (!current.available.includes(version)) return `Passed version '${version}' is not available`;
    const schema = args.schema === undefined ? "" : ` WITH SCHEMA ${pgIdentifier(args.schema)}`;
    const which = named === "" ? "" : ` VERSION ${pgLiteral(named)}`;
    return { sql: `CREATE EXTENSION ${name}${schema}${which}${cascade}`, after: { version } };
  }
  if (args.version === undefined || version === null || version === current.version) return undefined;
  if (!current.updates.includes(version))
    throw new TaskFailure(
      `Passed version '${version}' has no valid update path from the currently installed version '${current.version}' or the passed version is not available`,
    );
  return { sql: `ALTER EXTENSION ${name} UPDATE${named === "" ? "" : ` TO ${pgLiteral(named)}`}`, after: { version } };
}
