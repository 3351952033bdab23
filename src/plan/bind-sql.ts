import { Float } from "../lib/float.ts";
import { TaskFailure } from "../task/failure.ts";

/** Values for `%s`, one after the other, or for `%(name)s`. */
export type SqlArguments = readonly unknown[] | Readonly<Record<string, unknown>>;

/** Puts literals in place of `%s` and `%(name)s`, as Python's database modules do; `%%` is a percent sign then. */
export function bindSql(sql: string, values: SqlArguments | undefined, literal: (text: string) => string): string {
  if (values === undefined) return sql;
  let next = 0;
  return sql.replace(/%(?:\((.*?)\))?(.)?/gs, (whole, name: string | undefined, kind: string | undefined) => {
    if (kind === "%" && name === undefined) return "%";
    if (kind !== "s")
      throw new TaskFailure(`unsupported format \`${whole}\` in the query: write \`%%\` for a percent sign`);
    if (name === undefined) {
      if (!Array.isArray(values) || next >= values.length)
        throw new TaskFailure("the query has more `%s` than arguments");
      return sqlValue(values[next++], literal);
    }
    if (Array.isArray(values) || !Object.hasOwn(values, name))
      throw new TaskFailure(`the query has \`${whole}\`, but no such argument`);
    return sqlValue((values as Readonly<Record<string, unknown>>)[name], literal);
  });
}

function sqlValue(value: unknown, literal: (text: string) => string): string {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number" || typeof value === "bigint") return value < 0 ? ` ${value}` : String(value);
  if (Array.isArray(value)) return literal(arrayText(value));
  if (typeof value === "string") return literal(value);
  if (value instanceof Float) return value.toString();
  throw new TaskFailure("an argument of the query is a mapping, which is no value of SQL: use `to_json`");
}

/** An array as PostgreSQL reads it from a text. */
function arrayText(items: readonly unknown[]): string {
  const texts = items.map((item): string => {
    if (Array.isArray(item)) return arrayText(item);
    return sqlValue(item, (text) => `"${text.replace(/["\\]/g, "\\$&")}"`).trim();
  });
  return `{${texts.join(", ")}}`;
}
