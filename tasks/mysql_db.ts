import {
  type Change,
  change,
  create,
  defineTask,
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
  dumpInto,
  dumpPath,
  file,
  type FileState,
  mysqlArgs,
  mysqlConnection,
  type MysqlDatabase,
  mysqlDatabase,
  mysqlIdentifier,
  mysqlLiteral,
  mysqlMissing,
  notYet,
  program,
  restoreFrom,
  runMysql,
  withMysql,
} from "tsrun/state";

const args = z.object({
  name: z
    .array(z.string())
    .describe("Names of databases; `all` for a dump of them all")
    .meta({ aliases: ["db"] }),
  state: z
    .enum(["present", "absent", "dump", "import"])
    .default("present")
    .describe("Whether they should be there; or what is done with them"),
  encoding: z.string().default("").describe("Character set of a new database"),
  collation: z.string().default("").describe("Its collation"),
  target: z
    .string()
    .optional()
    .describe("File of a dump, packed by its ending (`gz`, `bz2`, `xz`)")
    .meta({ path: true }),
  single_transaction: z.boolean().default(false).describe("Dump in one transaction"),
  quick: z.boolean().default(true).describe("Dump row by row"),
  ignore_tables: z.array(z.string().min(1)).default([]).describe("Tables that a dump leaves out, as `db.table`"),
  hex_blob: z.boolean().default(false).describe("Dump binary columns in hex"),
  force: z.boolean().default(false).describe("Go on after an error of SQL"),
  skip_lock_tables: z.boolean().default(false).describe("Dump without locks"),
  dump_extra_args: z.string().default("").describe("Further options of mysqldump"),
  check_implicit_admin: z.boolean().default(false).describe("Try root without a password first"),
  ...mysqlArgs,
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "mysql_db",
  summary: "Create, remove, dump or import databases of MariaDB or MySQL",
  args,
  returns: {
    db: "The databases, parted by blanks",
    db_list: "The databases",
    executed_commands: "Statements and commands that were run",
  },
  examples: [
    { name: "A database", yaml: "mysql_db:\n  name: shop\n  encoding: utf8mb4" },
    { name: "A dump of it", yaml: "mysql_db:\n  name: shop\n  state: dump\n  target: /var/backups/shop.sql.gz" },
  ],
  observe: (args) => ({
    ...Object.fromEntries(namesOf(args).map((name) => [`database ${name}`, queryOf(args, name)])),
    client: program("mysql"),
    target: args.state === "dump" && args.target !== undefined ? file(args.target) : undefined,
  }),
  plan(args, state, { isCheck }): Plan {
    const missing = mysqlMissing(state, isCheck);
    if (missing) return missing;
    const { state: wish } = args;
    if (args.name.length > 1 && wish === "import")
      throw new TaskFailure("Multiple databases are not supported with state=import");
    if (isAll(args) && (wish === "present" || wish === "absent"))
      throw new TaskFailure("name is not allowed to equal 'all' unless state equals import, or dump.");
    const found = state as Readonly<Record<string, unknown>>;
    const absent = namesOf(args).filter((name) => found[`database ${name}`] === undefined);
    const apply = (sql: string): Sh => runMysql(connectionOf(args), [sql]);
    const creates = absent.map((name) => {
      const after = { encoding: args.encoding || unknown, collation: args.collation || unknown };
      return create(queryOf(args, name), after, apply(createStatement(args, name)), diffOf("", `${name}\n`));
    });
    switch (wish) {
      case "present":
        return { changes: creates };
      case "absent": {
        const there = namesOf(args).filter((name) => !absent.includes(name));
        return {
          changes: there.map((name) =>
            remove(queryOf(args, name), apply(dropStatement(name)), diffOf(`${name}\n`, "")),
          ),
        };
      }
      case "dump":
        if (absent.length > 0) return notYet(`Cannot dump database(s) '${absent.join(", ")}' - not found`, isCheck);
        return { changes: [planFile(args, state.target)] };
      case "import":
        return { changes: [...creates, planFile(args)] };
    }
  },
  result(args, { before, changes, outputs }) {
    const found = before as Readonly<Record<string, MysqlDatabase | undefined>>;
    const names = namesOf(args);
    const absent = names.filter((name) => found[`database ${name}`] === undefined);
    const statements =
      args.state === "absent"
        ? names.filter((name) => !absent.includes(name)).map(dropStatement)
        : absent.map((name) => createStatement(args, name));
    const file =
      args.state === "dump" ? [`mysqldump ${args.name.join(" ")}`] : args.state === "import" ? ["mysql"] : [];
    return {
      db: args.name.join(" "),
      db_list: args.name,
      executed_commands: changes.length === 0 ? [] : [...statements, ...file],
      ...(file.length > 0 && { msg: outputs.map(({ stdout }) => stdout).join("") }),
    };
  },
});

function isAll({ name }: Args): boolean {
  return name.length === 1 && name[0] === "all";
}

function namesOf(args: Args): readonly string[] {
  return isAll(args) ? [] : args.name;
}

function connectionOf(args: Args) {
  return mysqlConnection(args, args.check_implicit_admin);
}

function queryOf(args: Args, name: string) {
  return mysqlDatabase({ connection: connectionOf(args), name });
}

function createStatement({ encoding, collation }: Args, name: string): string {
  const set = encoding === "" ? "" : ` CHARACTER SET ${mysqlLiteral(encoding)}`;
  return `CREATE DATABASE ${mysqlIdentifier(name)}${set}${collation === "" ? "" : ` COLLATE ${mysqlLiteral(collation)}`}`;
}

function dropStatement(name: string): string {
  return `DROP DATABASE ${mysqlIdentifier(name)}`;
}

function diffOf(before: string, after: string) {
  return { diff: { before, after, beforeHeader: "databases", afterHeader: "databases" } };
}

/** A dump or an import, which happens each time. `current`: what lies where a dump goes. */
function planFile(args: Args, current?: FileState): Change {
  const { target, state, force, encoding } = args;
  if (target === undefined) throw new TaskFailure(`with state=${state} target is required`);
  const charset = encoding !== "" && `--default-character-set=${encoding}`;
  const query = queryOf(args, args.name[0] ?? "");
  const mayAlter = state === "import" ? ["mysql-database", "mysql-user"] : [file(target)];
  const happens = (script: Sh) => change(query, {}, script, { isEvent: true, mayAlter });
  if (state === "import") {
    const options = [
      force && "--force",
      charset,
      "--binary-mode",
      !isAll(args) && ["--one-database", "--", args.name[0] ?? ""],
    ];
    return happens(restoreFrom(target, withMysql(connectionOf(args), sh`mysql "$@" ${options}`)));
  }
  const options = [
    force && "--force",
    charset,
    args.skip_lock_tables && "--skip-lock-tables",
    args.single_transaction && "--single-transaction=true",
    args.quick && "--quick",
    args.ignore_tables.map((table) => `--ignore-table=${table}`),
    args.hex_blob && "--hex-blob",
    splitCommand(args.dump_extra_args),
    isAll(args) ? "--all-databases" : args.name.length > 1 ? ["--databases", "--", args.name] : ["--", args.name],
  ];
  return happens(dumpInto(dumpPath(target, current), withMysql(connectionOf(args), sh`mysqldump "$@" ${options}`)));
}
