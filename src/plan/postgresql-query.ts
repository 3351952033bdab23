import { randomUUID } from "node:crypto";
import { pgLiteral } from "../lib/postgresql-text.ts";
import type { SqlStatement } from "../lib/postgresql-statements.ts";

/** What a statement came to. */
export interface StatementResult {
  /** The server's word, such as `INSERT 0 1`. */
  readonly status: string;
  /** Undefined for one that gives no rows. */
  readonly rows: readonly Readonly<Record<string, unknown>>[] | undefined;
}

/** How the rows of a statement are had as JSON, so that numbers stay numbers. */
type Shape = "select" | "returning" | "table";

function shapeOf({ words }: SqlStatement): Shape {
  const [first = ""] = words;
  const writes = ["INSERT", "UPDATE", "DELETE", "MERGE", "INTO"].some((word) => words.slice(1).includes(word));
  if (["INSERT", "UPDATE", "DELETE"].includes(first)) return words.includes("RETURNING") ? "returning" : "table";
  const reads = ["SELECT", "VALUES", "TABLE", "WITH", "("].includes(first);
  return reads && !writes ? "select" : "table";
}

/** A script for psql that runs statements, and what parts its output into their results. */
export class QueryScript {
  /** A text that no data has, on a line of its own behind each result. */
  readonly #mark = `tsrun-${randomUUID()}`;
  readonly #null = `${this.#mark}-null`;
  readonly #statements: readonly SqlStatement[];

  constructor(statements: readonly SqlStatement[]) {
    this.#statements = statements;
  }

  /** Lines for psql: each statement is a text that the server gets as it is (`\gexec`), so that psql finds nothing of its own in it. */
  get lines(): readonly string[] {
    return this.#statements.flatMap((statement) => {
      const { text } = statement;
      const wrapped: Readonly<Record<Shape, string>> = {
        select: `SELECT to_json(q) FROM (\n${text}\n) q`,
        returning: `WITH q AS (\n${text}\n) SELECT to_json(q) FROM q`,
        table: text,
      };
      const shape = shapeOf(statement);
      const isTable = shape === "table";
      return [
        ...(isTable
          ? ["\\pset format csv", "\\pset tuples_only off", `\\pset null ${this.#null}`, "\\set QUIET off"]
          : []),
        `SELECT ${pgLiteral(wrapped[shape])} \\gexec`,
        "\\set QUIET on",
        "\\pset format unaligned",
        "\\pset tuples_only on",
        `\\echo ${this.#mark}`,
      ];
    });
  }

  /** The results of the statements that were run, from what psql printed with NUL between rows (`-0`). */
  parse(output: string): readonly StatementResult[] {
    const parts = output.split(`${this.#mark}\n`).slice(0, -1);
    return this.#statements.flatMap((statement, at) => {
      const text = parts[at];
      if (text === undefined) return [];
      return [shapeOf(statement) === "table" ? this.#table(statement, text) : typed(statement, text)];
    });
  }

  #table({ words: [first = ""] }: SqlStatement, text: string): StatementResult {
    const lines = parseCsv(text);
    const isListing = ["SHOW", "EXPLAIN", "FETCH"].includes(first);
    const last = lines.at(-1);
    // A command says what it did, below the rows that it may give.
    const tag = !isListing && last?.length === 1 && /^[A-Z][A-Z ]*( \d+)*$/.test(last[0] ?? "") ? last[0] : undefined;
    const [names, ...values] = tag === undefined ? lines : lines.slice(0, -1);
    const cell = (text: string | undefined): string | null | undefined => (text === this.#null ? null : text);
    const rows = names && values.map((row) => Object.fromEntries(names.map((name, at) => [name, cell(row[at])])));
    return { status: tag ?? (first === "FETCH" ? `FETCH ${values.length}` : first), rows };
  }
}

function typed({ words: [first = ""] }: SqlStatement, text: string): StatementResult {
  const rows = text.split("\0").filter(Boolean).map(parseRow);
  const verb = first === "INSERT" ? "INSERT 0" : ["UPDATE", "DELETE"].includes(first) ? first : "SELECT";
  return { status: `${verb} ${rows.length}`, rows };
}

/** A row as JSON. Whole numbers that JavaScript cannot hold exactly stay texts. */
function parseRow(text: string): Readonly<Record<string, unknown>> {
  const exact = text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (piece) => {
    return piece.startsWith('"') || Number.isSafeInteger(Number(piece)) ? piece : `"${piece}"`;
  });
  return JSON.parse(exact) as Readonly<Record<string, unknown>>;
}

/** Rows of cells, as RFC 4180 has them. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    if (end === "" && row.length === 0 && quoted === undefined && bare === "") break;
    row.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
