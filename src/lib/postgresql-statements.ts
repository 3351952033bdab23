/** A statement of SQL, and its words in capitals outside of quotes, comments and parentheses. */
export interface SqlStatement {
  readonly text: string;
  readonly words: readonly string[];
}

/**
 * Parts SQL of PostgreSQL into its statements, without their semicolons
 * (https://www.postgresql.org/docs/current/sql-syntax-lexical.html). What holds comments and blanks only is none.
 */
export function postgresqlStatements(sql: string): readonly SqlStatement[] {
  const statements: SqlStatement[] = [];
  let [start, depth] = [0, 0];
  let words: string[] = [];
  const end = (at: number): void => {
    if (words.length > 0) statements.push({ text: sql.slice(start, at).trim(), words });
    [start, depth, words] = [at + 1, 0, []];
  };
  for (let at = 0; at < sql.length; ) {
    token.lastIndex = at;
    const [text = ""] = token.exec(sql) ?? [];
    const quoted = /^(?:--|\/\*)/.test(text) ? undefined : text;
    if (text.startsWith("/*")) at = endOfComment(sql, at);
    else if (text === ";" && depth <= 0) {
      end(at);
      at += 1;
    } else {
      if (text === "(") depth += 1;
      if (text === ")") depth -= 1;
      const isWord = quoted !== undefined && /\S/.test(text);
      if (isWord && (depth === 0 || words.length === 0))
        words.push(/^\w+$/.test(text) ? text.toUpperCase() : (text[0] ?? ""));
      at += Math.max(1, text.length);
    }
  }
  end(sql.length);
  return statements;
}

/** The next piece of SQL: a comment, quoted text of any kind, a word, blanks, or one other character. */
const token =
  /--[^\n]*|\/\*|[eE]'(?:[^'\\]|\\[^]|'')*'?|[uUbBxX]?&?'(?:[^']|'')*'?|"(?:[^"]|"")*"?|(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[^]*?(?:\1|$(?![^]))|[\w\u0080-\uffff]+|\s+|[^]/y;

/** Comments nest. */
function endOfComment(sql: string, start: number): number {
  let depth = 0;
  for (let at = start; at < sql.length; at++) {
    const two = sql.slice(at, at + 2);
    if (two === "/*") depth += 1;
    else if (two === "*/") depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return sql.length;
}
