import { type Change, change, create, defineTask, type Diff, type Plan, remove, TaskFailure, unknown, z } from "tsrun";
import {
  isUnreached,
  mysqlArgs,
  mysqlConnection,
  mysqlGrantsOf,
  mysqlGrantSteps,
  mysqlHash,
  mysqlHosts,
  mysqlLiteral,
  mysqlMissing,
  type MysqlUser,
  mysqlUser,
  program,
  runMysql,
} from "tsrun/state";

const limits = [
  "MAX_QUERIES_PER_HOUR",
  "MAX_UPDATES_PER_HOUR",
  "MAX_CONNECTIONS_PER_HOUR",
  "MAX_USER_CONNECTIONS",
] as const;

const args = z.object({
  name: z
    .string()
    .describe("Name of the account")
    .meta({ aliases: ["user"] }),
  host: z.string().default("localhost").describe("Host from which it comes; `%` for any"),
  host_all: z.boolean().default(false).describe("All accounts of the name, wherever they come from"),
  state: z.enum(["present", "absent"]).default("present").describe("Whether it should be there"),
  password: z.string().optional().describe("Its password").meta({ secret: true }),
  encrypted: z.boolean().default(false).describe("`password` is a hash of mysql_native_password"),
  update_password: z.enum(["always", "on_create"]).default("always").describe("When the password is set"),
  plugin: z.string().optional().describe("Plugin that lets it in, such as `unix_socket`"),
  plugin_hash_string: z.string().optional().describe("Hash for the plugin").meta({ secret: true }),
  priv: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .describe("What it may: `shop.*:ALL/other.t:SELECT,INSERT`, or a mapping"),
  append_privs: z.boolean().default(false).describe("Only add to what it may"),
  subtract_privs: z.boolean().default(false).describe("Take `priv` away, and nothing else"),
  resource_limits: z
    .partialRecord(z.enum(limits), z.number().int())
    .optional()
    .describe("How much it may do in an hour"),
  sql_log_bin: z.boolean().default(true).describe("Write it to the binary log"),
  check_implicit_admin: z.boolean().default(false).describe("Try root without a password first"),
  ...mysqlArgs,
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "mysql_user",
  summary: "Create, change or remove an account of MariaDB or MySQL",
  args,
  returns: { user: "The account", password_changed: "Whether its password was set" },
  examples: [
    { name: "An account", yaml: "mysql_user:\n  name: shop\n  password: '{{ shop_password }}'\n  priv: 'shop.*:ALL'" },
    { name: "No account", yaml: "mysql_user:\n  name: shop_old\n  host_all: true\n  state: absent" },
  ],
  observe(args, known) {
    const connection = connectionOf(args);
    const all = mysqlHosts({ connection, name: args.name });
    const hosts = hostsOf(args, args.host_all ? known(all) : undefined);
    return {
      ...Object.fromEntries(hosts.map((host) => [`account ${host}`, mysqlUser({ connection, name: args.name, host })])),
      client: program("mysql"),
      all: args.host_all ? all : undefined,
    };
  },
  plan(args, state, { isCheck }): Plan {
    const missing = mysqlMissing(state, isCheck);
    if (missing) return missing;
    if (args.append_privs && args.subtract_privs)
      throw new TaskFailure("parameters are mutually exclusive: append_privs|subtract_privs");
    if (args.encrypted && args.password && !/^\*[0-9A-Fa-f]{40}$/.test(args.password))
      throw new TaskFailure(
        "encrypted was specified however it does not appear to be a valid hash expecting: *SHA1(SHA1(your_password))",
      );
    const accounts = accountsOf(args, state);
    if (args.state === "absent") {
      const there = accounts.filter(([, account]) => account !== undefined);
      const changes = there.map(([host]) =>
        remove(queryOf(args, host), apply(args, [`DROP USER ${sqlName(args, host)}`]), {
          diff: diffOf(args, host, "state: present\n", "state: absent\n"),
        }),
      );
      return { changes, msg: there.length > 0 ? "User deleted" : "User doesn't exist" };
    }
    if (accounts.length === 0) throw new TaskFailure("host_all parameter cannot be used when adding a user");
    const planned = accounts.map(([host, account]) => planAccount(args, host, account));
    const done = planned.find(({ change }) => change !== undefined);
    return {
      changes: planned.flatMap(({ change }) => (change ? [change] : [])),
      msg: done?.msg ?? "User unchanged",
    };
  },
  result(args, { before, changes }) {
    const accounts = accountsOf(args, before);
    const setsPassword =
      args.state === "present" &&
      changes.length > 0 &&
      accounts.some(([host, account]) => planAccount(args, host, account).setsPassword);
    return { user: args.name, password_changed: setsPassword };
  },
});

function connectionOf(args: Args) {
  return mysqlConnection(args, args.check_implicit_admin);
}

function queryOf(args: Args, host: string) {
  return mysqlUser({ connection: connectionOf(args), name: args.name, host });
}

function hostsOf(args: Args, all: unknown): readonly string[] {
  if (!args.host_all) return [args.host.toLowerCase()];
  return Array.isArray(all) ? (all as readonly string[]) : [];
}

/** The accounts of the task by their hosts; undefined: not there yet. */
function accountsOf(args: Args, state: object): readonly (readonly [string, MysqlUser | undefined])[] {
  const answers = state as Readonly<Record<string, unknown>>;
  const all = isUnreached(answers["all"]) ? undefined : answers["all"];
  return hostsOf(args, all).map((host) => [host, answers[`account ${host}`] as MysqlUser | undefined] as const);
}

function sqlName(args: Args, host: string): string {
  return `${mysqlLiteral(args.name)}@${mysqlLiteral(host)}`;
}

function apply(args: Args, statements: readonly string[]) {
  return runMysql(connectionOf(args), [...(args.sql_log_bin ? [] : ["SET SESSION sql_log_bin = 0"]), ...statements]);
}

interface PlannedAccount {
  readonly change: Change | undefined;
  readonly msg: string;
  readonly setsPassword: boolean;
}

function planAccount(args: Args, host: string, current: MysqlUser | undefined): PlannedAccount {
  const name = sqlName(args, host);
  const auth = authOf(args, current);
  const mode = args.append_privs ? "append" : args.subtract_privs ? "subtract" : "replace";
  const priv = args.priv === undefined || (!current && args.subtract_privs) ? undefined : mysqlGrantsOf(args.priv);
  const wanted =
    priv && mode !== "subtract" && !priv.has("*.*") ? new Map([...priv, ["*.*", new Set(["USAGE"])] as const]) : priv;
  // Root is never stripped of what the task does not name, as with Ansible.
  const how = mode === "replace" && args.name === "root" ? "append" : mode;
  const grants = wanted ? mysqlGrantSteps(name, current?.grants ?? [], wanted, how) : [];
  const limited = Object.entries(args.resource_limits ?? {}).filter(
    ([key, value]) => (current?.limits[key] ?? 0) !== value,
  );
  const identified =
    auth && ` IDENTIFIED WITH ${auth.plugin}${auth.hash === undefined ? "" : ` AS ${mysqlLiteral(auth.hash)}`}`;
  const statements = [
    ...(current
      ? identified === undefined
        ? []
        : [`ALTER USER ${name}${identified}`]
      : [`CREATE USER ${name}${identified ?? ""}`]),
    ...grants.map(({ sql }) => sql),
    ...(limited.length === 0
      ? []
      : [`ALTER USER ${name} WITH ${limited.map(([key, value]) => `${key} ${value}`).join(" ")}`]),
  ];
  if (statements.length === 0) return { change: undefined, msg: "User unchanged", setsPassword: false };
  const after = {
    plugin: auth ? auth.plugin : (current?.plugin ?? unknown),
    auth: auth ? (auth.hash ?? unknown) : (current?.auth ?? unknown),
    limits: { ...current?.limits, ...args.resource_limits },
    grants: grants.length > 0 || !current ? unknown : current.grants,
  };
  const shown = [
    auth && `password: ${current ? "old" : "none"}`,
    ...grants.flatMap(({ revoked }) => revoked.map((word) => `may: ${word}`)),
  ];
  const made = [
    auth && "password: new",
    ...grants.flatMap(({ granted }) => granted.map((word) => `may: ${word}`)),
    ...limited.map(([key, value]) => `${key}: ${value}`),
    !current && "state: present",
  ];
  const text = (lines: readonly (string | false | undefined)[]) =>
    lines
      .filter(Boolean)
      .map((line) => `${line}\n`)
      .join("");
  const diff = diffOf(args, host, current ? text(shown) : "", text(made));
  const make = current ? change : create;
  const msg = current ? (auth ? "Password updated (new style)" : "Privileges updated") : "User added";
  return {
    change: make(queryOf(args, host), after, apply(args, statements), { diff }),
    msg,
    setsPassword: auth !== undefined || !current,
  };
}

/** How the account is to be let in, where that differs. Only a hash of a password goes to the server. */
function authOf(
  args: Args,
  current: MysqlUser | undefined,
): { readonly plugin: string; readonly hash?: string | undefined } | undefined {
  if (current && args.update_password !== "always") return undefined;
  const { password, plugin, plugin_hash_string: pluginHash } = args;
  if (password !== undefined && password !== "") {
    const hash = args.encrypted ? password.toUpperCase() : mysqlHash(password);
    return current?.auth.toUpperCase() === hash ? undefined : { plugin: "mysql_native_password", hash };
  }
  if (plugin === undefined) return undefined;
  if (!/^\w+$/.test(plugin)) throw new TaskFailure(`\`${plugin}\` is no name for a plugin`);
  const isSame = current?.plugin === plugin && (pluginHash === undefined || current.auth === pluginHash);
  return isSame ? undefined : { plugin, hash: pluginHash };
}

function diffOf(args: Args, host: string, before: string, after: string): Diff {
  const header = `account ${args.name}@${host}`;
  return { before, after, beforeHeader: header, afterHeader: header };
}
