import type { SourceFile } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { AssignTarget, ExpressionNode, MacroNode, MacroParameter, StatementNode } from "./ast.ts";
import { tokenizeTemplate } from "./lexer.ts";
import { parseConditional, parseFilterChain, parseTarget, parseTuple } from "./parse-expression.ts";
import { ansibleDelimiters, Located, readHeader, type Syntax } from "./syntax.ts";
import { Template } from "./template.ts";
import { MAX_CHAIN, TokenStream } from "./token-stream.ts";

/**
 * Parses a template: a whole `.j2` file, or (with `syntax.text` and `mapOffset`) a value inside a YAML file.
 * Throws `E_TEMPLATE_SYNTAX` with the exact range in the file.
 */
export function parseTemplate(source: SourceFile, syntax: Syntax = {}): Template {
  const located = new Located(source, syntax);
  const header = syntax.allowHeader === false ? { overrides: {}, bodyStart: 0 } : readHeader(located);
  const delimiters = { ...ansibleDelimiters, ...pick(syntax), ...header.overrides };
  const options = { ...delimiters, literalBackslashes: syntax.literalBackslashes ?? false };
  const parser = new Parser(new TokenStream(located, tokenizeTemplate(located, header.bodyStart, options)));
  const body = parser.body([]);
  return new Template(body, located, delimiters, parser.blocks);
}

function pick(syntax: Syntax): Partial<typeof ansibleDelimiters> {
  const own = Object.entries(syntax).filter(([key, value]) => key in ansibleDelimiters && value !== undefined);
  return Object.fromEntries(own);
}

const STATEMENTS = [
  "if",
  "for",
  "set",
  "with",
  "macro",
  "call",
  "filter",
  "block",
  "extends",
  "include",
  "import",
  "from",
  "do",
  "break",
  "continue",
  "autoescape",
  "print",
  "raw",
];

class Parser {
  readonly blocks = new Map<string, Extract<StatementNode, { kind: "block" }>>();
  readonly #stream: TokenStream;
  readonly #open: { readonly tag: string; readonly start: number; readonly end: number }[] = [];

  constructor(stream: TokenStream) {
    this.#stream = stream;
  }

  /** Statements up to a tag with one of these names (which is left unread), or to the end of the template. */
  body(until: readonly string[]): StatementNode[] {
    const stream = this.#stream;
    const nodes: StatementNode[] = [];
    for (;;) {
      const token = stream.current;
      const { start, end } = token;
      if (token.kind === "end") {
        if (until.length === 0) return nodes;
        throw this.#unclosed(until);
      }
      stream.advance();
      if (token.kind === "text") {
        const last = nodes.at(-1);
        if (last?.kind === "text") nodes.splice(-1, 1, { ...last, text: last.text + token.text, end });
        else nodes.push({ kind: "text", text: token.text, start, end });
      } else if (token.kind === "variable-start") {
        if (stream.is("variable-end"))
          throw stream.error("expected an expression between `{{` and `}}`", { start, end: stream.current.end });
        const value = parseTuple(stream);
        stream.expect("variable-end", "the end of the tag");
        nodes.push({ kind: "output", value, start, end: stream.previousEnd });
      } else {
        if (stream.isWord(...until)) return nodes;
        nodes.push(...stream.nested(() => this.#statement(start)));
      }
      if (nodes.length > MAX_CHAIN * 100) throw stream.error("this template has too many parts", token);
    }
  }

  #statement(start: number): StatementNode[] {
    const stream = this.#stream;
    const tag = stream.expect("name", "the name of a statement");
    this.#open.push({ tag: tag.text, start: tag.start, end: tag.end });
    const made = this.#parse(tag.text, start);
    if (made === undefined) {
      this.#open.pop();
      throw this.#unknownTag(tag.text, tag);
    }
    this.#open.pop();
    stream.expect("block-end", "the end of the tag");
    const nodes = Array.isArray(made) ? made : [made];
    return nodes.map((node) => ({ ...node, end: stream.previousEnd }));
  }

  #parse(tag: string, start: number): StatementNode | StatementNode[] | undefined {
    switch (tag) {
      case "if":
        return this.#if(start);
      case "for":
        return this.#for(start);
      case "set":
        return this.#set(start);
      case "with":
        return this.#with(start);
      case "macro":
        return this.#macro(start);
      case "call":
        return this.#call(start);
      case "filter":
        return this.#filter(start);
      case "block":
        return this.#block(start);
      case "extends":
        return { kind: "extends", template: parseConditional(this.#stream), start, end: start };
      case "include":
        return this.#include(start);
      case "import":
        return this.#import(start);
      case "from":
        return this.#from(start);
      case "do":
        return { kind: "do", value: parseTuple(this.#stream), start, end: start };
      case "break":
      case "continue":
        if (!this.#open.some((open) => open.tag === "for")) {
          throw this.#stream.error(`\`${tag}\` stands outside of a loop`, this.#open.at(-1) ?? { start, end: start });
        }
        return { kind: tag, start, end: start };
      case "autoescape":
        parseConditional(this.#stream);
        return { kind: "scope", body: this.#closed("endautoescape"), start, end: start };
      case "print":
        return this.#print(start);
      default:
        return undefined;
    }
  }

  /** The body of a statement, from the end of its opening tag to its closing tag's name. */
  #closed(...ends: readonly string[]): StatementNode[] {
    this.#stream.skipOperator(":");
    this.#stream.expect("block-end", "the end of the tag");
    const body = this.body(ends);
    if (ends.length === 1) this.#stream.advance();
    return body;
  }

  #if(start: number): StatementNode {
    const branches: { test: ExpressionNode; body: StatementNode[] }[] = [];
    for (;;) {
      const test = parseTuple(this.#stream, { conditional: false });
      branches.push({ test, body: this.#closed("elif", "else", "endif") });
      const word = this.#stream.advance().text;
      if (word === "elif") continue;
      const otherwise = word === "else" ? this.#closed("endif") : [];
      return { kind: "if", branches, otherwise, start, end: start };
    }
  }

  #for(start: number): StatementNode {
    const stream = this.#stream;
    const target = parseTarget(stream, { stop: ["in"] });
    stream.expectWord("in");
    const iterable = parseTuple(stream, { conditional: false, stop: ["recursive"] });
    const filter = stream.skipWord("if") ? parseConditional(stream) : undefined;
    const recursive = stream.skipWord("recursive");
    const body = this.#closed("endfor", "else");
    const otherwise = stream.advance().text === "else" ? this.#closed("endfor") : [];
    return { kind: "for", target, iterable, filter, recursive, body, otherwise, start, end: start };
  }

  #set(start: number): StatementNode {
    const stream = this.#stream;
    const target = parseTarget(stream, { namespace: true });
    if (stream.skipOperator("=")) return { kind: "set", target, value: parseTuple(stream), start, end: start };
    const filter = stream.isOperator("|") ? parseFilterChain(stream, blockText(start)) : undefined;
    return { kind: "set-block", target, filter, body: this.#closed("endset"), start, end: start };
  }

  #with(start: number): StatementNode {
    const stream = this.#stream;
    const bindings: [AssignTarget, ExpressionNode][] = [];
    while (!stream.is("block-end")) {
      if (bindings.length > 0) stream.expectOperator(",");
      const target = parseTarget(stream);
      stream.expectOperator("=");
      bindings.push([target, parseConditional(stream)]);
    }
    return { kind: "with", bindings, body: this.#closed("endwith"), start, end: start };
  }

  #macro(start: number): MacroNode {
    const { text: name } = this.#stream.expect("name", "the name of the macro");
    const parameters = this.#parameters();
    return { kind: "macro", name, parameters, body: this.#closed("endmacro"), start, end: start };
  }

  #parameters(): MacroParameter[] {
    const stream = this.#stream;
    const parameters: MacroParameter[] = [];
    stream.expectOperator("(");
    while (!stream.isOperator(")")) {
      if (parameters.length > 0) stream.expectOperator(",");
      const token = stream.expect("name", "the name of a parameter");
      const fallback = stream.skipOperator("=") ? parseConditional(stream) : undefined;
      if (!fallback && parameters.some((parameter) => parameter.fallback)) {
        throw stream.error(`parameter \`${token.text}\` needs a default: one before it has one`, token);
      }
      parameters.push({ name: token.text, fallback });
    }
    stream.expectOperator(")");
    return parameters;
  }

  #call(start: number): StatementNode {
    const stream = this.#stream;
    const parameters = stream.isOperator("(") ? this.#parameters() : [];
    const call = parseConditional(stream);
    if (call.kind !== "call")
      throw stream.error("expected the call of a macro", call, "for example `{% call dialog() %}`");
    const caller: MacroNode = {
      kind: "macro",
      name: "caller",
      parameters,
      body: this.#closed("endcall"),
      start,
      end: start,
    };
    return { kind: "call-block", call, caller, start, end: start };
  }

  #filter(start: number): StatementNode {
    const filter = parseFilterChain(this.#stream, blockText(start), true);
    return { kind: "filter-block", filter, body: this.#closed("endfilter"), start, end: start };
  }

  #block(start: number): StatementNode {
    const stream = this.#stream;
    const token = stream.expect("name", "the name of the block");
    const name = token.text;
    if (stream.isOperator("-"))
      throw stream.error("a block's name cannot contain `-`", stream.current, "use `_` instead");
    const scoped = stream.skipWord("scoped");
    const required = stream.skipWord("required");
    if (this.blocks.has(name)) throw stream.error(`block \`${name}\` is defined twice`, token);
    const body = this.#closed("endblock");
    if (required && body.some((node) => node.kind !== "text" || node.text.trim() !== "")) {
      throw stream.error(`required block \`${name}\` must be empty`, token);
    }
    stream.skipWord(name);
    const node = { kind: "block", name, scoped, required, body, start, end: start } as const;
    this.blocks.set(name, node);
    return node;
  }

  #include(start: number): StatementNode {
    const stream = this.#stream;
    const template = parseConditional(stream);
    const ignoreMissing = stream.isWord("ignore") && stream.next.text === "missing";
    if (ignoreMissing) {
      stream.advance();
      stream.advance();
    }
    return { kind: "include", template, ignoreMissing, withContext: this.#context(true), start, end: start };
  }

  #import(start: number): StatementNode {
    const template = parseConditional(this.#stream);
    this.#stream.expectWord("as");
    const { text: name } = this.#stream.expect("name", "a variable name");
    return { kind: "import", template, name, withContext: this.#context(false), start, end: start };
  }

  #from(start: number): StatementNode {
    const stream = this.#stream;
    const template = parseConditional(stream);
    stream.expectWord("import");
    const names: [string, string][] = [];
    while (!stream.is("block-end") && !this.#atContext()) {
      if (names.length > 0) {
        stream.expectOperator(",");
        if (stream.is("block-end") || this.#atContext()) break;
      }
      const token = stream.expect("name", "the name to import");
      if (token.text.startsWith("_")) throw stream.error("names that start with `_` cannot be imported", token);
      const alias = stream.skipWord("as") ? stream.expect("name", "a variable name").text : token.text;
      names.push([token.text, alias]);
    }
    if (names.length === 0) throw stream.unexpected("the name to import");
    return { kind: "from", template, names, withContext: this.#context(false), start, end: start };
  }

  #atContext(): boolean {
    return this.#stream.isWord("with", "without") && this.#stream.next.text === "context";
  }

  #context(fallback: boolean): boolean {
    if (!this.#atContext()) return fallback;
    const word = this.#stream.advance().text;
    this.#stream.advance();
    return word === "with";
  }

  #print(start: number): StatementNode[] {
    const stream = this.#stream;
    const nodes: StatementNode[] = [];
    do {
      const value = parseConditional(stream);
      nodes.push({ kind: "output", value, start, end: stream.previousEnd });
    } while (stream.skipOperator(","));
    return nodes;
  }

  #unclosed(until: readonly string[]): Error {
    const open = this.#open.at(-1) ?? { tag: "", start: 0, end: 0 };
    const ends = until.map((end) => `\`{% ${end} %}\``).join(" or ");
    return this.#stream.error(`\`${open.tag}\` is never closed: expected ${ends}`, open);
  }

  #unknownTag(tag: string, span: { readonly start: number; readonly end: number }): Error {
    const open = this.#open.at(-1);
    if (/^(?:end|else$|elif$)/.test(tag)) {
      const message = open
        ? `unexpected \`${tag}\`: \`${open.tag}\` is still open`
        : `unexpected \`${tag}\`: nothing is open`;
      return this.#stream.error(message, span, open && `close it with \`{% end${open.tag} %}\` first`);
    }
    return this.#stream.error(
      `unknown statement \`${tag}\``,
      span,
      /^else ?if$/.test(tag) ? "did you mean `elif`?" : didYouMean(tag, STATEMENTS),
    );
  }
}

function blockText(at: number): ExpressionNode {
  return { kind: "block-text", start: at, end: at };
}
