import { randomUUID } from "node:crypto";

/** What a query came to. */
export interface MysqlResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Rows that it gave or altered. */
  readonly count: number;
  /** False when it gave rows whose types could not be told. */
  readonly isTyped: boolean;
}

/** Scripts for the client that run queries, and what reads its output. */
export class MysqlQueryScript {
  /** Texts that are in no query: the end of each, of which the client reads 15 characters at most, and the column with its count. */
  readonly #end = `$$${randomUUID().slice(-11)}$$`;
  readonly #mark = `tsrun-count-${randomUUID()}`;
  readonly #queries: readonly string[];

  constructor(queries: readonly string[]) {
    this.#queries = queries;
  }

  /** For `--xml`: the queries, and after each how many rows it altered. With another delimiter, a semicolon in a query is the server's. */
  values(inTransaction: boolean): string {
    const mark = this.#mark;
    const statements = this.#queries.flatMap((query) => [query, `SELECT ROW_COUNT() AS \`${mark}\``]);
    const all = inTransaction ? ["START TRANSACTION", ...statements, "COMMIT"] : statements;
    return this.#script(all);
  }

  /**
   * For `--table --column-type-info --force`: the columns of what reads, without a row of it. XML alone does not tell numbers from texts.
   */
  types(): string {
    const mark = this.#mark;
    const statements = this.#queries.flatMap((query) => [
      `SELECT 1 AS \`${mark}\``,
      ...(isReading(query) ? [`SELECT * FROM (\n${query.replace(/[\s;]+$/, "")}\n) q LIMIT 0`] : []),
    ]);
    return this.#script(statements);
  }

  #script(statements: readonly string[]): string {
    return `DELIMITER ${this.#end}\n${statements.map((one) => `${one}\n${this.#end}\n`).join("")}`;
  }

  /** The results of the queries that were run. */
  parse(typesOutput: string, valuesOutput: string): readonly MysqlResult[] {
    const types = typesOutput
      .split(new RegExp(`^Field\\s+1:\\s+\`${this.#mark}\`$`, "m"))
      .slice(1)
      .map(typesOf);
    const results: MysqlResult[] = [];
    let [rows, hasRows]: [Readonly<Record<string, string | null>>[], boolean] = [[], false];
    for (const [, content = ""] of valuesOutput.matchAll(/<resultset statement="[^"]*"[^>]*>([^]*?)<\/resultset>/g)) {
      const found = rowsOf(content);
      const altered = found[0]?.[this.#mark];
      if (altered === undefined) {
        [rows, hasRows] = [found, true];
        continue;
      }
      const ofQuery = types[results.length] ?? new Map<string, string>();
      const typed = rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, text]) => [name, valueOf(text, ofQuery.get(name))])),
      );
      const isReader = isReading(this.#queries[results.length] ?? "");
      results.push({
        rows: typed,
        count: hasRows ? rows.length : Number(altered),
        isTyped: !isReader || rows.length === 0 || ofQuery.size > 0,
      });
      [rows, hasRows] = [[], false];
    }
    return results;
  }
}

/** Whether a query only reads, so that it can stand within another. */
function isReading(query: string): boolean {
  const plain = query.replace(/^(?:\s|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?!!)[^]*?\*\/)+/, "");
  return /^(?:SELECT|VALUES|TABLE|WITH|\()/i.test(plain);
}

/** Types of columns by name, as `--column-type-info` prints them. */
function typesOf(text: string): ReadonlyMap<string, string> {
  const found = [...text.matchAll(/^Field\s+\d+:\s+`(.*)`$[^]*?^Type:\s+(\w+)/gm)];
  // The first type is the mark's own, whose name was split at.
  return new Map(found.map(([, name = "", type = ""]) => [name, type]));
}

function rowsOf(content: string): Readonly<Record<string, string | null>>[] {
  return [...content.matchAll(/<row>([^]*?)<\/row>/g)].map(([, row = ""]) =>
    Object.fromEntries(
      [...row.matchAll(/<field name="([^"]*)"(?: xsi:nil="true" \/>|>([^<]*)<\/field>)/g)].map(
        ([, name = "", text]) => [unescapeXml(name), text === undefined ? null : unescapeXml(text)],
      ),
    ),
  );
}

function unescapeXml(text: string): string {
  const plain: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&" };
  return text.replace(/&(lt|gt|quot|amp);/g, (_, name: string) => plain[name] ?? "");
}

const numbers = new Set([
  "TINY",
  "SHORT",
  "LONG",
  "LONGLONG",
  "INT24",
  "YEAR",
  "FLOAT",
  "DOUBLE",
  "DECIMAL",
  "NEWDECIMAL",
]);

/** Whole numbers that JavaScript cannot hold exactly stay texts; times are written as ISO 8601 has them. */
function valueOf(text: string | null, type: string | undefined): unknown {
  if (text === null || type === undefined) return text;
  if (type === "DATETIME" || type === "TIMESTAMP") return text.replace(" ", "T");
  if (!numbers.has(type)) return text;
  const value = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? text : value;
}
