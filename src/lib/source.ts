/** A text that errors can point into: a playbook, a role's task file, a template, a command-line value. */
export interface SourceFile {
  /** Path as the user would name it, or a label such as `<extra vars>`. */
  readonly path: string;
  readonly text: string;
}

/** Half-open range of UTF-16 offsets in a source. */
export interface SourceRange {
  readonly source: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** One-based position of an offset, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Turns an offset into the line and column that an editor shows; both count from 1. */
export function positionAt(source: SourceFile, offset: number): Position {
  const starts = lineStarts(source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] as number) + 1 };
}

/** `file:line:column` of a range's start. */
export function formatLocation(range: SourceRange): string {
  const { line, column } = positionAt(range.source, range.start);
  return `${range.source.path}:${line}:${column}`;
}

/** Text of a line that counts from 1, without its line break. */
export function lineText(source: SourceFile, line: number): string {
  const starts = lineStarts(source);
  const start = starts[line - 1];
  if (start === undefined) return "";
  return source.text.slice(start, starts[line] ?? source.text.length).replace(/\r?\n$/, "");
}

const lineStartsOf = new WeakMap<SourceFile, readonly number[]>();

function lineStarts(source: SourceFile): readonly number[] {
  const known = lineStartsOf.get(source);
  if (known) return known;
  const starts = [0];
  for (let at = source.text.indexOf("\n"); at !== -1; at = source.text.indexOf("\n", at + 1)) starts.push(at + 1);
  lineStartsOf.set(source, starts);
  return starts;
}
