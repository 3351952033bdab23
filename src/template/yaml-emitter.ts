import { characters } from "./values.ts";
import { analyzeScalar, type ScalarAnalysis } from "./yaml-scalar.ts";

export type YamlScalarStyle = "'" | '"' | "|" | ">";

export type YamlNode =
  | {
      readonly kind: "scalar";
      readonly text: string;
      readonly tag: string;
      /** Reads back as the same type without quotes. */
      readonly plain: boolean;
      /** Reads back as the same type with quotes. */
      readonly quoted: boolean;
      readonly style?: YamlScalarStyle | undefined;
    }
  | { readonly kind: "sequence"; readonly items: readonly YamlNode[]; readonly flow: boolean }
  | { readonly kind: "mapping"; readonly pairs: readonly (readonly [YamlNode, YamlNode])[]; readonly flow: boolean };

type Scalar = Extract<YamlNode, { kind: "scalar" }>;
type Place = "root" | "sequence" | "mapping" | "key";

const BREAKS = "\n\x85\u2028\u2029";

/**
 * Writes nodes as libyaml 0.2.5 does (`emitter.c`), which PyYAML uses where it can: line folding and quoting included. It differs from
 * PyYAML's own emitter in small things, such as where double-quoted text is folded.
 */
export class YamlEmitter {
  readonly #out: string[] = [];
  readonly #bestIndent: number;
  readonly #bestWidth: number;
  #indent = -1;
  #column = 0;
  #flowLevel = 0;
  #whitespace = true;
  #indention = true;
  #openEnded = false;

  constructor(indent = 2, width = 80) {
    this.#bestIndent = indent > 1 && indent < 10 ? indent : 2;
    this.#bestWidth = width > this.#bestIndent * 2 ? width : 80;
  }

  document(node: YamlNode, explicitStart: boolean, explicitEnd: boolean): string {
    if (explicitStart) {
      this.#writeIndent();
      this.#indicator("---", true);
    }
    this.#node(node, "root");
    this.#writeIndent();
    if (explicitEnd || this.#openEnded) {
      this.#indicator("...", true);
      this.#writeIndent();
    }
    return this.#out.join("");
  }

  #node(node: YamlNode, place: Place): void {
    if (node.kind === "scalar") {
      this.#nested(true, false, () => this.#scalar(node, place));
    } else if (node.kind === "sequence") {
      if (this.#flowLevel > 0 || node.flow || node.items.length === 0) this.#flowSequence(node.items);
      else this.#blockSequence(node.items, place);
    } else if (this.#flowLevel > 0 || node.flow || node.pairs.length === 0) this.#flowMapping(node.pairs);
    else this.#blockMapping(node.pairs);
  }

  #nested(flow: boolean, indentless: boolean, write: () => void): void {
    const outer = this.#indent;
    if (outer < 0) this.#indent = flow ? this.#bestIndent : 0;
    else if (!indentless) this.#indent += this.#bestIndent;
    write();
    this.#indent = outer;
  }

  #flowSequence(items: readonly YamlNode[]): void {
    this.#flow("[", "]", items, (item) => this.#node(item, "sequence"));
  }

  #flowMapping(pairs: readonly (readonly [YamlNode, YamlNode])[]): void {
    this.#flow("{", "}", pairs, ([key, value]) => {
      if (this.#isSimpleKey(key)) {
        this.#node(key, "key");
        this.#indicator(":", false);
      } else {
        this.#indicator("?", true);
        this.#node(key, "mapping");
        if (this.#column > this.#bestWidth) this.#writeIndent();
        this.#indicator(":", true);
      }
      this.#node(value, "mapping");
    });
  }

  #flow<T>(open: string, close: string, items: readonly T[], write: (item: T) => void): void {
    this.#indicator(open, true, true);
    this.#flowLevel++;
    this.#nested(true, false, () => {
      items.forEach((item, index) => {
        if (index > 0) this.#indicator(",", false);
        if (this.#column > this.#bestWidth) this.#writeIndent();
        write(item);
      });
    });
    this.#flowLevel--;
    this.#indicator(close, false);
  }

  #blockSequence(items: readonly YamlNode[], place: Place): void {
    this.#nested(false, place === "mapping" && !this.#indention, () => {
      for (const item of items) {
        this.#writeIndent();
        this.#indicator("-", true, false, true);
        this.#node(item, "sequence");
      }
    });
  }

  #blockMapping(pairs: readonly (readonly [YamlNode, YamlNode])[]): void {
    this.#nested(false, false, () => {
      for (const [key, value] of pairs) {
        this.#writeIndent();
        if (this.#isSimpleKey(key)) {
          this.#node(key, "key");
          this.#indicator(":", false);
        } else {
          this.#indicator("?", true, false, true);
          this.#node(key, "mapping");
          this.#writeIndent();
          this.#indicator(":", true, false, true);
        }
        this.#node(value, "mapping");
      }
    });
  }

  #isSimpleKey(node: YamlNode): boolean {
    if (node.kind === "sequence") return node.items.length === 0;
    if (node.kind === "mapping") return node.pairs.length === 0;
    return Buffer.byteLength(node.text) <= 128 && !analyzeScalar(node.text).multiline;
  }

  #scalar(node: Scalar, place: Place): void {
    const analysis = analyzeScalar(node.text);
    const isKey = place === "key";
    const style = this.#chooseStyle(node, analysis, isKey);
    const tagged = style === "" ? node.plain : node.quoted;
    if (!tagged) this.#indicator(`!!${node.tag}`, true);
    const text = characters(node.text);
    if (style === '"') this.#doubleQuoted(text, !isKey);
    else if (style === "'") this.#singleQuoted(text, !isKey);
    else if (style === "|") this.#literal(text);
    else if (style === ">") this.#folded(text);
    else this.#plain(text, !isKey);
  }

  #chooseStyle(node: Scalar, analysis: ScalarAnalysis, isKey: boolean): YamlScalarStyle | "" {
    if (node.style === '"') return '"';
    if (node.style === undefined && node.plain && !(isKey && (analysis.empty || analysis.multiline))) {
      if (this.#flowLevel > 0 ? analysis.allowFlowPlain : analysis.allowBlockPlain) return "";
    }
    if ((node.style === "|" || node.style === ">") && this.#flowLevel === 0 && !isKey && analysis.allowBlock)
      return node.style;
    const single = node.style === undefined || node.style === "'";
    if (single && analysis.allowSingleQuoted && !(isKey && analysis.multiline)) return "'";
    return '"';
  }

  #write(text: string): void {
    this.#out.push(text);
  }

  #put(parts: readonly string[]): void {
    this.#column += parts.length;
    this.#write(parts.join(""));
  }

  #indicator(text: string, needWhitespace: boolean, whitespace = false, indention = false): void {
    const data = this.#whitespace || !needWhitespace ? text : ` ${text}`;
    this.#whitespace = whitespace;
    this.#indention = this.#indention && indention;
    this.#column += data.length;
    this.#openEnded = false;
    this.#write(data);
  }

  #writeIndent(): void {
    const indent = Math.max(0, this.#indent);
    if (!this.#indention || this.#column > indent || (this.#column === indent && !this.#whitespace)) this.#lineBreak();
    if (this.#column < indent) {
      this.#whitespace = true;
      this.#write(" ".repeat(indent - this.#column));
      this.#column = indent;
    }
  }

  #lineBreak(text = "\n"): void {
    this.#whitespace = true;
    this.#indention = true;
    this.#column = 0;
    this.#write(text);
  }

  #breaks(text: readonly string[]): void {
    for (const c of text) this.#lineBreak(c);
  }

  #singleQuoted(text: readonly string[], split: boolean): void {
    this.#indicator("'", true);
    let spaces = false;
    let breaks = false;
    let start = 0;
    for (let end = 0; end <= text.length; end++) {
      const c = text[end];
      if (spaces) {
        if (c !== " ") {
          if (start + 1 === end && this.#column > this.#bestWidth && split && start !== 0 && end !== text.length)
            this.#writeIndent();
          else this.#put(text.slice(start, end));
          start = end;
        }
      } else if (breaks) {
        if (c === undefined || !BREAKS.includes(c)) {
          if (text[start] === "\n") this.#lineBreak();
          this.#breaks(text.slice(start, end));
          this.#writeIndent();
          start = end;
        }
      } else if (c === undefined || c === " " || c === "'" || BREAKS.includes(c)) {
        if (start < end) {
          this.#put(text.slice(start, end));
          start = end;
        }
      }
      if (c === "'") {
        this.#put(["'", "'"]);
        start = end + 1;
      }
      if (c !== undefined) {
        spaces = c === " ";
        breaks = BREAKS.includes(c);
      }
    }
    this.#indicator("'", false);
  }

  #doubleQuoted(text: readonly string[], split: boolean): void {
    this.#indicator('"', true);
    let spaces = false;
    text.forEach((c, at) => {
      if (!isDirect(c)) {
        const escaped = escapeCharacter(c);
        this.#column += escaped.length;
        this.#write(escaped);
        spaces = false;
      } else if (c === " ") {
        const inside = at > 0 && at < text.length - 1;
        if (split && !spaces && this.#column > this.#bestWidth && inside) {
          this.#writeIndent();
          if (text[at + 1] === " ") this.#put(["\\"]);
        } else this.#put([c]);
        spaces = true;
      } else {
        this.#put([c]);
        spaces = false;
      }
    });
    this.#indicator('"', false);
  }

  #blockHints(text: readonly string[]): string {
    const first = text[0] ?? "";
    const last = text.at(-1) ?? "";
    let hints = first !== "" && ` ${BREAKS}`.includes(first) ? String(this.#bestIndent) : "";
    if (last === "" || !BREAKS.includes(last)) hints += "-";
    else if (text.length === 1 || BREAKS.includes(text.at(-2) as string)) hints += "+";
    return hints;
  }

  #literal(text: readonly string[]): void {
    const hints = this.#blockHints(text);
    this.#indicator(`|${hints}`, true);
    if (hints.endsWith("+")) this.#openEnded = true;
    this.#lineBreak();
    let breaks = true;
    let start = 0;
    for (let end = 0; end <= text.length; end++) {
      const c = text[end];
      const isBreak = c !== undefined && BREAKS.includes(c);
      if (breaks) {
        if (!isBreak) {
          this.#breaks(text.slice(start, end));
          if (c !== undefined) this.#writeIndent();
          start = end;
        }
      } else if (c === undefined || isBreak) {
        this.#write(text.slice(start, end).join(""));
        if (c === undefined) this.#lineBreak();
        start = end;
      }
      if (c !== undefined) breaks = isBreak;
    }
  }

  #folded(text: readonly string[]): void {
    const hints = this.#blockHints(text);
    this.#indicator(`>${hints}`, true);
    if (hints.endsWith("+")) this.#openEnded = true;
    this.#lineBreak();
    let leadingSpace = true;
    let spaces = false;
    let breaks = true;
    let start = 0;
    for (let end = 0; end <= text.length; end++) {
      const c = text[end];
      const isBreak = c !== undefined && BREAKS.includes(c);
      if (breaks) {
        if (!isBreak) {
          if (!leadingSpace && c !== undefined && c !== " " && text[start] === "\n") this.#lineBreak();
          leadingSpace = c === " ";
          this.#breaks(text.slice(start, end));
          if (c !== undefined) this.#writeIndent();
          start = end;
        }
      } else if (spaces) {
        if (c !== " ") {
          if (start + 1 === end && this.#column > this.#bestWidth) this.#writeIndent();
          else this.#put(text.slice(start, end));
          start = end;
        }
      } else if (c === undefined || c === " " || isBreak) {
        this.#put(text.slice(start, end));
        if (c === undefined) this.#lineBreak();
        start = end;
      }
      if (c !== undefined) {
        breaks = isBreak;
        spaces = c === " ";
      }
    }
  }

  #plain(text: readonly string[], split: boolean): void {
    if (text.length === 0) return;
    if (!this.#whitespace) this.#put([" "]);
    this.#whitespace = false;
    this.#indention = false;
    let spaces = false;
    let start = 0;
    for (let end = 0; end <= text.length; end++) {
      const c = text[end];
      if (spaces) {
        if (c !== " ") {
          if (start + 1 === end && this.#column > this.#bestWidth && split) {
            this.#writeIndent();
            this.#whitespace = false;
            this.#indention = false;
          } else this.#put(text.slice(start, end));
          start = end;
        }
      } else if (c === undefined || c === " ") {
        this.#put(text.slice(start, end));
        start = end;
      }
      if (c !== undefined) spaces = c === " ";
    }
  }
}

function isDirect(c: string): boolean {
  if ('"\\\x85\u2028\u2029\ufeff'.includes(c)) return false;
  return (
    (c >= " " && c <= "~") ||
    (c >= "\xa0" && c <= "\ud7ff" && c.length === 1) ||
    (c >= "\ue000" && c <= "\ufffd" && c.length === 1)
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "0",
  "\x07": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\x1b": "e",
  '"': '"',
  "\\": "\\",
  "\x85": "N",
  "\xa0": "_",
  "\u2028": "L",
  "\u2029": "P",
};

function escapeCharacter(c: string): string {
  const short = Object.hasOwn(ESCAPES, c) ? ESCAPES[c] : undefined;
  if (short !== undefined) return `\\${short}`;
  const code = (c.codePointAt(0) as number).toString(16).toUpperCase();
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
}
