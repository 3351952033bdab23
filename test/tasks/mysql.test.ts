import { expect } from "chai";
import { mysqlIdentifier, mysqlLiteral } from "../../src/lib/mysql-text.ts";
import { mysqlHash } from "../../src/plan/mysql-args.ts";
import { mysqlGrantsOf, mysqlGrantSteps, shownGrants } from "../../src/plan/mysql-grants.ts";
import { MysqlQueryScript } from "../../src/plan/mysql-query.ts";
import { runAction } from "../../src/sdk/run-action.ts";
import { mysqlDatabase } from "../../src/state/mysql-database.ts";
import { mysqlHosts, mysqlUser } from "../../src/state/mysql-user.ts";
import { program } from "../../src/state/program.ts";
import type { Query } from "../../src/task/query.ts";
import db from "../../tasks/mysql_db.ts";
import query from "../../tasks/mysql_query.ts";
import user from "../../tasks/mysql_user.ts";
import { planModule } from "./plan-module.ts";

type Host = readonly (readonly [Query<unknown>, unknown])[];
const client = [program("mysql"), "/usr/bin/mysql"] as const;
const connection = {
  options: { host: "localhost", port: "3306" },
  configFile: "~/.my.cnf",
  triesRoot: false,
  connectTimeout: 30,
  database: undefined,
};
const failure = (done: Promise<unknown>): Promise<string> => done.then(() => "no failure", String);

describe("text for MySQL", () => {
  it("is quoted so that it ends where it should", () => {
    expect(mysqlLiteral("it's \\\n")).to.equal("'it\\'s \\\\\\n'");
    expect(mysqlIdentifier("a`b")).to.equal("`a``b`");
    expect(() => mysqlLiteral("\0")).to.throw("NUL");
    expect(mysqlHash("secret"), "SELECT PASSWORD('secret')").to.equal("*14E65567ABDB5135D0CFD9A70B3032C179A49EE7");
  });
});

describe("grants of MySQL", () => {
  const lines = [
    "GRANT SELECT, BINLOG MONITOR ON *.* TO `anna`@`%` IDENTIFIED BY PASSWORD '*1' WITH GRANT OPTION",
    "GRANT ALL PRIVILEGES ON `shop`.* TO `anna`@`%`",
    "GRANT SELECT (b, `a`), INSERT ON `shop`.`t` TO `anna`@`%`",
    "GRANT `role` TO `anna`@`%`",
  ];

  it("are read from what the server shows", () => {
    const shown = [...shownGrants(lines)].map(([on, words]) => [on, [...words]]);
    expect(shown).to.deep.equal([
      ["*.*", ["SELECT", "BINLOG MONITOR", "GRANT"]],
      ["`shop`.*", ["ALL"]],
      ["`shop`.`t`", ["SELECT (A, B)", "INSERT"]],
    ]);
  });

  const cases: readonly (readonly [string, "replace" | "append" | "subtract", readonly string[]])[] = [
    ["*.*:SELECT,REPLICATION CLIENT,GRANT/shop.*:ALL/shop.t:INSERT,SELECT (a, b)", "replace", []],
    ["*.*:SELECT,GRANT/shop.*:ALL", "append", []],
    ["shop.*:SELECT", "append", []],
    ["other.*:SELECT", "append", ["GRANT SELECT ON `other`.* TO u"]],
    ["*.*:SELECT", "subtract", ["REVOKE SELECT ON *.* FROM u"]],
    ["shop.t:UPDATE", "subtract", []],
    [
      "*.*:USAGE/shop.*:SELECT",
      "replace",
      [
        "REVOKE SELECT (A, B), INSERT ON `shop`.`t` FROM u",
        "REVOKE GRANT OPTION ON *.* FROM u",
        "REVOKE SELECT, BINLOG MONITOR ON *.* FROM u",
        "REVOKE ALL ON `shop`.* FROM u",
        "GRANT SELECT ON `shop`.* TO u",
      ],
    ],
    ["shop.*:ALL,GRANT", "append", ["GRANT USAGE ON `shop`.* TO u WITH GRANT OPTION"]],
    ["PROCEDURE shop.p:EXECUTE", "append", ["GRANT EXECUTE ON PROCEDURE `shop`.`p` TO u"]],
  ];
  for (const [priv, how, expected] of cases)
    it(`${how} ${priv}`, () => {
      expect(mysqlGrantSteps("u", lines, mysqlGrantsOf(priv), how).map(({ sql }) => sql)).to.deep.equal(expected);
    });

  it("are refused when they say nothing", () => {
    expect(() => mysqlGrantsOf("shop.*")).to.throw("expected `db.table:privileges`");
  });
});

describe("module: mysql_db", () => {
  const key = (name: string) => mysqlDatabase({ connection, name });
  const plan = (raw: Record<string, unknown>, ...host: Host) =>
    planModule(db, { name: "shop", ...raw }, { host: [client, ...host] });
  const there = [key("shop"), { encoding: "utf8mb4", collation: "utf8mb4_bin" }] as const;

  it("makes what is missing", async () => {
    const { scripts, result, again } = await plan({ name: "shop,o'ne", encoding: "utf8mb4", collation: "x" }, there);
    expect(result["executed_commands"]).to.deep.equal(["CREATE DATABASE `o'ne` CHARACTER SET 'utf8mb4' COLLATE 'x'"]);
    expect(scripts.join()).to.include("--defaults-file=/dev/fd/3");
    expect(again()).to.deep.equal([]);
    expect((await plan({}, there)).changes).to.deep.equal([]);
  });

  it("removes what is there", async () => {
    expect((await plan({ state: "absent" }, there)).result["executed_commands"]).to.deep.equal([
      "DROP DATABASE `shop`",
    ]);
    expect((await plan({ state: "absent" })).changes).to.deep.equal([]);
  });

  it("dumps and imports each time", async () => {
    const script = async (raw: Record<string, unknown>) => (await plan(raw, there)).scripts.join();
    expect(await script({ state: "dump", target: "/b/x.bz2", ignore_tables: "a.b", hex_blob: true })).to.match(
      /mysqldump "\$@" --quick --ignore-table=a.b --hex-blob -- shop[^]*bzip2 -c/,
    );
    expect(await script({ name: "all", state: "dump", target: "/b/x", single_transaction: true })).to.include(
      "--all-databases",
    );
    expect(await script({ state: "import", target: "/b/x.xz" })).to.match(
      /xz -dc <\/b\/x.xz[^]*--one-database -- shop/,
    );
    expect((await plan({ state: "import", target: "/b/x" })).scripts[0]).to.include("CREATE DATABASE `shop`");
    expect(await failure(plan({ state: "dump", target: "/b/x" }))).to.include("not found");
    expect(await failure(plan({ state: "dump" }, there))).to.include("target is required");
    expect(await failure(plan({ name: "all" }))).to.include("not allowed to equal");
    expect(await failure(plan({ name: "a,b", state: "import", target: "/x" }))).to.include("Multiple databases");
  });

  it("tells the password through a pipe alone, before the file of the user", async () => {
    const raw = { name: "x", login_user: "root", login_password: 'a"\\ #', check_implicit_admin: true };
    const { scripts } = await planModule(db, raw, { host: [client] });
    expect(scripts[0]).to.include('password="a\\"\\\\ #"').and.include(`printf '!include %s\\n' "$HOME"/.my.cnf`);
    expect(scripts[0]).to.include('user="root"');
  });
});

describe("module: mysql_user", () => {
  const key = (host = "localhost") => mysqlUser({ connection, name: "anna", host });
  const anna = {
    plugin: "mysql_native_password",
    auth: mysqlHash("secret"),
    limits: { MAX_USER_CONNECTIONS: 0 },
    grants: ["GRANT USAGE ON *.* TO `anna`@`localhost` IDENTIFIED BY PASSWORD '*1'"],
  };
  const plan = (raw: Record<string, unknown>, ...host: Host) =>
    planModule(user, { name: "anna", ...raw }, { host: [client, ...host] });
  const sqlOf = (scripts: readonly string[]) =>
    /'ANSI[^;]*;\n([^]*?)' \| mysql/.exec(scripts.join())?.[1]?.replaceAll("'\\''", "'");

  it("makes an account with the hash of its password", async () => {
    const {
      scripts,
      result,
      plan: planned,
    } = await plan({ password: "secret", priv: { "shop.*": "ALL" }, sql_log_bin: false });
    expect(sqlOf(scripts)).to.equal(
      `SET SESSION sql_log_bin = 0;\nCREATE USER 'anna'@'localhost' IDENTIFIED WITH mysql_native_password AS '${anna.auth}';\nGRANT ALL ON \`shop\`.* TO 'anna'@'localhost';\n`,
    );
    expect(result).to.include({ user: "anna", password_changed: true });
    expect(planned.msg).to.equal("User added");
  });

  it("alters what differs", async () => {
    const there = [key(), anna] as const;
    expect((await plan({ password: "secret", priv: "*.*:USAGE" }, there)).changes).to.deep.equal([]);
    expect((await plan({ password: anna.auth, encrypted: true }, there)).changes).to.deep.equal([]);
    expect((await plan({ password: "other", update_password: "on_create" }, there)).changes).to.deep.equal([]);
    const { scripts, changes, again } = await plan(
      { password: "other", resource_limits: { MAX_USER_CONNECTIONS: 2 } },
      there,
    );
    expect(sqlOf(scripts))
      .to.include("ALTER USER 'anna'@'localhost' IDENTIFIED WITH")
      .and.include("WITH MAX_USER_CONNECTIONS 2");
    expect(JSON.stringify(changes[0]?.diff)).to.include("password: new").and.not.include(mysqlHash("other"));
    expect(again()).to.deep.equal([]);
    expect(sqlOf((await plan({ plugin: "unix_socket" }, there)).scripts)).to.equal(
      "ALTER USER 'anna'@'localhost' IDENTIFIED WITH unix_socket;\n",
    );
  });

  it("removes, from wherever it comes", async () => {
    const hosts = [mysqlHosts({ connection, name: "anna" }), ["%", "localhost"]] as const;
    const { scripts, plan: planned } = await plan(
      { state: "absent", host_all: true },
      hosts,
      [key("%"), anna],
      [key(), anna],
    );
    expect(scripts.join())
      .to.include("DROP USER '\\''anna'\\''@'\\''%")
      .and.include("DROP USER '\\''anna'\\''@'\\''localhost");
    expect(planned.msg).to.equal("User deleted");
    expect((await plan({ state: "absent" })).plan.msg).to.equal("User doesn't exist");
  });

  it("says what does not fit together", async () => {
    expect(await failure(plan({ password: "x", encrypted: true }))).to.include("valid hash");
    expect(await failure(plan({ append_privs: true, subtract_privs: true }))).to.include("mutually exclusive");
    expect(await failure(plan({ plugin: "a b" }))).to.include("no name for a plugin");
    expect(await failure(plan({ host_all: true }, [mysqlHosts({ connection, name: "anna" }), []]))).to.include(
      "host_all",
    );
    expect(await failure(plan({}, [key(), { exists: false, problem: "ERROR 2002: no" }]))).to.include(
      "unable to connect",
    );
  });

  it("reads all accounts of a server with one client, and knows who may not look", () => {
    const { kind } = key();
    const keys = ["a", "b"].map((name) => ({ connection, name, host: "%" }));
    expect(kind.script(keys).text.match(/\| mysql/g)).to.have.length(1);
    const block = (text: string) => `tsrun-begin\n${text}tsrun-end\n`;
    const read = (text: string) =>
      kind.parse({ rc: 0, stdout: Buffer.from(`${text}\0`), stderr: Buffer.alloc(0) }, keys);
    const found = 'accounts: 1\n{"plugin": "p", "auth": "", "limits": {}}\nGRANT USAGE ON *.* TO `a\\nb`@`%`\n';
    expect(read(block(found) + block("accounts: 0\n"))).to.deep.equal([
      { plugin: "p", auth: "", limits: {}, grants: ["GRANT USAGE ON *.* TO `a\nb`@`%`"] },
      undefined,
    ]);
    expect(() => read(block("ERROR 1142: denied\n") + block(""))).to.throw("may not read");
    expect(read("ERROR 1045: no\n")[0]).to.deep.equal({ exists: false, problem: "ERROR 1045: no" });
  });
});

describe("module: mysql_query", () => {
  const resultset = (fields: string) => `<resultset statement="x" xmlns:xsi="y"><row>${fields}</row></resultset>`;

  it("gives rows with their types", () => {
    const script = new MysqlQueryScript(["SELECT 1; ", "INSERT INTO t VALUES (1)"]);
    const mark = /tsrun-count-[-0-9a-f]+/.exec(script.values(false))?.[0] ?? "";
    const count = (number: number) => resultset(`<field name="${mark}">${number}</field>`);
    const field = (name: string, type: string) => `Field   1:  \`${name}\`\nType:       ${type}\n`;
    const types =
      field(mark, "LONG") +
      field("a", "NEWDECIMAL") +
      field("t", "VAR_STRING") +
      field("d", "DATETIME") +
      field("z", "LONGLONG") +
      field(mark, "LONG");
    const values =
      resultset(
        '<field name="a">1.50</field><field name="t">&lt;7&gt;</field><field name="d">2024-05-06 07:08:09</field><field name="z">12345678901234567890</field><field name="n" xsi:nil="true" />',
      ) +
      count(-1) +
      count(3);
    const [first, second] = script.parse(types, values);
    expect(first).to.deep.equal({
      rows: [{ a: 1.5, t: "<7>", d: "2024-05-06T07:08:09", z: "12345678901234567890", n: null }],
      count: 1,
      isTyped: true,
    });
    expect(second).to.deep.equal({ rows: [], count: 3, isTyped: true });
    expect(script.types()).to.include("SELECT * FROM (\nSELECT 1\n) q LIMIT 0").and.not.include("INSERT");
    expect(script.parse("", values)[0]).to.include({ isTyped: false });
  });

  it("says which query failed, and what was altered", async () => {
    const run = (raw: Record<string, unknown>, rc: number, altered: number) =>
      runAction(query, raw, {
        exec: (script) => ({
          rc,
          stderr: "ERROR 1",
          stdout: `\0${resultset(`<field name="${/tsrun-count-[-0-9a-f]+/.exec(script.split("--xml")[0]?.split("printf").at(-1) ?? "")?.[0]}">${altered}</field>`)}`,
        }),
        host: [client],
      });
    expect(await failure(run({ query: ["SELECT 1", "SELECT x"] }, 1, -1))).to.include(
      "Cannot execute SQL 'SELECT x': ERROR 1",
    );
    expect((await run({ query: "DELETE FROM t" }, 0, 2)).result).to.deep.include({ changed: true, rowcount: [2] });
    expect((await run({ query: "DELETE FROM t" }, 0, 0)).result).to.deep.include({ changed: false });
    expect((await run({ query: "CREATE TABLE t (id int)" }, 0, 0)).result).to.deep.include({ changed: true });
    expect(await failure(run({ query: "x", positional_args: [1], named_args: { a: 1 } }, 0, 0))).to.include(
      "mutually exclusive",
    );
  });
});
