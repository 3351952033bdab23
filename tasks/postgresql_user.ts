import { type Change, change, create, defineTask, type Diff, type Plan, remove, TaskFailure, unknown, z } from "tsrun";
import {
  inTransaction,
  isPasswordOf,
  isUnreached,
  newSalt,
  notReached,
  notYet,
  passwordSql,
  pgIdentifier,
  pgLiteral,
  postgresqlArgs,
  postgresqlConnection,
  postgresqlPassword,
  type PostgresqlRole,
  postgresqlRole,
  postgresqlTime,
  program,
  refuseSql,
  type RoleFlag,
} from "tsrun/state";

const flags: readonly RoleFlag[] = [
  "superuser",
  "createrole",
  "createdb",
  "inherit",
  "login",
  "replication",
  "bypassrls",
];

const args = z.object({
  name: z
    .string()
    .describe("Name of the role")
    .meta({ aliases: ["user"] }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether it should be there"),
  password: z
    .string()
    .optional()
    .describe("Its password, or a hash as PostgreSQL keeps it; empty: none")
    .meta({ secret: true }),
  encrypted: z
    .boolean()
    .refine((value) => value, "PostgreSQL keeps no plain passwords")
    .default(true)
    .describe("Keep a hash of the password; newer servers keep nothing else"),
  no_password_changes: z.boolean().default(false).describe("Leave the password of a role that exists"),
  role_attr_flags: z.string().default("").describe("What it may, such as `CREATEDB,NOSUPERUSER`"),
  expires: z
    .string()
    .optional()
    .describe("Until when the password is valid, as PostgreSQL writes times; or `infinity`"),
  conn_limit: z.number().int().optional().describe("Connections that it may have at once; -1 for as many as it likes"),
  groups: z.array(z.string()).default([]).describe("Roles that it is made a member of"),
  comment: z.string().optional().describe("Comment on it"),
  fail_on_user: z
    .boolean()
    .default(true)
    .describe("With `state: absent`: fail when something still depends on it")
    .meta({ aliases: ["fail_on_role"] }),
  db: z
    .string()
    .default("")
    .describe("Database to connect to")
    .meta({ aliases: ["login_db"] }),
  ...postgresqlArgs,
});
type Args = z.output<typeof args>;

interface State {
  readonly role: PostgresqlRole | undefined;
  readonly password: string | undefined;
  readonly time: string | undefined;
}

export default defineTask({
  name: "postgresql_user",
  summary: "Create, change or remove a role of PostgreSQL",
  args,
  returns: {
    user: "The role",
    queries: "Statements that were run, without the password",
    user_removed: "With `state: absent`: whether it was removed",
  },
  examples: [
    {
      name: "A role",
      yaml: "postgresql_user:\n  name: shop\n  password: '{{ shop_password }}'\n  role_attr_flags: CREATEDB,NOSUPERUSER\nbecome_user: postgres",
    },
    { name: "No role", yaml: "postgresql_user:\n  name: shop_old\n  state: absent\nbecome_user: postgres" },
  ],
  // The verifier of a new password is salted here.
  prepare: () => newSalt(),
  observe: (args) => {
    const connection = postgresqlConnection(args, args.db);
    const { name, password, expires, groups, state } = args;
    const isPresent = state === "present";
    return {
      ...Object.fromEntries(groups.map((group) => [`group ${group}`, postgresqlRole({ connection, name: group })])),
      client: program("psql"),
      role: postgresqlRole({ connection, name }),
      password:
        isPresent && password !== undefined && !args.no_password_changes
          ? postgresqlPassword({ connection, name })
          : undefined,
      time: isPresent && expires !== undefined ? postgresqlTime({ connection, text: expires }) : undefined,
    };
  },
  plan(given, observed, { isCheck, prepared, applied }): Plan {
    // Some services show `pg_authid` to nobody: then the password is set each time, and believed.
    const isBlind = isUnreached(observed.password);
    const args = isBlind && applied.length > 0 ? { ...given, password: undefined } : given;
    const { name, groups } = args;
    refuseSql(args, [
      name,
      args.password,
      args.expires,
      args.role_attr_flags,
      ...groups,
      args.comment,
      args.session_role,
    ]);
    const wanted = flagsOf(args.role_attr_flags);
    const state = { ...observed, password: isBlind ? undefined : observed.password };
    const missing = notReached(state, isCheck);
    if (missing) return missing;
    const { role, time } = state as State;
    const stored = state.password as string | undefined;
    const connection = postgresqlConnection(args, args.db);
    const query = postgresqlRole({ connection, name });
    if (name === "PUBLIC") return { changes: planPublic(args) };
    if (args.state === "absent") {
      if (!role) return { changes: [] };
      if (!role.isNeeded)
        return {
          changes: [
            remove(query, inTransaction(args, connection, [`DROP USER ${pgIdentifier(name)}`]), {
              diff: goneDiff(name),
            }),
          ],
        };
      if (args.fail_on_user) return notYet("Unable to remove user: something still depends on it", isCheck);
      return { changes: [] };
    }
    const absent = groups.find((group) => (state as Readonly<Record<string, unknown>>)[`group ${group}`] === undefined);
    if (absent !== undefined) return notYet(`Role ${absent} does not exist`, isCheck);
    const statements = statementsOf(args, wanted, { role, password: stored, time });
    if (statements.length === 0) return { changes: [] };
    const sql = statements.map(({ sql, hasPassword }) =>
      hasPassword ? passwordSql(name, args.password ?? "", prepared, sql) : sql,
    );
    const steps = inTransaction(args, connection, sql);
    const setsPassword = statements.some(({ hasPassword }) => hasPassword);
    const after = {
      ...wanted,
      ...(args.conn_limit !== undefined && { conn_limit: args.conn_limit }),
      ...(time !== undefined && { valid_until: time }),
      ...(args.comment !== undefined && { comment: args.comment }),
      groups: { ...role?.groups, ...Object.fromEntries(groups.map((group) => [group, role?.groups[group] ?? false])) },
    };
    const made: Change = role
      ? change(query, after, steps, { diff: diffOf(name, role, after, setsPassword) })
      : create(query, { ...newRole, ...after }, steps, {
          diff: diffOf(name, undefined, { ...newRole, ...after }, setsPassword),
        });
    // The same statements set it; told so that check mode knows it.
    const changesPassword =
      setsPassword && change(postgresqlPassword({ connection, name }), unknown, [], { isQuiet: true });
    return { changes: changesPassword ? [made, changesPassword] : [made] };
  },
  result(args, { before, changes }) {
    const { role, password, time } = before as unknown as State;
    const stored = isUnreached(password) ? undefined : password;
    const isAbsent = args.state === "absent";
    const isDone = changes.length > 0;
    const queries = isAbsent
      ? [`DROP USER ${pgIdentifier(args.name)}`]
      : statementsOf(args, flagsOf(args.role_attr_flags), { role, password: stored, time }).map(({ shown }) => shown);
    return {
      user: args.name,
      queries: isDone ? queries : [],
      ...(isAbsent && role && { user_removed: isDone }),
    };
  },
});

/** What CREATE USER makes when nothing is said. */
const newRole = {
  superuser: false,
  createrole: false,
  createdb: false,
  inherit: true,
  login: true,
  replication: false,
  bypassrls: false,
  conn_limit: -1,
  valid_until: null,
  comment: null,
  groups: {},
  isNeeded: false,
};

function planPublic(args: Args): readonly Change[] {
  if (args.password !== undefined) throw new TaskFailure("cannot change the password for PUBLIC user");
  if (args.role_attr_flags !== "") throw new TaskFailure("cannot change the role_attr_flags for PUBLIC user");
  return [];
}

/** `CREATEDB,NOLOGIN` as members of a role. */
function flagsOf(text: string): Readonly<Partial<Record<RoleFlag, boolean>>> {
  const words = text.split(",").filter((word) => word !== "");
  const parsed = words.map((word) => {
    const plain = word.toLowerCase();
    const flag = flags.find((name) => plain === name || plain === `no${name}`);
    if (!flag) throw new TaskFailure(`Invalid role_attr_flags specified: ${word.toUpperCase()}`);
    return [flag, plain === flag] as const;
  });
  return Object.fromEntries(parsed);
}

interface Statement {
  /** With `%L` in place of the password, when it has one. */
  readonly sql: string;
  /** As Ansible shows it. */
  readonly shown: string;
  readonly hasPassword?: boolean;
}

function statementsOf(args: Args, wanted: ReturnType<typeof flagsOf>, state: State): readonly Statement[] {
  const { role } = state;
  const user = pgIdentifier(args.name);
  const grants = args.groups.filter((group) => role?.groups[group] === undefined);
  return [
    ...(role ? alterUser(args, wanted, { ...state, role }) : [createUser(args)]),
    ...grants.map((group) => plain(`GRANT ${pgIdentifier(group)} TO ${user}`)),
    ...(args.comment !== undefined && (args.comment || null) !== (role?.comment ?? null)
      ? [plain(`COMMENT ON ROLE ${user} IS ${pgLiteral(args.comment)}`)]
      : []),
  ];
}

const plain = (sql: string): Statement => ({ sql, shown: sql });

/** Words of a statement: as it is run, and as it is shown where that differs. */
type Words = readonly (readonly [run: string, shown?: string])[];

function statement(words: Words, hasPassword: boolean): Statement {
  // In a format of `format()`, all that is not the password stands for itself.
  const run = words.map(([word]) => (hasPassword && word !== passwordWord[0] ? word.replaceAll("%", "%%") : word));
  return { sql: run.join(" "), shown: words.map(([word, shown]) => shown ?? word).join(" "), hasPassword };
}

const passwordWord = ["ENCRYPTED PASSWORD %L", "ENCRYPTED PASSWORD %(password)s"] as const;
const flagWords = (text: string): string => text.toUpperCase().split(",").filter(Boolean).join(" ");

function limits({ expires, conn_limit }: Args): Words {
  return [
    ...(expires === undefined ? [] : [[`VALID UNTIL ${pgLiteral(expires)}`, "VALID UNTIL %(expires)s"] as const]),
    ...(conn_limit === undefined ? [] : [[`CONNECTION LIMIT ${conn_limit}`] as const]),
  ];
}

function createUser(args: Args): Statement {
  const hasPassword = args.password !== undefined && args.password !== "";
  const words: Words = [
    [`CREATE USER ${pgIdentifier(args.name)}`],
    ...(hasPassword ? [["WITH"] as const, passwordWord] : []),
    ...limits(args),
    [flagWords(args.role_attr_flags)],
  ];
  return statement(words, hasPassword);
}

function alterUser(
  args: Args,
  wanted: ReturnType<typeof flagsOf>,
  { role, password, time }: State & { readonly role: PostgresqlRole },
): readonly Statement[] {
  const isOther = isOtherPassword(args, password);
  const changesFlags = flags.some((flag) => wanted[flag] !== undefined && wanted[flag] !== role[flag]);
  const changesTime = time !== undefined && time !== role.valid_until;
  const changesLimit = args.conn_limit !== undefined && args.conn_limit !== role.conn_limit;
  if (!isOther && !changesFlags && !changesTime && !changesLimit) return [];
  const flagText = flagWords(args.role_attr_flags);
  const hasPassword = isOther && args.password !== "";
  const words: Words = [
    [`ALTER USER ${pgIdentifier(args.name)}`],
    ...(hasPassword ? [["WITH"] as const, passwordWord] : []),
    ...(isOther && !hasPassword ? [["WITH PASSWORD NULL"] as const] : []),
    ...(isOther ? [[flagText] as const] : flagText === "" ? [] : [[`WITH ${flagText}`] as const]),
    ...limits(args),
  ];
  return [statement(words, hasPassword)];
}

function isOtherPassword({ name, password, no_password_changes }: Args, stored: string | undefined): boolean {
  if (password === undefined || no_password_changes) return false;
  if (password === "") return stored !== undefined;
  return stored === undefined || !isPasswordOf(stored, name, password);
}

/** What of a role alters, a line each; of the password only that it does. */
function diffOf(
  name: string,
  before: PostgresqlRole | undefined,
  after: Readonly<Record<string, unknown>>,
  setsPassword: boolean,
): Diff {
  const old = before as Readonly<Record<string, unknown>> | undefined;
  const lines = (state: Readonly<Record<string, unknown>> | undefined): string => {
    if (!state) return "";
    const names = Object.keys(after).filter((name) => name !== "isNeeded" && !same(old?.[name], after[name]));
    return names.map((name) => `${name}: ${JSON.stringify(state[name] ?? null)}\n`).join("");
  };
  const password = (text: string) => (setsPassword ? `password: ${text}\n` : "");
  const header = `role ${name}`;
  return {
    before: lines(old) + (before ? password("old") : ""),
    after: lines(after) + password("new"),
    beforeHeader: header,
    afterHeader: header,
  };
}

function goneDiff(name: string): Diff {
  return {
    before: "state: present\n",
    after: "state: absent\n",
    beforeHeader: `role ${name}`,
    afterHeader: `role ${name}`,
  };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
