import { pgLiteral } from "../lib/postgresql-text.ts";
import { definePostgresqlQuery, type PostgresqlKey } from "./postgresql.ts";

export interface PostgresqlExtension {
  /** Version that the database has; null when it has none. */
  readonly version: string | null;
  readonly schema: string | null;
  /** Versions that the server has files of. */
  readonly available: readonly string[];
  /** The one that is made when nothing else is said. */
  readonly latest: string | null;
  /** Versions to which the database's can be updated. */
  readonly updates: readonly string[];
}

/** An extension, in the database of the connection. */
export const postgresqlExtension = definePostgresqlQuery<
  PostgresqlKey & { readonly name: string },
  PostgresqlExtension
>({
  name: "postgresql-extension",
  select: ({ name }) => {
    const word = pgLiteral(name);
    return `SELECT jsonb_build_object(
      'version', (SELECT extversion FROM pg_extension WHERE extname = ${word}),
      'schema', (SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = ${word}),
      'available', (SELECT coalesce(jsonb_agg(version ORDER BY version), '[]') FROM pg_available_extension_versions WHERE name = ${word}),
      'latest', (SELECT default_version FROM pg_available_extensions WHERE name = ${word}),
      'updates', CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = ${word}) THEN
        (SELECT coalesce(jsonb_agg(target ORDER BY target), '[]') FROM pg_extension_update_paths(${word}) u
          JOIN pg_extension e ON e.extname = ${word} AND e.extversion = u.source WHERE path IS NOT NULL) ELSE '[]' END)`;
  },
  parse: (value) => value as PostgresqlExtension,
});
