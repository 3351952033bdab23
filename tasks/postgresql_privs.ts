import { type Change, change, defineTask, type Plan, runCommand, TaskFailure, z } from "tsrun";
import {
  checkSignature,
  defaultGrantsAfter,
  type DefaultGrants,
  type Grant,
  type Grantable,
  type GrantableType,
  grantableTypes,
  grantsAfter,
  grantStatements,
  type GrantWish,
  inTransaction,
  notReached,
  notYet,
  postgresqlArgs,
  postgresqlConnection,
  postgresqlDefaultGrants,
  postgresqlPrivileges,
  type PostgresqlRole,
  postgresqlRole,
  program,
  refuseSql,
} from "tsrun/state";

const args = z.object({
  database: z
    .string()
    .describe("Database to connect to")
    .meta({ aliases: ["db", "login_db"] }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether they are granted or revoked"),
  privs: z
    .string()
    .optional()
    .describe("Privileges, parted by commas; `ALL`")
    .meta({ aliases: ["priv"] }),
  type: z
    .enum([...grantableTypes, "group", "default_privs"])
    .default("table")
    .describe("What they are about; `group`: a membership; `default_privs`: what is yet to be made"),
  objs: z
    .string()
    .optional()
    .describe("Names, parted by commas; `ALL_IN_SCHEMA`; of functions with types: `add(int:int)`")
    .meta({ aliases: ["obj"] }),
  schema: z.string().optional().describe("Schema that these are in; default `public`"),
  roles: z
    .string()
    .describe("Roles, parted by commas, or `PUBLIC`")
    .meta({ aliases: ["role"] }),
  target_roles: z.string().optional().describe("With `default_privs`: roles that will make the things"),
  grant_option: z
    .boolean()
    .optional()
    .describe("Whether they may be passed on")
    .meta({ aliases: ["admin_option"] }),
  fail_on_role: z.boolean().default(true).describe("Fail when a role is missing"),
  usage_on_types: z.boolean().default(true).describe("With `default_privs`: grant the use of types too"),
  ...postgresqlArgs,
});
type Args = z.output<typeof args>;

const valid = new Set(
  "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER CREATE CONNECT TEMPORARY TEMP EXECUTE USAGE ALL".split(" "),
);
const ofMade: Readonly<Record<string, readonly string[]>> = {
  TABLES: ["ALL", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  SEQUENCES: ["ALL", "SELECT", "UPDATE", "USAGE"],
  FUNCTIONS: ["ALL", "EXECUTE"],
  TYPES: ["ALL", "USAGE"],
  SCHEMAS: ["CREATE", "USAGE"],
};
const inSchema: readonly string[] = ["table", "sequence", "function", "procedure", "type", "default_privs"];

export default defineTask({
  name: "postgresql_privs",
  summary: "Grant or revoke privileges on things in a database of PostgreSQL, and memberships",
  args,
  returns: { queries: "Statements that make it so" },
  examples: [
    {
      name: "May read a table",
      yaml: "postgresql_privs:\n  database: shop\n  roles: shop\n  objs: orders,customers\n  privs: SELECT\nbecome_user: postgres",
    },
    {
      name: "Everything in a database",
      yaml: "postgresql_privs:\n  database: shop\n  roles: shop\n  type: database\n  privs: ALL\nbecome_user: postgres",
    },
  ],
  observe(args) {
    const { connection, wish } = wishOf(args);
    const key = { connection, schema: wish.schema };
    const type = wish.type;
    return {
      ...Object.fromEntries(
        [...namesOf(wish.roles), ...(type === "group" ? (wish.objects ?? []) : [])].map((name) => [
          `role ${name}`,
          postgresqlRole({ connection, name }),
        ]),
      ),
      client: program("psql"),
      privileges:
        type === "group" || type === "default_privs"
          ? undefined
          : postgresqlPrivileges({ ...key, type, objects: wish.objects }),
      defaults:
        type === "default_privs" ? postgresqlDefaultGrants({ ...key, owners: makersOf(args, wish) }) : undefined,
    };
  },
  plan(args, state, { isCheck }): Plan {
    refuseSql(args, [args.roles, args.target_roles, args.session_role, args.schema]);
    const missing = notReached(state, isCheck);
    if (missing) return missing;
    const { connection, wish: asked } = wishOf(args);
    const { wish, absent } = ofRolesThatExist(asked, state);
    if (absent.length > 0 && args.fail_on_role) return notYet(`Role '${absent[0]}' does not exist`, isCheck);
    const warnings = [
      ...absent.map((name) => `Role '${name}' does not exist, pass it`),
      ...(args.target_roles !== undefined && wish.type !== "default_privs"
        ? ['"target_roles" will be ignored: `type: default_privs` is required for it']
        : []),
    ];
    if (wish.roles.length === 0) return { changes: [], warnings };
    const apply = inTransaction(args, connection, grantStatements(wish));
    const found = state as unknown as {
      readonly privileges: { readonly objects: readonly Grantable[] } | undefined;
      readonly defaults: readonly DefaultGrants[] | undefined;
    };
    const unknownMaker = args.target_roles
      ?.split(",")
      .find((name) => found.defaults?.every(({ owner }) => owner !== name));
    if (wish.type === "default_privs" && unknownMaker !== undefined)
      return notYet(`role "${unknownMaker}" does not exist`, isCheck);
    const unknownGroup = wish.objects?.find(
      (name) => wish.type === "group" && rolesOf(state)[`role ${name}`] === undefined,
    );
    if (unknownGroup !== undefined) return notYet(`role "${unknownGroup}" does not exist`, isCheck);
    const unknownObject = wish.objects?.find((name) =>
      found.privileges?.objects.every((object) => object.name !== name),
    );
    if (unknownObject !== undefined) return notYet(`${wish.type} "${unknownObject}" does not exist`, isCheck);
    const planned =
      wish.type === "group"
        ? planMembers(wish, connection, state)
        : found.defaults
          ? planDefaults(args, wish, connection, found.defaults)
          : planObjects(wish, connection, found.privileges?.objects ?? []);
    // One transaction makes them all.
    const changes = planned.map((one, at) =>
      at === 0 ? { ...one, steps: [runCommand(apply)] } : { ...one, isQuiet: true },
    );
    return { changes, warnings };
  },
  result(args, { before }) {
    const { wish } = ofRolesThatExist(wishOf(args).wish, before);
    const statements = wish.roles.length === 0 ? [] : grantStatements(wish);
    return { queries: statements.length === 0 ? [] : [statements.map((one) => `${one};`).join("\n")] };
  },
});

type Connection = ReturnType<typeof postgresqlConnection>;

/** What the arguments want; throws where they do not fit together. */
function wishOf(args: Args): { readonly wish: GrantWish; readonly connection: Connection } {
  const { type, privs } = args;
  if (!inSchema.includes(type) && args.schema !== undefined)
    throw new TaskFailure(`Argument "schema" is not allowed for type "${type}".`);
  const isAll = args.objs === "ALL_IN_SCHEMA";
  if (isAll && !["table", "sequence", "function", "procedure"].includes(type))
    throw new TaskFailure(
      `Argument "objs": ALL_IN_SCHEMA can be used only for type: table, sequence, function or procedure, ${type} was passed.`,
    );
  const objs = args.objs || (type === "database" ? args.database : undefined);
  if (objs === undefined) throw new TaskFailure(`Argument "objs" is required for type "${type}".`);
  if (type === "group" && privs) throw new TaskFailure('Argument "privs" is not allowed for type "group".');
  if (type !== "group" && !privs) throw new TaskFailure(`Argument "privs" is required for type "${type}".`);
  const privileges = (privs ?? "")
    .split(",")
    .filter(Boolean)
    .map((word) => word.toUpperCase());
  const wrong = privileges.filter((word) => !valid.has(word));
  if (wrong.length > 0) throw new TaskFailure(`Invalid privileges specified: ${wrong.join(", ")}`);
  const isGlobal = !inSchema.includes(type) || objs === "schemas" || args.schema === "not-specified";
  if (isGlobal && inSchema.includes(type) && type !== "default_privs")
    throw new TaskFailure(`\`schema: not-specified\` is for \`type: default_privs\``);
  const wish: GrantWish = {
    type,
    state: args.state,
    privileges,
    objects: isAll ? undefined : objectsOf(type, objs, privileges),
    schema: isGlobal ? null : (args.schema ?? "public"),
    roles: args.roles.toUpperCase() === "PUBLIC" ? [null] : args.roles.split(","),
    grantOption: args.state === "present" ? args.grant_option : undefined,
    makers: args.target_roles === undefined ? [] : args.target_roles.split(","),
    usageOnTypes: args.usage_on_types,
  };
  return { wish, connection: postgresqlConnection(args, args.database) };
}

function objectsOf(type: Args["type"], objs: string, privileges: readonly string[]): readonly string[] {
  if (type === "function" || type === "procedure")
    return objs.split(",").map((name) => checkSignature(name.replaceAll(":", ",")));
  if (type !== "default_privs") return objs.split(",");
  const made =
    objs === "ALL_DEFAULT"
      ? ["TABLES", "SEQUENCES", "FUNCTIONS", "TYPES"]
      : objs.split(",").map((word) => word.toUpperCase());
  const unknown = made.filter((word) => !Object.hasOwn(ofMade, word));
  if (unknown.length > 0) throw new TaskFailure(`Invalid Object set specified: ${unknown.join(", ")}`);
  const unfit = made.filter((word) => privileges.some((privilege) => !ofMade[word]?.includes(privilege)));
  if (unfit.length > 0) throw new TaskFailure(`Invalid priv specified: ${privileges.join(",")} on ${unfit.join(",")}`);
  return made;
}

function namesOf(roles: GrantWish["roles"]): readonly string[] {
  return roles.filter((role) => role !== null);
}

/** The answers about roles stand under `role NAME`. */
function rolesOf(state: object): Readonly<Record<string, unknown>> {
  return state as Readonly<Record<string, unknown>>;
}

function makersOf(args: Args, wish: GrantWish): readonly string[] | undefined {
  if (wish.makers.length > 0) return wish.makers;
  return args.session_role === undefined ? undefined : [args.session_role];
}

function ofRolesThatExist(
  wish: GrantWish,
  state: object,
): { readonly wish: GrantWish; readonly absent: readonly string[] } {
  const isThere = (role: string | null): boolean => role === null || rolesOf(state)[`role ${role}`] !== undefined;
  const absent = namesOf(wish.roles).filter((role) => !isThere(role));
  return { wish: { ...wish, roles: wish.roles.filter(isThere) }, absent };
}

function planObjects(wish: GrantWish, connection: Connection, objects: readonly Grantable[]): readonly Change[] {
  const after = objects.map((object) => ({ ...object, grants: grantsAfter(object.grants, wish, object.all) }));
  const altered = objects.flatMap((object, at) =>
    after[at]?.grants === object.grants ? [] : [[object, after[at]] as const],
  );
  if (altered.length === 0) return [];
  const query = postgresqlPrivileges({
    connection,
    schema: wish.schema,
    type: wish.type as GrantableType,
    objects: wish.objects,
  });
  const text = (side: 0 | 1) =>
    altered.map((pair) => lines(`${wish.type} ${pair[0].name}`, pair[side]?.grants ?? [], wish.roles)).join("");
  return [
    change(query, { objects: after }, [], { diff: diffOf(text(0), text(1)), mayAlter: ["postgresql-privileges"] }),
  ];
}

function planDefaults(
  args: Args,
  wish: GrantWish,
  connection: Connection,
  makers: readonly DefaultGrants[],
): readonly Change[] {
  const after = makers.map((maker) => {
    const entries = Object.entries(maker.grants);
    const grants = entries.map(
      ([made, old]) => [made, defaultGrantsAfter(made, old, wish, maker.all[made] ?? [])] as const,
    );
    return { ...maker, grants: Object.fromEntries(grants) };
  });
  const altered = makers.flatMap((maker, at) =>
    Object.keys(maker.grants).flatMap((made) => {
      const [old, now] = [maker.grants[made] ?? [], after[at]?.grants[made] ?? []];
      return old === now ? [] : [{ label: `${made} of ${maker.owner}`, old, now }];
    }),
  );
  if (altered.length === 0) return [];
  const query = postgresqlDefaultGrants({ connection, schema: wish.schema, owners: makersOf(args, wish) });
  const before = altered.map(({ label, old }) => lines(label, old, wish.roles)).join("");
  const now = altered.map((one) => lines(one.label, one.now, wish.roles)).join("");
  return [{ ...change(query, {}, [], { diff: diffOf(before, now) }), after }];
}

function planMembers(wish: GrantWish, connection: Connection, state: object): readonly Change[] {
  const groups = wish.objects ?? [];
  return namesOf(wish.roles).flatMap((name) => {
    const role = rolesOf(state)[`role ${name}`] as PostgresqlRole;
    const after = new Map(Object.entries(role.groups));
    for (const group of groups) {
      if (wish.state === "absent") after.delete(group);
      else after.set(group, wish.grantOption ?? after.get(group) ?? false);
    }
    const text = (of: ReadonlyMap<string, boolean>) =>
      [...of]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([group, isAdmin]) => `${name}: ${group}${isAdmin ? " with admin option" : ""}\n`)
        .join("");
    const [before, now] = [text(new Map(Object.entries(role.groups))), text(after)];
    if (before === now) return [];
    return [
      change(postgresqlRole({ connection, name }), { groups: Object.fromEntries(after) }, [], {
        diff: diffOf(before, now),
      }),
    ];
  });
}

/** The privileges that the roles of the task have, a line each. */
function lines(label: string, grants: readonly Grant[], roles: GrantWish["roles"]): string {
  return grants
    .filter(({ role }) => roles.includes(role))
    .map(
      ({ role, privilege, isGrantable }) =>
        `${label}: ${role ?? "PUBLIC"}: ${privilege}${isGrantable ? " with grant option" : ""}\n`,
    )
    .sort()
    .join("");
}

function diffOf(before: string, after: string) {
  return { before, after, beforeHeader: "privileges", afterHeader: "privileges" };
}
