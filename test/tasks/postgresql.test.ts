import { expect } from "chai";
import fc from "fast-check";
import { postgresqlStatements } from "../../src/lib/postgresql-statements.ts";
import { pgIdentifier, pgLiteral } from "../../src/lib/postgresql-text.ts";
import { bindSql } from "../../src/plan/bind-sql.ts";
import { isPasswordOf, passwordSql } from "../../src/plan/postgresql-password.ts";
import { postgresqlDatabase } from "../../src/state/postgresql-database.ts";
import { postgresqlExtension } from "../../src/state/postgresql-extension.ts";
import { type Grantable, postgresqlPrivileges } from "../../src/state/postgresql-privileges.ts";
import { postgresqlPassword, postgresqlRole } from "../../src/state/postgresql-role.ts";
import { program } from "../../src/state/program.ts";
import { runAction } from "../../src/sdk/run-action.ts";
import type { Query } from "../../src/task/query.ts";
import db from "../../tasks/postgresql_db.ts";
import ext from "../../tasks/postgresql_ext.ts";
import privs from "../../tasks/postgresql_privs.ts";
import query from "../../tasks/postgresql_query.ts";
import user from "../../tasks/postgresql_user.ts";
import { planModule } from "./plan-module.ts";

type Host = readonly (readonly [Query<unknown>, unknown])[];
const client = [program("psql"), "/usr/bin/psql"] as const;
const to = (dbname?: string) => ({ params: { ...(dbname && { dbname }), sslmode: "prefer" } });
const failure = (done: Promise<unknown>): Promise<string> => done.then(() => "no failure", String);
const hostile = `it's "x" \\ $(id) :USER;\n`;

describe("text for PostgreSQL", () => {
  it("is quoted so that it ends where it should", () => {
    expect(pgLiteral("it's")).to.equal("'it''s'");
    expect(pgLiteral("a\\'b")).to.equal("E'a\\\\''b'");
    expect(pgIdentifier('a"b')).to.equal('"a""b"');
    expect(() => pgLiteral("a\0b")).to.throw("NUL");
    expect(() => pgIdentifier("é".repeat(32))).to.throw("63 bytes");
  });

  it("is one token, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const plain = text.replaceAll("\0", "");
        expect(postgresqlStatements(`SELECT ${pgLiteral(plain)}`).map(({ words }) => words.length)).to.deep.equal([2]);
      }),
    );
  });

  it("is parted into statements, past quotes and comments", () => {
    const texts = (sql: string) => postgresqlStatements(sql).map(({ text }) => text);
    expect(texts("SELECT 1; SELECT 2;")).to.deep.equal(["SELECT 1", "SELECT 2"]);
    expect(texts("SELECT ';'; -- a; b\n/* ; /* ; */ ; */ SELECT $a$ ; $a$, E'\\';', \"a;\"")).to.have.length(2);
    expect(texts(" ; -- nothing\n;")).to.deep.equal([]);
    expect(postgresqlStatements("update t set a = (select 1 into x) returning *")[0]?.words).to.include("RETURNING");
    expect(postgresqlStatements("(select 1)")[0]?.words[0]).to.equal("(");
  });

  it("takes values in place of %s and %(name)s", () => {
    expect(bindSql("%s %s %s %s 5%%", ["it's", -1, null, [1, 'a"b']], pgLiteral)).to.equal(
      `'it''s'  -1 NULL E'{1, "a\\\\"b"}' 5%`,
    );
    expect(bindSql("%(a)s%(a)s", { a: true }, pgLiteral)).to.equal("truetrue");
    expect(bindSql("LIKE '5%'", undefined, pgLiteral)).to.equal("LIKE '5%'");
    expect(() => bindSql("%s", [], pgLiteral)).to.throw("more `%s`");
    expect(() => bindSql("'5%'", ["x"], pgLiteral)).to.throw("percent");
    expect(() => bindSql("%(b)s", { a: 1 }, pgLiteral)).to.throw("no such argument");
    expect(() => bindSql("%s", [{}], pgLiteral)).to.throw("mapping");
  });
});

describe("passwords of PostgreSQL", () => {
  // Made by PostgreSQL 15 of `pencil`; RFC 5802 says how.
  const scram = /SCRAM-SHA-256\$4096:[^']+/.exec(passwordSql("anna", "pencil", Buffer.alloc(16, 1), "%L"))?.[0] ?? "";

  it("are compared with what the server keeps", () => {
    expect([isPasswordOf(scram, "anna", "pencil"), isPasswordOf(scram, "anna", "pen")]).to.deep.equal([true, false]);
    expect(isPasswordOf("md5fd7d6b6ae1f1cdd4ea3b9e4c8c9f3d8e", "anna", "pencil")).to.equal(false);
    const md5 = /md5[0-9a-f]{32}/.exec(passwordSql("anna", "pencil", Buffer.alloc(16, 1), "%L"))?.[0] ?? "";
    expect([isPasswordOf(md5, "anna", "pencil"), isPasswordOf(md5, "anna", md5)]).to.deep.equal([true, true]);
  });

  it("are sent as hashes of the kind that the server keeps", () => {
    const sql = passwordSql("anna", "pencil", Buffer.alloc(16, 1), "ALTER USER PASSWORD %L");
    expect(sql).to.match(/^SELECT format\('ALTER USER PASSWORD %L', CASE current_setting.* \\gexec$/);
    expect(sql).not.to.include("pencil");
  });

  it("are prepared as libpq prepares them", () => {
    const made = /SCRAM[^']+/.exec(passwordSql("a", "I\u00adX \u2168", Buffer.alloc(16, 1), "%L"))?.[0] ?? "";
    expect(isPasswordOf(made, "a", "IX IX"), "RFC 4013, section 3").to.equal(true);
  });
});

describe("module: postgresql_db", () => {
  const key = (name: string) => postgresqlDatabase({ connection: to("postgres"), name });
  const shop = {
    owner: "postgres",
    encoding: "UTF8",
    lc_collate: "C",
    lc_ctype: "C",
    conn_limit: -1,
    tablespace: "pg_default",
    server: 150004,
  };
  const plan = (raw: Record<string, unknown>, found?: unknown, isCheck = false) =>
    planModule(db, { name: "shop", ...raw }, { host: [client, [key("shop"), found]], isCheck });

  it("makes a database", async () => {
    const { scripts, result, again } = await plan({ owner: "anna", encoding: "UTF-8", conn_limit: "5" });
    expect(scripts[0]).to.include(
      `printf %s 'CREATE DATABASE "shop" OWNER "anna" ENCODING '\\''UTF-8'\\'' CONNECTION LIMIT 5;`,
    );
    expect(scripts[0]).to.include("psql -XAtqw -v ON_ERROR_STOP=1 -d 'dbname='\\''postgres'\\'' sslmode=");
    expect(result).to.include({ db: "shop" });
    expect(again()).to.deep.equal([]);
  });

  it("alters what can be altered, and says what cannot", async () => {
    const { result, changes, again } = await plan({ owner: hostile, conn_limit: 3, encoding: "unicode" }, shop);
    expect(result["executed_commands"]).to.deep.equal([
      `ALTER DATABASE "shop" OWNER TO "it's ""x"" \\ $(id) :USER;\n"`,
      'ALTER DATABASE "shop" CONNECTION LIMIT 3',
    ]);
    expect(changes[0]?.diff).to.include({ before: "owner: postgres\nconn_limit: -1\n" });
    expect(again()).to.deep.equal([]);
    expect((await plan({ owner: "postgres" }, shop)).changes).to.deep.equal([]);
    expect(await failure(plan({ encoding: "LATIN1" }, shop))).to.include("Changing database encoding is not supported");
    expect(await failure(plan({ lc_collate: "de_DE" }, shop))).to.include("LC_COLLATE");
    expect(await failure(plan({ lc_ctype: "de_DE" }, shop))).to.include("LC_CTYPE");
  });

  it("removes, by force where the server can", async () => {
    const { result, again } = await plan({ state: "absent", force: true }, shop);
    expect(result["executed_commands"]).to.deep.equal(['DROP DATABASE "shop" WITH (FORCE)']);
    expect(again()).to.deep.equal([]);
    expect(await failure(plan({ state: "absent", force: true }, { ...shop, server: 120000 }))).to.include("13");
    expect((await plan({ state: "absent" })).changes).to.deep.equal([]);
  });

  it("renames once", async () => {
    const rename = (host: Host) => planModule(db, { name: "shop", state: "rename", target: "store" }, { host });
    const { scripts, again } = await rename([client, [key("shop"), shop]]);
    expect(scripts.join()).to.include('ALTER DATABASE "shop" RENAME TO "store"');
    expect(again()).to.deep.equal([]);
    expect((await rename([client, [key("store"), shop]])).changes).to.deep.equal([]);
    expect(await failure(rename([client, [key("store"), shop], [key("shop"), shop]]))).to.include("Both");
    expect(await failure(rename([client]))).to.include("do not exist");
    expect(await failure(plan({ state: "rename" }, shop))).to.include('"target" option must');
    expect(await failure(plan({ state: "rename", target: "shop" }, shop))).to.include("cannot be the same");
    expect(await failure(plan({ state: "rename", target: "x", maintenance_db: "shop" }))).to.include("maintenance_db");
  });

  it("dumps and restores each time, by the ending of the file", async () => {
    const script = async (raw: Record<string, unknown>) => (await plan(raw)).scripts.join();
    expect(await script({ state: "dump", target: "/b/x.sql.xz", target_opts: "-n 'a b'" })).to.match(
      /pg_dump -w -d 'dbname='.*-n 'a b'[^]*xz -c/,
    );
    expect(await script({ state: "dump", target: "/b/x.dir" })).to.include("--format=directory -f .");
    expect(await script({ state: "restore", target: "/b/x.tar" })).to.match(/pg_restore .* --format=tar/);
    expect(await script({ state: "restore", target: "/b/x.dir" })).to.match(
      /pg_restore .* --format=directory \/b\/x.dir/,
    );
    expect(await script({ state: "restore", target: "/b/x.gz" })).to.match(/gzip -dc <\/b\/x.gz/);
    expect(await failure(plan({ state: "dump" }))).to.include("`target` is needed");
  });

  it("gives the password to nobody but libpq", async () => {
    const host: Host = [client];
    const { scripts } = await planModule(
      db,
      { name: "x", login_password: "pa's", login_host: "db", port: 1 },
      { host },
    );
    expect(scripts[0]).to.include(`{ printf '[tsrun]\\npassword=%s\\n' 'pa'\\''s' | { exec 3<&0 <&5 5<&-;`);
    expect(await failure(planModule(db, { name: "x", login_password: "a " }, { host }))).to.include("blank");
    expect(await failure(planModule(db, { name: "x", connect_params: { password: "a" } }, { host }))).to.include(
      "seen",
    );
  });

  it("says what is missing: unknown under check mode, a failure otherwise", async () => {
    const problem = { exists: false, problem: "psql: error: refused" };
    expect(await failure(plan({}, problem))).to.include("unable to connect to database: psql: error: refused");
    expect((await plan({}, problem, true)).plan)
      .to.deep.include({ changes: [] })
      .and.to.have.property("unknown");
    expect(await failure(planModule(db, { name: "x" }, { host: [] }))).to.include(
      "install the package `postgresql-client`",
    );
    expect(await failure(plan({ owner: "a'; DROP TABLE x", trust_input: false }))).to.include("potentially dangerous");
  });

  it("reads all databases of a server with one psql, and tells errors apart", () => {
    const { kind } = key("a");
    const keys = ["a", hostile].map((name) => ({ connection: to("postgres"), name }));
    expect(kind.script(keys).text.match(/psql -X/g)).to.have.length(1);
    const print = (text: string) => kind.parse({ rc: 0, stdout: Buffer.from(text), stderr: Buffer.alloc(0) }, keys);
    expect(print('{"key": 1, "value": {"owner": "x"}}\n{"key": 0, "value": null}\n\0')).to.deep.equal([
      undefined,
      { owner: "x" },
    ]);
    expect(print("psql: error: no\n\0")[0]).to.deep.equal({ exists: false, problem: "psql: error: no" });
  });
});

describe("module: postgresql_user", () => {
  const role = {
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
  const key = (name: string) => postgresqlRole({ connection: to(), name });
  const plan = (raw: Record<string, unknown>, found?: unknown, ...host: Host) =>
    planModule(user, { name: "anna", ...raw }, { host: [client, [key("anna"), found], ...host] });

  it("makes a role, its password as a hash", async () => {
    const { scripts, result, changes } = await plan({
      password: "100%'s",
      role_attr_flags: "createdb,NOLOGIN",
      comment: "c",
    });
    expect(scripts[0]).to.include("SELECT format(").and.not.to.include("100%");
    expect(result["queries"]).to.deep.equal([
      'CREATE USER "anna" WITH ENCRYPTED PASSWORD %(password)s CREATEDB NOLOGIN',
      `COMMENT ON ROLE "anna" IS 'c'`,
    ]);
    expect(changes[0]?.after).to.include({ createdb: true, login: false });
    expect(JSON.stringify(changes[0]?.diff)).to.include("password: new").and.not.to.include("SCRAM");
  });

  it("alters what differs and nothing else", async () => {
    const { result, again } = await plan({ role_attr_flags: "CREATEDB,LOGIN", conn_limit: 3 }, role);
    expect(result["queries"]).to.deep.equal(['ALTER USER "anna" WITH CREATEDB LOGIN CONNECTION LIMIT 3']);
    expect(again()).to.deep.equal([]);
    expect((await plan({ role_attr_flags: "LOGIN", comment: "", conn_limit: -1 }, role)).changes).to.deep.equal([]);
    expect(await failure(plan({ role_attr_flags: "CREATEUSER" }, role))).to.include("Invalid role_attr_flags");
  });

  it("sets a password that is not the role's, and takes one away", async () => {
    const stored = (password: unknown) => [postgresqlPassword({ connection: to(), name: "anna" }), password] as const;
    const md5 = `md5${"0".repeat(32)}`;
    expect((await plan({ password: md5 }, role, stored(md5))).changes).to.deep.equal([]);
    expect((await plan({ password: "x" }, role, stored(md5))).result["queries"]).to.have.length(1);
    expect((await plan({ password: "x", no_password_changes: true }, role, stored(md5))).changes).to.deep.equal([]);
    expect((await plan({ password: "" }, role, stored(md5))).scripts[0]).to.include("WITH PASSWORD NULL");
    expect((await plan({ password: "" }, role, stored(undefined))).changes).to.deep.equal([]);
  });

  it("sets the password each time where nobody may see it, and believes that once", async () => {
    const host: Host = [
      client,
      [key("anna"), role],
      [postgresqlPassword({ connection: to(), name: "anna" }), { exists: false, problem: "no" }],
    ];
    const first = await planModule(user, { name: "anna", password: "x" }, { host });
    expect(first.changes).not.to.have.length(0);
    const { changes } = await planModule(user, { name: "anna", password: "x" }, { host, applied: first.changes });
    expect(changes).to.deep.equal([]);
  });

  it("joins groups that exist", async () => {
    const { scripts, again } = await plan({ groups: "staff" }, role, [key("staff"), role]);
    expect(scripts[0]).to.include('GRANT "staff" TO "anna"');
    expect(again()).to.deep.equal([]);
    expect(await failure(plan({ groups: "staff" }, role))).to.include("Role staff does not exist");
  });

  it("removes what nothing depends on", async () => {
    expect((await plan({ state: "absent" }, role)).result).to.deep.include({
      user_removed: true,
      queries: ['DROP USER "anna"'],
    });
    const needed = { ...role, isNeeded: true };
    expect(await failure(plan({ state: "absent" }, needed))).to.include("Unable to remove user");
    expect((await plan({ state: "absent", fail_on_user: false }, needed)).result).to.include({ user_removed: false });
    expect((await plan({ state: "absent" })).changes).to.deep.equal([]);
  });

  it("leaves PUBLIC alone", async () => {
    expect((await plan({ name: "PUBLIC" })).changes).to.deep.equal([]);
    expect(await failure(plan({ name: "PUBLIC", password: "x" }))).to.include("PUBLIC");
    expect(await failure(plan({ name: "PUBLIC", role_attr_flags: "LOGIN" }))).to.include("PUBLIC");
  });
});

describe("module: postgresql_ext", () => {
  const query = postgresqlExtension({ connection: to("shop"), name: "hstore" });
  const none = { version: null, schema: null, available: ["1.4", "1.8"], latest: "1.8", updates: [] };
  const old = { ...none, version: "1.4", updates: ["1.8"] };
  const plan = (raw: Record<string, unknown>, found: unknown) =>
    planModule(ext, { name: "hstore", db: "shop", ...raw }, { host: [client, [query, found]] });
  const cases: readonly (readonly [Record<string, unknown>, unknown, readonly string[]])[] = [
    [{ schema: "s", cascade: true }, none, ['CREATE EXTENSION "hstore" WITH SCHEMA "s" CASCADE']],
    [{ version: "1.4" }, none, [`CREATE EXTENSION "hstore" VERSION '1.4'`]],
    [{ version: "latest" }, old, ['ALTER EXTENSION "hstore" UPDATE']],
    [{ version: "1.8" }, old, [`ALTER EXTENSION "hstore" UPDATE TO '1.8'`]],
    [{}, old, []],
    [{ version: "latest" }, { ...none, version: "1.8" }, []],
    [{ state: "absent", cascade: true }, old, ['DROP EXTENSION "hstore" CASCADE']],
    [{ state: "absent" }, none, []],
  ];
  for (const [raw, found, queries] of cases)
    it(`${JSON.stringify(raw)}: ${queries[0] ?? "nothing"}`, async () => {
      const { result, again } = await plan(raw, found);
      expect(result["queries"]).to.deep.equal(queries);
      expect(again()).to.deep.equal([]);
    });

  it("says what there is not", async () => {
    expect(await failure(plan({ version: "9" }, none))).to.include("'9' is not available");
    expect(await failure(plan({ version: "1.3" }, old))).to.include("no valid update path");
    expect(await failure(plan({}, { ...none, available: [], latest: null }))).to.include("hstore is not available");
  });
});

describe("module: postgresql_privs", () => {
  const connection = to("shop");
  const table = (grants: Grantable["grants"]): Grantable => ({ name: "t", all: ["INSERT", "SELECT"], grants });
  const plan = (raw: Record<string, unknown>, grants: Grantable["grants"] = [], ...host: Host) => {
    const privileges = postgresqlPrivileges({ connection, schema: "public", type: "table", objects: ["t"] });
    return planModule(
      privs,
      { db: "shop", roles: "anna", objs: "t", privs: "SELECT", ...raw },
      {
        host: [
          client,
          [postgresqlRole({ connection, name: "anna" }), { groups: {} }],
          [privileges, { objects: [table(grants)] }],
          ...host,
        ],
      },
    );
  };
  const select = { role: "anna", privilege: "SELECT", isGrantable: false };

  it("grants what is missing", async () => {
    const { result, changes, again } = await plan({ privs: "ALL" }, [select]);
    expect(result["queries"]).to.deep.equal(['GRANT ALL ON table "public"."t" TO "anna";']);
    expect(changes[0]?.diff).to.include({
      before: "table t: anna: SELECT\n",
      after: "table t: anna: INSERT\ntable t: anna: SELECT\n",
    });
    expect(again()).to.deep.equal([]);
    expect((await plan({}, [select])).changes).to.deep.equal([]);
  });

  it("grants and takes the right to pass it on", async () => {
    const may = { ...select, isGrantable: true };
    expect((await plan({ grant_option: true }, [select])).scripts[0]).to.include("WITH GRANT OPTION");
    expect((await plan({ grant_option: false }, [may])).scripts[0]).to.include("REVOKE GRANT OPTION FOR SELECT");
    for (const [raw, grants] of [
      [{ grant_option: true }, [may]],
      [{ grant_option: false }, [select]],
      [{}, [may]],
    ] as const)
      expect((await plan(raw, grants)).changes).to.deep.equal([]);
  });

  it("revokes what is there", async () => {
    expect((await plan({ state: "absent" }, [select])).scripts[0]).to.include(
      'REVOKE SELECT ON table "public"."t" FROM "anna"',
    );
    expect((await plan({ state: "absent" })).changes).to.deep.equal([]);
    expect((await plan({ state: "absent", roles: "public" }, [{ ...select, role: null }])).scripts[0]).to.include(
      "FROM PUBLIC",
    );
  });

  it("makes members", async () => {
    const members = (raw: Record<string, unknown>, groups: Record<string, boolean>) =>
      planModule(
        privs,
        { db: "shop", roles: "anna", type: "group", objs: "g", ...raw },
        {
          host: [
            client,
            [postgresqlRole({ connection, name: "anna" }), { groups }],
            [postgresqlRole({ connection, name: "g" }), { groups: {} }],
          ],
        },
      );
    expect((await members({ admin_option: true }, { g: false })).scripts[0]).to.include(
      'GRANT "g" TO "anna" WITH ADMIN OPTION',
    );
    expect((await members({}, { g: true })).changes).to.deep.equal([]);
    expect((await members({ state: "absent" }, { g: true })).again()).to.deep.equal([]);
  });

  it("says what does not fit together", async () => {
    expect(await failure(plan({ privs: "FLY" }))).to.include("Invalid privileges specified: FLY");
    const missing = postgresqlPrivileges({ connection, schema: "public", type: "table", objects: ["x"] });
    expect(await failure(plan({ objs: "x" }, [], [missing, { objects: [] }]))).to.include('table "x" does not exist');
    expect(await failure(plan({ roles: "nobody" }))).to.include("Role 'nobody' does not exist");
    expect((await plan({ roles: "nobody", fail_on_role: false })).plan.warnings).to.have.length(1);
    expect(await failure(plan({ type: "schema", schema: "x" }))).to.include("not allowed");
    expect(await failure(plan({ type: "schema", objs: "ALL_IN_SCHEMA" }))).to.include("ALL_IN_SCHEMA can be used only");
    expect(await failure(plan({ type: "function", objs: "f(int); DROP TABLE x" }))).to.include("Illegal function");
    expect(await failure(plan({ type: "default_privs", objs: "TABLES", privs: "EXECUTE" }))).to.include("Invalid priv");
    expect(await failure(plan({ type: "default_privs", objs: "CHAIRS" }))).to.include("Invalid Object set");
    expect(await failure(plan({ type: "group" }))).to.include('"privs" is not allowed');
  });
});

describe("module: postgresql_query", () => {
  const run = (raw: Record<string, unknown>, printed: (mark: string) => string, rc = 0) =>
    runAction(query, raw, {
      exec: (script) => ({ rc, stdout: printed(/\\echo (\S+)/.exec(script)?.[1] ?? ""), stderr: "ERROR: no" }),
      host: [client],
    });

  it("gives rows with their types", async () => {
    const { result, scripts } = await run(
      { query: "SELECT 1", db: "shop" },
      (mark) => `{"a":1,"b":12345678901234567}\0${mark}\n`,
    );
    expect(result).to.deep.include({ changed: false, statusmessage: "SELECT 1", rowcount: 1 });
    expect(result["query_result"]).to.deep.equal([{ a: 1, b: "12345678901234567" }]);
    expect(scripts[0]).to.match(/BEGIN;[^]*to_json\(q\)[^]*COMMIT;/);
  });

  it("tells what was altered", async () => {
    expect(
      (await run({ query: "INSERT INTO t VALUES (1)" }, (mark) => `INSERT 0 2\n${mark}\n`)).result,
    ).to.deep.include({ changed: true, rowcount: 2 });
    expect((await run({ query: "DELETE FROM t" }, (mark) => `DELETE 0\n${mark}\n`)).result).to.include({
      changed: false,
    });
    const listing = await run(
      { query: ["SHOW x", "CREATE TABLE t()"] },
      (mark) => `x\n"a,""b"\n${mark}\nCREATE TABLE\n${mark}\n`,
    );
    expect(listing.result["query_all_results"]).to.deep.equal([[{ x: 'a,"b' }], {}]);
  });

  it("says which statement failed", async () => {
    expect(await failure(run({ query: ["SELECT 1", "SELECT x"] }, (mark) => `${mark}\n`, 3))).to.include(
      "Cannot execute SQL 'SELECT x': ERROR: no",
    );
    expect(await failure(run({ query: "x", positional_args: [1], named_args: { a: 1 } }, String))).to.include(
      "mutually exclusive",
    );
  });
});
