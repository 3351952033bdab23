import { pgLiteral, pgLiterals } from "../lib/postgresql-text.ts";
import { definePostgresqlQuery, type PostgresqlKey } from "./postgresql.ts";

/** Kinds of things that privileges are about. */
export const grantableTypes = [
  "table",
  "sequence",
  "function",
  "procedure",
  "type",
  "schema",
  "database",
  "language",
  "tablespace",
  "foreign_data_wrapper",
  "foreign_server",
] as const;
export type GrantableType = (typeof grantableTypes)[number];

/** A privilege that somebody has; `role` null: everybody (`PUBLIC`). */
export interface Grant {
  readonly role: string | null;
  readonly privilege: string;
  /** Whether the role may pass it on. */
  readonly isGrantable: boolean;
}

export interface Grantable {
  /** As it was asked for; of functions with their types. */
  readonly name: string;
  /** What `ALL` means for it. */
  readonly all: readonly string[];
  readonly grants: readonly Grant[];
}

export interface PrivilegesKey extends PostgresqlKey {
  readonly type: GrantableType;
  readonly schema: string | null;
  /** Names, of functions signatures; undefined: all of the schema. */
  readonly objects: readonly string[] | undefined;
}

/** Privileges on things of a database, of those that exist. */
export const postgresqlPrivileges = definePostgresqlQuery<PrivilegesKey, { readonly objects: readonly Grantable[] }>({
  name: "postgresql-privileges",
  select: (key) => {
    const { letter, from } = sourceOf(key);
    return `SELECT jsonb_build_object('objects', coalesce(jsonb_agg(jsonb_build_object('name', o.name,
      'all', ${allOf(`acldefault('${letter}', o.owner)`, "o.owner")},
      'grants', ${grantsOf(`coalesce(o.acl, acldefault('${letter}', o.owner))`)}) ORDER BY o.name), '[]')) FROM (${from}) o`;
  },
  parse: (value) => value as { readonly objects: readonly Grantable[] },
});

/** SQL: the privileges of an access list as JSON. */
function grantsOf(acl: string): string {
  return `(SELECT coalesce(jsonb_agg(jsonb_build_object('role', CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END,
      'privilege', privilege_type, 'isGrantable', is_grantable) ORDER BY grantee, privilege_type), '[]') FROM aclexplode(${acl}))`;
}

/** SQL: the privileges that the owner has when nothing was said, which are all. */
function allOf(acl: string, owner: string): string {
  return `(SELECT coalesce(jsonb_agg(privilege_type ORDER BY privilege_type), '[]') FROM aclexplode(${acl}) WHERE grantee = ${owner})`;
}

interface Source {
  /** As `acldefault()` names the kind. */
  readonly letter: string;
  /** SQL: name, acl and owner of each thing. */
  readonly from: string;
}

function sourceOf(key: PrivilegesKey): Source {
  switch (key.type) {
    case "table":
      return { letter: "r", from: relations(key, "'r', 'v', 'm', 'p', 'f'") };
    case "sequence":
      return { letter: "s", from: relations(key, "'S'") };
    case "function":
    case "procedure":
      return { letter: "f", from: routines(key) };
    case "type":
      return {
        letter: "T",
        from: `SELECT typname AS name, typacl AS acl, typowner AS owner FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
          WHERE nspname = ${pgLiteral(key.schema ?? "")} AND typname IN ${pgLiterals(key.objects ?? [])}`,
      };
    case "schema":
      return { letter: "n", from: named(key, "pg_namespace", "nsp") };
    case "database":
      return { letter: "d", from: named(key, "pg_database", "dat", "datdba") };
    case "language":
      return { letter: "l", from: named(key, "pg_language", "lan") };
    case "tablespace":
      return { letter: "t", from: named(key, "pg_tablespace", "spc") };
    case "foreign_data_wrapper":
      return { letter: "F", from: named(key, "pg_foreign_data_wrapper", "fdw") };
    case "foreign_server":
      return { letter: "S", from: named(key, "pg_foreign_server", "srv") };
  }
}

/** A catalog whose columns begin with the same letters. */
function named(key: PrivilegesKey, catalog: string, prefix: string, owner = `${prefix}owner`): string {
  return `SELECT ${prefix}name AS name, ${prefix}acl AS acl, ${owner} AS owner FROM ${catalog}
    WHERE ${prefix}name IN ${pgLiterals(key.objects ?? [])}`;
}

function relations({ schema, objects }: PrivilegesKey, kinds: string): string {
  const names = objects === undefined ? "" : ` AND relname IN ${pgLiterals(objects)}`;
  return `SELECT relname AS name, relacl AS acl, relowner AS owner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE nspname = ${pgLiteral(schema ?? "")} AND relkind IN (${kinds})${names}`;
}

function routines({ type, schema, objects }: PrivilegesKey): string {
  const kind = type === "procedure" ? "p.prokind = 'p'" : "p.prokind IN ('f', 'w', 'a')";
  if (objects === undefined)
    return `SELECT p.oid::regprocedure::text AS name, proacl AS acl, proowner AS owner FROM pg_proc p
      JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname = ${pgLiteral(schema ?? "")} AND ${kind}`;
  const wanted = objects.map((name) => `(${pgLiteral(name)}, ${pgLiteral(routineName(schema ?? "", name))})`);
  return `SELECT w.name, proacl AS acl, proowner AS owner FROM (VALUES ${wanted.join(", ")}) w(name, signature)
    JOIN pg_proc p ON p.oid = to_regprocedure(w.signature) AND ${kind}`;
}

/** `add(int, int)` of a schema as SQL writes it. The types are SQL already. */
export function routineName(schema: string, signature: string): string {
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const at = signature.indexOf("(");
  return `${quoted(schema)}.${quoted(signature.slice(0, at))}${signature.slice(at)}`;
}

/** What is granted on things that are yet to be made, by the role that will make them. */
export interface DefaultGrants {
  readonly owner: string;
  /** By what is made: `TABLES`, `SEQUENCES`, `FUNCTIONS`, `TYPES`, `SCHEMAS`. */
  readonly grants: Readonly<Record<string, readonly Grant[]>>;
  readonly all: Readonly<Record<string, readonly string[]>>;
}

export interface DefaultGrantsKey extends PostgresqlKey {
  readonly schema: string | null;
  /** Roles that will make them; undefined: the one that is logged in. */
  readonly owners: readonly string[] | undefined;
}

/** What is made, as `pg_default_acl` and `acldefault()` name it. */
const makes = [
  ["TABLES", "r", "r"],
  ["SEQUENCES", "S", "s"],
  ["FUNCTIONS", "f", "f"],
  ["TYPES", "T", "T"],
  ["SCHEMAS", "n", "n"],
] as const;

/** Default privileges, of the owners that exist. In a schema they are given beside those of the whole database. */
export const postgresqlDefaultGrants = definePostgresqlQuery<DefaultGrantsKey, readonly DefaultGrants[]>({
  name: "postgresql-default-grants",
  select: ({ schema, owners }) => {
    const namespace = schema === null ? "0" : `(SELECT oid FROM pg_namespace WHERE nspname = ${pgLiteral(schema)})`;
    const acl = (type: string, letter: string): string =>
      `coalesce((SELECT defaclacl FROM pg_default_acl WHERE defaclrole = r.oid AND defaclnamespace = ${namespace} AND defaclobjtype = '${type}'),
        ${schema === null ? `acldefault('${letter}', r.oid)` : "NULL"})`;
    const grants = makes.map(([name, type, letter]) => `'${name}', ${grantsOf(acl(type, letter))}`);
    const all = makes.map(([name, , letter]) => `'${name}', ${allOf(`acldefault('${letter}', r.oid)`, "r.oid")}`);
    const who = owners === undefined ? "rolname = current_user" : `rolname IN ${pgLiterals(owners)}`;
    return `SELECT coalesce(jsonb_agg(jsonb_build_object('owner', rolname, 'grants', jsonb_build_object(${grants.join(", ")}),
      'all', jsonb_build_object(${all.join(", ")})) ORDER BY rolname), '[]') FROM pg_roles r WHERE ${who}`;
  },
  parse: (value) => value as readonly DefaultGrants[],
});
