import { pgLiteral } from "../lib/postgresql-text.ts";
import { definePostgresqlQuery, type PostgresqlKey } from "./postgresql.ts";

export type RoleFlag = "superuser" | "createrole" | "createdb" | "inherit" | "login" | "replication" | "bypassrls";

export interface PostgresqlRole extends Readonly<Record<RoleFlag, boolean>> {
  readonly conn_limit: number;
  /** Seconds since 1970 or `Infinity`, as text; null when it was never set. */
  readonly valid_until: string | null;
  readonly comment: string | null;
  /** Roles that it is a member of, and whether with the admin option. */
  readonly groups: Readonly<Record<string, boolean>>;
  /** Whether something depends on it, so that it cannot be dropped. */
  readonly isNeeded: boolean;
}

type RoleKey = PostgresqlKey & { readonly name: string };

/** A role of a server, without its password. */
export const postgresqlRole = definePostgresqlQuery<RoleKey, PostgresqlRole>({
  name: "postgresql-role",
  select: ({
    name,
  }) => `SELECT jsonb_build_object('superuser', rolsuper, 'createrole', rolcreaterole, 'createdb', rolcreatedb,
    'inherit', rolinherit, 'login', rolcanlogin, 'replication', rolreplication, 'bypassrls', rolbypassrls, 'conn_limit', rolconnlimit,
    'valid_until', extract(epoch FROM rolvaliduntil)::text, 'comment', shobj_description(oid, 'pg_authid'),
    'groups', (SELECT coalesce(jsonb_object_agg(pg_get_userbyid(roleid), admin_option), '{}') FROM
      (SELECT roleid, bool_or(admin_option) AS admin_option FROM pg_auth_members WHERE member = r.oid GROUP BY roleid) m),
    'isNeeded', EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = r.oid))
    FROM pg_roles r WHERE rolname = ${pgLiteral(name)}`,
  parse: (value) => value as PostgresqlRole,
});

/** What a server keeps of a role's password: a hash, or undefined. Only superusers may ask. */
export const postgresqlPassword = definePostgresqlQuery<RoleKey, string>({
  name: "postgresql-password",
  select: ({ name }) => `SELECT to_jsonb(rolpassword) FROM pg_authid WHERE rolname = ${pgLiteral(name)}`,
  parse: (value) => value as string,
});

/** What a server takes a text for that says a time: seconds since 1970 or `Infinity`, as text. */
export const postgresqlTime = definePostgresqlQuery<PostgresqlKey & { readonly text: string }, string>({
  name: "postgresql-time",
  select: ({ text }) => `SELECT to_jsonb(extract(epoch FROM ${pgLiteral(text)}::timestamptz)::text)`,
  parse: (value) => value as string,
});
