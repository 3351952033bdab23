import { pgIdentifier } from "../../../src/lib/postgresql-text.ts";
import { type Arguments, lawsRoot, type ModuleLaws } from "./law.ts";

const noFiles = "writes no file of a mode of its own";
const noPath = "takes no path";
const noPathNorMode = { planted: noPath, modes: noFiles } as const;

/** What every case may use: databases with something in them, a role, and a dump. */
export const setUpForLaws = `mkdir -p ${lawsRoot}; cd ${lawsRoot}
q -c 'CREATE DATABASE law' -c 'CREATE DATABASE law_dump' -c 'CREATE ROLE law_group' -c 'CREATE ROLE law_member' -c "ALTER SYSTEM SET log_statement = 'all'" -c 'SELECT pg_reload_conf()' >/dev/null
q law_dump -c 'CREATE TABLE t AS SELECT 1 AS one'; q law -c 'CREATE TABLE t ()' -c 'CREATE TABLE granted ()' -c 'CREATE TABLE revoked ()'
mysql -e 'CREATE DATABASE law_dump; CREATE TABLE law_dump.t AS SELECT 1 AS one'
echo 'CREATE TABLE t (one int);' >import.sql
`;

const socket = { login_unix_socket: "/run/mysqld/mysqld.sock" };
const secretLogin = (user: string, password: string): Arguments => ({ login_user: user, login_password: password });

/** An account that the secret lets in. */
const mysqlLogin = (user: string) => (secret: string) =>
  `mysql -e "CREATE OR REPLACE USER ${user}@localhost IDENTIFIED BY '${secret}'; GRANT ALL ON *.* TO ${user}@localhost WITH GRANT OPTION"`;
const postgresqlLogin = (user: string) => (secret: string) =>
  `q -c "SET log_statement = 'none'" -c 'DROP ROLE IF EXISTS ${user}' -c "CREATE ROLE ${user} SUPERUSER LOGIN PASSWORD '${secret}'"`;

/** A packed, a plain and a torn one look alike but for what is in them. */
const dumpProbe = (file: string): string => `stat -c %a ${file}; grep -v '^-- Dump completed' ${file}`;

/** Modules about databases, on a host that has servers of them. */
export const databaseModules: Readonly<Record<string, ModuleLaws>> = {
  mysql_db: {
    host: "databases",
    cases: [
      {
        name: "a database",
        args: { name: ["law_new"], encoding: "latin1" },
        before: "mysql -e 'DROP DATABASE IF EXISTS law_new'",
        probe:
          "mysql -Ne \"SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'law_new'\"",
      },
      {
        name: "no database",
        args: { name: ["law_gone"], state: "absent" },
        before: "mysql -e 'CREATE DATABASE IF NOT EXISTS law_gone'",
        probe: "mysql -Ne \"SHOW DATABASES LIKE 'law_gone'\"",
      },
      {
        name: "a dump",
        args: { name: ["law_dump"], state: "dump", target: "$own/f.sql" },
        before: "echo old >f.sql; chmod 600 f.sql",
        probe: dumpProbe("f.sql"),
        isEvent: true,
      },
    ],
    named: (name) => ({ name: [name] }),
    at: (path) => ({ name: ["law_dump"], state: "dump", target: path }),
    isEventAt: true,
    holding: {
      args: (secret) => ({ name: ["law_secret"], ...socket, ...secretLogin("law_db", secret) }),
      isNoLog: false,
      before: mysqlLogin("law_db"),
    },
  },
  mysql_user: {
    host: "databases",
    cases: [
      {
        name: "an account",
        args: { name: "law_new", password: "law", priv: "law_dump.*:SELECT" },
        before: "mysql -e 'DROP USER IF EXISTS law_new@localhost'",
        probe: "mysql -Ne 'SHOW GRANTS FOR law_new@localhost' 2>/dev/null; :",
        isGradual: true,
      },
      {
        name: "another password",
        args: { name: "law_other", password: "law" },
        before: "mysql -e \"CREATE OR REPLACE USER law_other@localhost IDENTIFIED BY 'old'\"",
        probe: "mysql -Ne 'SHOW GRANTS FOR law_other@localhost'",
      },
      {
        name: "other privileges",
        args: { name: "law_may", priv: "law_dump.*:SELECT,INSERT" },
        before:
          'mysql -e "CREATE OR REPLACE USER law_may@localhost; GRANT SELECT, DELETE ON law_dump.* TO law_may@localhost"',
        probe: "mysql -Ne 'SHOW GRANTS FOR law_may@localhost'",
        isGradual: true,
      },
      {
        name: "no account",
        args: { name: "law_gone", state: "absent" },
        before: "mysql -e 'CREATE USER IF NOT EXISTS law_gone@localhost'",
        probe: "mysql -Ne \"SELECT User FROM mysql.user WHERE User = 'law_gone'\"",
      },
    ],
    named: (name) => ({ name, password: name }),
    holding: {
      args: (secret) => ({ name: "law_secret", password: secret, ...socket }),
      isNoLog: false,
    },
    exempt: noPathNorMode,
  },
  postgresql_db: {
    host: "databases",
    cases: [
      {
        name: "a database",
        args: { name: "law_new", owner: "law_group", conn_limit: "3" },
        before: "q -c 'DROP DATABASE IF EXISTS law_new'",
        probe: "q -c \"SELECT pg_get_userbyid(datdba), datconnlimit FROM pg_database WHERE datname = 'law_new'\"",
      },
      {
        name: "another owner and limit",
        args: { name: "law_other", owner: "law_group", conn_limit: "7" },
        before:
          "q -c 'CREATE DATABASE law_other' 2>/dev/null; q -c 'ALTER DATABASE law_other OWNER TO postgres' -c 'ALTER DATABASE law_other CONNECTION LIMIT 1'",
        probe: "q -c \"SELECT pg_get_userbyid(datdba), datconnlimit FROM pg_database WHERE datname = 'law_other'\"",
      },
      {
        name: "another name",
        args: { name: "law_from", state: "rename", target: "law_to" },
        before: "q -c 'ALTER DATABASE law_to RENAME TO law_from' -c 'CREATE DATABASE law_from' 2>/dev/null; :",
        probe: "q -c \"SELECT datname FROM pg_database WHERE datname IN ('law_from', 'law_to')\"",
      },
      {
        name: "no database",
        args: { name: "law_gone", state: "absent" },
        before: "q -c 'CREATE DATABASE law_gone' 2>/dev/null; :",
        probe: "q -c \"SELECT datname FROM pg_database WHERE datname = 'law_gone'\"",
      },
      {
        name: "a dump",
        args: { name: "law_dump", state: "dump", target: "$own/f.sql" },
        before: "echo old >f.sql; chmod 600 f.sql",
        probe: `${dumpProbe("f.sql")} | grep -v restrict`,
        isEvent: true,
      },
    ],
    named: (name) => ({ name }),
    at: (path) => ({ name: "law_dump", state: "dump", target: path }),
    isEventAt: true,
    holding: {
      args: (secret) => ({ name: "law_secret", login_host: "127.0.0.1", ...secretLogin("law_db", secret) }),
      isNoLog: false,
      before: postgresqlLogin("law_db"),
    },
  },
  postgresql_ext: {
    host: "databases",
    cases: [
      {
        name: "an extension",
        args: { name: "pgcrypto", db: "law" },
        before: "q law -c 'DROP EXTENSION IF EXISTS pgcrypto'",
        probe: "q law -c \"SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'\"",
      },
      {
        name: "another version",
        args: { name: "hstore", db: "law", version: "latest" },
        before: "q law -c 'DROP EXTENSION IF EXISTS hstore' -c \"CREATE EXTENSION hstore VERSION '1.4'\"",
        probe: "q law -c \"SELECT extversion FROM pg_extension WHERE extname = 'hstore'\"",
      },
      {
        name: "no extension",
        args: { name: "citext", db: "law", state: "absent" },
        before: "q law -c 'CREATE EXTENSION IF NOT EXISTS citext'",
        probe: "q law -c \"SELECT extname FROM pg_extension WHERE extname = 'citext'\"",
      },
    ],
    named: (name) => ({ name, db: "law" }),
    holding: {
      args: (secret) => ({
        name: "pg_trgm",
        db: "law",
        login_host: "127.0.0.1",
        ...secretLogin("law_ext", secret),
      }),
      isNoLog: false,
      before: postgresqlLogin("law_ext"),
    },
    exempt: noPathNorMode,
  },
  postgresql_privs: {
    host: "databases",
    cases: [
      {
        name: "privileges",
        args: { database: "law", roles: "law_group,law_member", objs: "granted", privs: "SELECT,INSERT" },
        before: "q law -c 'REVOKE ALL ON granted FROM law_group, law_member'",
        probe: "q law -c \"SELECT relacl FROM pg_class WHERE relname = 'granted'\"",
      },
      {
        name: "no privileges",
        args: { database: "law", roles: "law_group", objs: "revoked", privs: "ALL", state: "absent" },
        before: "q law -c 'GRANT ALL ON revoked TO law_group'",
        probe: "q law -c \"SELECT relacl FROM pg_class WHERE relname = 'revoked'\"",
      },
      {
        name: "a membership",
        args: { database: "postgres", roles: "law_member", objs: "law_group", type: "group" },
        before: "q -c 'REVOKE law_group FROM law_member' 2>/dev/null",
        probe: "q -c \"SELECT roleid::regrole FROM pg_auth_members WHERE member = 'law_member'::regrole\"",
      },
      {
        name: "privileges on what is yet to be made",
        args: {
          database: "law",
          roles: "law_member",
          objs: "TABLES,SEQUENCES",
          privs: "SELECT",
          type: "default_privs",
        },
        before:
          'for what in TABLES SEQUENCES TYPES; do echo "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON $what FROM law_member;"; done | q law',
        probe: "q law -c 'SELECT defaclobjtype, defaclacl FROM pg_default_acl ORDER BY 1'",
      },
    ],
    named: (name) => ({ database: "postgres", roles: "law_member", objs: name, type: "group" }),
    // A byte that is no text cannot be in a name of PostgreSQL's.
    beforeNamed: (names) =>
      `q <<'END'\n${names
        .filter((name) => !/[\udc80-\udcff](?<![\ud800-\udbff].)/.test(name))
        .map((name) => `CREATE ROLE ${pgIdentifier(name)};\n`)
        .join("")}END`,
    holding: {
      args: (secret) => ({
        database: "law",
        roles: "law_group",
        objs: "t",
        privs: "SELECT",
        login_host: "127.0.0.1",
        ...secretLogin("law_privs", secret),
      }),
      isNoLog: false,
      before: postgresqlLogin("law_privs"),
    },
    exempt: noPathNorMode,
  },
  postgresql_user: {
    host: "databases",
    cases: [
      {
        name: "a role",
        args: { name: "law_new", password: "law", role_attr_flags: "CREATEDB,NOLOGIN", groups: ["law_group"] },
        before: "q -c 'DROP ROLE IF EXISTS law_new'",
        probe: "q -c \"SELECT rolcreatedb, rolcanlogin FROM pg_roles WHERE rolname = 'law_new'\"",
      },
      {
        name: "another password and time",
        args: { name: "law_other", password: "law", expires: "2030-01-01", conn_limit: 5, comment: "the law" },
        before: "q -c 'DROP ROLE IF EXISTS law_other' -c \"CREATE ROLE law_other LOGIN PASSWORD 'old'\"",
        probe: "q -c \"SELECT rolconnlimit, rolvaliduntil FROM pg_roles WHERE rolname = 'law_other'\"",
      },
      {
        name: "no role",
        args: { name: "law_gone", state: "absent" },
        before: "q -c 'CREATE ROLE law_gone' 2>/dev/null; :",
        probe: "q -c \"SELECT rolname FROM pg_roles WHERE rolname = 'law_gone'\"",
      },
    ],
    named: (name) => ({ name, password: name, comment: name }),
    holding: {
      args: (secret) => ({ name: "law_secret", password: secret, db: "postgres" }),
      isNoLog: false,
    },
    exempt: noPathNorMode,
  },
};
