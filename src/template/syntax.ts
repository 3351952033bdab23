import { TsrunError } from "../lib/errors.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";

/** Delimiters and whitespace rules of one template. Ansible's defaults: Jinja2's, with `trim_blocks` on. */
export interface Delimiters {
  readonly blockStart: string;
  readonly blockEnd: string;
  readonly variableStart: string;
  readonly variableEnd: string;
  readonly commentStart: string;
  readonly commentEnd: string;
  readonly trimBlocks: boolean;
  readonly lstripBlocks: boolean;
  readonly newlineSequence: string;
  readonly keepTrailingNewline: boolean;
}

export interface Syntax extends Partial<Delimiters> {
  /** Text of the template when it is only a part of the source: a YAML scalar after unquoting. */
  readonly text?: string | undefined;
  /** Maps an offset in the text to one in the source's file. */
  readonly mapOffset?: ((offset: number) => number) | undefined;
  /**
   * Backslashes in string literals inside `{{ }}` stand for themselves: YAML has already unescaped the scalar. True for
   * values of playbooks, false for `.j2` files and conditionals (as Ansible does).
   */
  readonly literalBackslashes?: boolean | undefined;
  /** Honour a leading `#jinja2:` line. Default true. */
  readonly allowHeader?: boolean | undefined;
}

export const ansibleDelimiters: Delimiters = {
  blockStart: "{%",
  blockEnd: "%}",
  variableStart: "{{",
  variableEnd: "}}",
  commentStart: "{#",
  commentEnd: "#}",
  trimBlocks: true,
  lstripBlocks: false,
  newlineSequence: "\n",
  keepTrailingNewline: false,
};

/** The text of a template together with the way back to the file it came from. */
export class Located {
  readonly source: SourceFile;
  readonly text: string;
  readonly #mapOffset: ((offset: number) => number) | undefined;

  constructor(source: SourceFile, syntax: Pick<Syntax, "text" | "mapOffset"> = {}) {
    this.source = source;
    this.text = syntax.text ?? source.text;
    this.#mapOffset = syntax.mapOffset;
  }

  range(span: { readonly start: number; readonly end: number }): SourceRange {
    const map = this.#mapOffset;
    if (!map) return { source: this.source, start: span.start, end: span.end };
    const start = map(span.start);
    return { source: this.source, start, end: Math.max(start, map(span.end)) };
  }
}

/** Marks a template whose first line overrides delimiters, e.g. `#jinja2: variable_start_string: '[%'`. */
export const HEADER = "#jinja2:";

/** True when the text cannot contain a template: no delimiter in it. Cheap; meant for every string of a playbook. */
export function isConstant(text: string): boolean {
  let at = text.indexOf("{");
  while (at !== -1) {
    const next = text.charCodeAt(at + 1);
    if (next === 0x7b || next === 0x25 || next === 0x23) return false;
    at = text.indexOf("{", at + 1);
  }
  return !text.startsWith(HEADER);
}

const headerKeys: Readonly<Record<string, keyof Delimiters>> = {
  block_start_string: "blockStart",
  block_end_string: "blockEnd",
  variable_start_string: "variableStart",
  variable_end_string: "variableEnd",
  comment_start_string: "commentStart",
  comment_end_string: "commentEnd",
  trim_blocks: "trimBlocks",
  lstrip_blocks: "lstripBlocks",
  newline_sequence: "newlineSequence",
  keep_trailing_newline: "keepTrailingNewline",
};

/** Settings of a leading `#jinja2:` line, and where the template proper starts. */
export function readHeader(located: Located): { readonly overrides: Partial<Delimiters>; readonly bodyStart: number } {
  const { text } = located;
  if (!text.startsWith(HEADER)) return { overrides: {}, bodyStart: 0 };
  const lineEnd = text.indexOf("\n");
  if (lineEnd === -1) throw headerError(located, 0, text.length, "expected a line break after the `#jinja2:` line");
  const overrides: Record<string, unknown> = {};
  let at = HEADER.length;
  for (const pair of text.slice(HEADER.length, lineEnd).split(",")) {
    const [start, end] = [at, at + pair.length];
    at = end + 1;
    const colon = pair.indexOf(":");
    if (colon === -1) throw headerError(located, start, end, "expected `key: value` in the `#jinja2:` line");
    const name = pair.slice(0, colon).trim();
    const key = Object.hasOwn(headerKeys, name) ? headerKeys[name] : undefined;
    if (!key) throw headerError(located, start, end, `unknown key \`${name}\` in the \`#jinja2:\` line`);
    const read = literal(pair.slice(colon + 1).trim());
    // Python's truth: `lstrip_blocks: "true"` is a text, which counts as true.
    const value = typeof ansibleDelimiters[key] === "boolean" && typeof read === "string" ? read !== "" : read;
    if (typeof value !== typeof ansibleDelimiters[key]) {
      throw headerError(located, start, end, `expected ${typeof ansibleDelimiters[key]} for \`${name}\``);
    }
    overrides[key] = value;
  }
  return { overrides, bodyStart: lineEnd + 1 };
}

function literal(text: string): unknown {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  const quoted = /^(["'])(.*)\1$/.exec(text);
  return quoted
    ? (quoted[2] as string).replace(/\\([nrt\\'"])/g, (_, c: string) => ({ n: "\n", r: "\r", t: "\t" })[c] ?? c)
    : undefined;
}

function headerError(located: Located, start: number, end: number, message: string): TsrunError {
  return new TsrunError({
    code: "E_TEMPLATE_SYNTAX",
    message,
    at: located.range({ start, end }),
    hint: "for example: `#jinja2: trim_blocks: True, lstrip_blocks: True`",
  });
}
