import { pgLiteral } from "../lib/postgresql-text.ts";
import { definePostgresqlQuery, type PostgresqlKey } from "./postgresql.ts";

export interface PostgresqlDatabase {
  readonly owner: string;
  readonly encoding: string;
  readonly lc_collate: string;
  readonly lc_ctype: string;
  readonly conn_limit: number;
  readonly tablespace: string;
  /** Such as 150004 for PostgreSQL 15.4. */
  readonly server: number;
}

/** A database of a server. */
export const postgresqlDatabase = definePostgresqlQuery<PostgresqlKey & { readonly name: string }, PostgresqlDatabase>({
  name: "postgresql-database",
  select: ({
    name,
  }) => `SELECT jsonb_build_object('owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding),
    'lc_collate', datcollate, 'lc_ctype', datctype, 'conn_limit', datconnlimit, 'tablespace', spcname,
    'server', current_setting('server_version_num')::int)
    FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE datname = ${pgLiteral(name)}`,
  parse: (value) => value as PostgresqlDatabase,
});
