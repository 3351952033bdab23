import {
  type Change,
  change,
  create,
  defineTask,
  type Diff,
  type Plan,
  remove,
  type Sh,
  sh,
  splitCommand,
  TaskFailure,
  unknown,
  z,
} from "tsrun";
import {
  conninfo,
  dumpInto,
  dumpIntoDirectory,
  dumpPath,
  endingOf,
  file,
  type FileState,
  inTransaction,
  inTurn,
  notReached,
  pgIdentifier,
  pgLiteral,
  type PostgresqlDatabase,
  postgresqlArgs,
  postgresqlConnection,
  postgresqlDatabase,
  program,
  refuseSql,
  restoreFrom,
  withLibpq,
} from "tsrun/state";

const args = z.object({
  name: z
    .string()
    .describe("Name of the database")
    .meta({ aliases: ["db"] }),
  state: z
    .enum(["present", "absent", "dump", "rename", "restore"])
    .default("present")
    .describe("Whether it should be there; or what is done with it"),
  owner: z.string().default("").describe("Role that owns it"),
  template: z.string().default("").describe("Database that a new one is a copy of"),
  encoding: z.string().default("").describe("Encoding of its texts, such as `UTF8`"),
  lc_collate: z.string().default("").describe("Locale by which texts are sorted"),
  lc_ctype: z.string().default("").describe("Locale that says what a letter is"),
  conn_limit: z
    .string()
    .regex(/^(-?\d+)?$/, "expected a whole number")
    .default("")
    .describe("Connections that it takes at once; -1 for as many as come"),
  tablespace: z.string().default("").describe("Where it is stored"),
  force: z.boolean().default(false).describe("With `state: absent`: end the connections to it"),
  target: z
    .string()
    .default("")
    .describe("File of a dump, packed by its ending (`gz`, `bz2`, `xz`, `tar`, `pgc`, `dir`); or the new name")
    .meta({ path: true }),
  target_opts: z.string().default("").describe("Further options of pg_dump, pg_restore or psql"),
  dump_extra_args: z.string().default("").describe("Further options of pg_dump"),
  maintenance_db: z.string().default("postgres").describe("Database to connect to meanwhile"),
  ...postgresqlArgs,
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "postgresql_db",
  summary: "Create, change, remove, dump or restore a database of PostgreSQL",
  args,
  returns: {
    db: "The database",
    executed_commands: "Statements and commands that were run",
  },
  examples: [
    { name: "A database", yaml: "postgresql_db:\n  name: shop\n  encoding: UTF8\nbecome_user: postgres" },
    {
      name: "A dump of it",
      yaml: "postgresql_db:\n  name: shop\n  state: dump\n  target: /var/backups/postgresql/shop.sql.gz\nbecome_user: postgres",
    },
  ],
  observe: (args) => ({
    client: program("psql"),
    current: postgresqlDatabase(keyOf(args, args.name)),
    target: args.state === "rename" ? postgresqlDatabase(keyOf(args, args.target)) : undefined,
    dump: args.state === "dump" && args.target !== "" ? file(args.target) : undefined,
  }),
  plan(args, state, { isCheck }): Plan {
    refuseSql(args, [args.owner, args.encoding, args.name, args.template, args.tablespace, args.session_role]);
    if (args.state === "dump" || args.state === "restore") return { changes: [planFile(args, state.dump)] };
    const missing = notReached(state, isCheck);
    if (missing) return missing;
    const current = state.current as PostgresqlDatabase | undefined;
    const target = state.target as PostgresqlDatabase | undefined;
    const query = postgresqlDatabase(keyOf(args, args.name));
    const apply = (statements: readonly string[]): Sh =>
      inTurn(args, connectionOf(args, args.maintenance_db), statements);
    switch (args.state) {
      case "absent":
        return {
          changes: current
            ? [remove(query, apply([dropStatement(args, current)]), diffOf(args.name, current, {}))]
            : [],
        };
      case "rename":
        return { changes: planRename(args, current, target, apply) };
      case "present": {
        if (current) return { changes: planChange(args, current) };
        const after = {
          owner: args.owner || unknown,
          encoding: args.encoding || unknown,
          lc_collate: args.lc_collate || unknown,
          lc_ctype: args.lc_ctype || unknown,
          conn_limit: Number(args.conn_limit || -1),
          tablespace: args.tablespace || unknown,
          server: unknown,
        };
        return { changes: [create(query, after, apply([createStatement(args)]), diffOf(args.name, {}, after))] };
      }
    }
  },
  result(args, { before, changes, outputs }) {
    if (args.state === "dump" || args.state === "restore")
      return {
        executed_commands: [shown(args)],
        cmd: shown(args),
        rc: 0,
        stderr: outputs.map(({ stderr }) => stderr).join(""),
      };
    const current = before.current as PostgresqlDatabase | undefined;
    return { db: args.name, executed_commands: changes.length === 0 ? [] : statementsOf(args, current) };
  },
});

function connectionOf(args: Args, database: string) {
  return postgresqlConnection(args, database);
}

function keyOf(args: Args, name: string) {
  return { connection: connectionOf(args, args.maintenance_db), name };
}

function statementsOf(args: Args, current: PostgresqlDatabase | undefined): readonly string[] {
  if (args.state === "rename") return [renameStatement(args)];
  if (!current) return [createStatement(args)];
  return args.state === "absent" ? [dropStatement(args, current)] : alterations(args, current).map(({ sql }) => sql);
}

function dropStatement(args: Args, { server }: PostgresqlDatabase): string {
  const name = pgIdentifier(args.name);
  if (!args.force) return `DROP DATABASE ${name}`;
  if (server < 130_000) throw new TaskFailure("`force` needs PostgreSQL 13 or newer");
  return `DROP DATABASE ${name} WITH (FORCE)`;
}

function renameStatement(args: Args): string {
  return `ALTER DATABASE ${pgIdentifier(args.name)} RENAME TO ${pgIdentifier(args.target)}`;
}

function createStatement(args: Args): string {
  return [
    `CREATE DATABASE ${pgIdentifier(args.name)}`,
    args.owner && `OWNER ${pgIdentifier(args.owner)}`,
    args.template && `TEMPLATE ${pgIdentifier(args.template)}`,
    args.encoding && `ENCODING ${pgLiteral(args.encoding)}`,
    args.lc_collate && `LC_COLLATE ${pgLiteral(args.lc_collate)}`,
    args.lc_ctype && `LC_CTYPE ${pgLiteral(args.lc_ctype)}`,
    args.tablespace && `TABLESPACE ${pgIdentifier(args.tablespace)}`,
    args.conn_limit && `CONNECTION LIMIT ${args.conn_limit}`,
  ]
    .filter(Boolean)
    .join(" ");
}

interface Alteration {
  readonly after: Partial<PostgresqlDatabase>;
  readonly sql: string;
}

function alterations(args: Args, current: PostgresqlDatabase): readonly Alteration[] {
  const database = `ALTER DATABASE ${pgIdentifier(args.name)}`;
  const all: readonly (Alteration | false)[] = [
    args.owner !== "" &&
      args.owner !== current.owner && {
        after: { owner: args.owner },
        sql: `${database} OWNER TO ${pgIdentifier(args.owner)}`,
      },
    args.conn_limit !== "" &&
      Number(args.conn_limit) !== current.conn_limit && {
        after: { conn_limit: Number(args.conn_limit) },
        sql: `${database} CONNECTION LIMIT ${args.conn_limit}`,
      },
    args.tablespace !== "" &&
      args.tablespace !== current.tablespace && {
        after: { tablespace: args.tablespace },
        sql: `${database} SET TABLESPACE ${pgIdentifier(args.tablespace)}`,
      },
  ];
  return all.filter((alteration) => alteration !== false);
}

function planChange(args: Args, current: PostgresqlDatabase): readonly Change[] {
  if (args.encoding !== "" && encodingName(args.encoding) !== encodingName(current.encoding))
    throw new TaskFailure(`Changing database encoding is not supported. Current encoding: ${current.encoding}`);
  if (args.lc_collate !== "" && args.lc_collate !== current.lc_collate)
    throw new TaskFailure(`Changing LC_COLLATE is not supported. Current LC_COLLATE: ${current.lc_collate}`);
  if (args.lc_ctype !== "" && args.lc_ctype !== current.lc_ctype)
    throw new TaskFailure(`Changing LC_CTYPE is not supported. Current LC_CTYPE: ${current.lc_ctype}`);
  const altered = alterations(args, current);
  if (altered.length === 0) return [];
  const after = Object.assign({}, ...altered.map((one) => one.after)) as Partial<PostgresqlDatabase>;
  // PostgreSQL moves no database within a transaction.
  const apply = after.tablespace === undefined ? inTransaction : inTurn;
  const steps = apply(
    args,
    connectionOf(args, args.maintenance_db),
    altered.map(({ sql }) => sql),
  );
  return [
    change(
      postgresqlDatabase(keyOf(args, args.name)),
      after,
      steps,
      diffOf(args.name, current, { ...current, ...after }),
    ),
  ];
}

/** What of a database alters, a line each; what only the server decides is left out. */
function diffOf(name: string, before: object, after: object): { readonly diff: Diff } {
  const [old, made] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = [...new Set([...old.keys(), ...made.keys()])].filter(
    (key) => key !== "server" && old.get(key) !== made.get(key),
  );
  const lines = (state: ReadonlyMap<string, unknown>) =>
    names.flatMap((key) =>
      typeof (state.get(key) ?? unknown) === "symbol" ? [] : [`${key}: ${String(state.get(key))}\n`],
    );
  const header = `database ${name}`;
  const text = (state: ReadonlyMap<string, unknown>) =>
    state.size === 0 ? "" : lines(state).join("") || "state: present\n";
  return { diff: { before: text(old), after: text(made), beforeHeader: header, afterHeader: header } };
}

/** Names under which PostgreSQL knows an encoding too (src/common/encnames.c). */
const encodingAliases: Readonly<Record<string, string>> = {
  unicode: "utf8",
  iso88591: "latin1",
  iso88592: "latin2",
  iso88593: "latin3",
  iso88594: "latin4",
  iso88599: "latin5",
  iso885910: "latin6",
  iso885913: "latin7",
  iso885914: "latin8",
  iso885915: "latin9",
  iso885916: "latin10",
  koi8: "koi8r",
  win: "win1251",
  alt: "win866",
};

function encodingName(encoding: string): string {
  const plain = encoding.toLowerCase().replace(/[^a-z0-9]/g, "");
  return encodingAliases[plain] ?? plain;
}

function planRename(
  args: Args,
  current: PostgresqlDatabase | undefined,
  target: PostgresqlDatabase | undefined,
  apply: (statements: readonly string[]) => Sh,
): readonly Change[] {
  if (args.target === "")
    throw new TaskFailure('The "target" option must be defined when the "rename" option is used.');
  if (args.name === args.target)
    throw new TaskFailure('The "name/db" option and the "target" option cannot be the same.');
  if (args.maintenance_db === args.name)
    throw new TaskFailure('The "maintenance_db" option and the "name/db" option cannot be the same.');
  if (current && target) throw new TaskFailure("Both the source and the target databases exist.");
  if (!current && !target) throw new TaskFailure("The source and the target databases do not exist.");
  if (!current) return [];
  return [
    remove(postgresqlDatabase(keyOf(args, args.name)), apply([renameStatement(args)]), {
      diff: { before: `${args.name}\n`, after: `${args.target}\n`, beforeHeader: "database", afterHeader: "database" },
    }),
    create(postgresqlDatabase(keyOf(args, args.target)), { ...current }, [], { isQuiet: true }),
  ];
}

/** Kinds of state that a dump may hold. */
const restorable = ["postgresql-database", "postgresql-role", "postgresql-extension", "postgresql-privileges"];
const formats: Readonly<Record<string, string>> = { tar: "tar", pgc: "custom", dir: "directory" };

/** A dump or a restore, which happens each time. `current`: what lies where a dump goes. */
function planFile(args: Args, current?: FileState): Change {
  if (args.target === "") throw new TaskFailure(`\`target\` is needed for \`state: ${args.state}\``);
  const connection = connectionOf(args, args.name);
  const format = formats[endingOf(args.target)];
  const options = [format !== undefined && `--format=${format}`, ...optionsOf(args)];
  const where = ["-w", "-d", conninfo(connection)];
  const query = postgresqlDatabase(keyOf(args, args.name));
  const mayAlter = args.state === "restore" ? restorable : [file(args.target)];
  const happens = (script: Sh) => change(query, {}, script, { isEvent: true, mayAlter });
  if (args.state === "dump") {
    const dump = sh`pg_dump ${where} ${options}`;
    const path = dumpPath(args.target, current);
    if (format === "directory") return happens(dumpIntoDirectory(path, withLibpq(connection, sh`${dump} -f .`)));
    return happens(dumpInto(path, withLibpq(connection, dump)));
  }
  if (format === "directory") return happens(withLibpq(connection, sh`pg_restore ${where} ${options} ${args.target}`));
  const restore = format === undefined ? sh`psql ${where} ${options}` : sh`pg_restore ${where} ${options}`;
  return happens(restoreFrom(args.target, withLibpq(connection, restore)));
}

function optionsOf(args: Args): readonly string[] {
  return [...(args.state === "dump" ? splitCommand(args.dump_extra_args) : []), ...splitCommand(args.target_opts)];
}

/** The command as a reader knows it. */
function shown(args: Args): string {
  const words = [...optionsOf(args), args.name].join(" ");
  return args.state === "dump" ? `pg_dump ${words} > ${args.target}` : `restore ${words} < ${args.target}`;
}
