import { messageOf } from "../lib/errors.ts";
import { templateError } from "./template-error.ts";

export interface PythonRegex {
  /** Without the global flag. */
  readonly regex: RegExp;
  readonly groupNames: ReadonlyMap<string, number>;
  readonly groupCount: number;
}

export interface RegexFlags {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
}

const cache = new Map<string, PythonRegex>();
const MAX_CACHED = 500;

/** Translates Python's regular expression syntax to JavaScript's. `flags` are JavaScript's (`i`, `m`, `s`). */
export function translateRegex(pattern: string, flags: string): PythonRegex {
  const key = `${flags}/${pattern}`;
  let made = cache.get(key);
  if (!made) {
    made = new Translator(pattern, flags).translate();
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(key, made);
  }
  return made;
}

export function flagsOf({ ignoreCase, multiline }: RegexFlags): string {
  return `${ignoreCase ? "i" : ""}${multiline ? "m" : ""}`;
}

class Translator {
  readonly #pattern: string;
  readonly #flags: Set<string>;
  readonly #names = new Map<string, number>();
  #out = "";
  #groups = 0;
  #at = 0;
  #verbose = false;

  constructor(pattern: string, flags: string) {
    this.#pattern = pattern;
    this.#flags = new Set(flags);
  }

  translate(): PythonRegex {
    this.#leadingFlags();
    while (this.#at < this.#pattern.length) this.#one();
    const flags = ["u", ...this.#flags].join("");
    try {
      return { regex: new RegExp(this.#out, flags), groupNames: this.#names, groupCount: this.#groups };
    } catch (error) {
      const reason = messageOf(error).replace(/^Invalid regular expression: (?:\/.*\/[a-z]*: )?/s, "");
      throw templateError(`invalid regular expression \`${this.#pattern}\`: ${reason}`);
    }
  }

  /** `(?i)` and the like at the start count for the whole pattern. */
  #leadingFlags(): void {
    for (;;) {
      const match = /^\(\?([aiLmsux]+)\)/.exec(this.#pattern.slice(this.#at));
      if (!match) return;
      for (const flag of match[1] as string) {
        if (flag === "x") this.#verbose = true;
        else if ("ims".includes(flag)) this.#flags.add(flag);
      }
      this.#at += match[0].length;
    }
  }

  #one(): void {
    const c = this.#pattern[this.#at] as string;
    if (c === "\\") return this.#escape(false);
    if (c === "[") return this.#set();
    if (c === "(") return this.#group();
    if (c === "{") return this.#brace();
    if (c === "$" && !this.#flags.has("m")) {
      // Python's `$` also matches before a final line break.
      return this.#take(1, "(?=\\n?(?![\\s\\S]))");
    }
    if (c === "}" || c === "]") return this.#take(1, `\\${c}`);
    if (this.#verbose && /\s/.test(c)) return this.#take(1, "");
    if (this.#verbose && c === "#") {
      const end = this.#pattern.indexOf("\n", this.#at);
      return this.#take((end === -1 ? this.#pattern.length : end) - this.#at, "");
    }
    if ("*+?".includes(c) && this.#pattern[this.#at + 1] === "+") {
      throw templateError(`possessive quantifiers (\`${c}+\`) are not supported in a regular expression`);
    }
    const point = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number);
    this.#take(point.length, point);
  }

  #take(length: number, text: string): void {
    this.#out += text;
    this.#at += length;
  }

  #escape(inSet: boolean): void {
    const c = this.#pattern[this.#at + 1];
    if (c === undefined) throw templateError(`regular expression \`${this.#pattern}\` ends with a lone backslash`);
    if (!inSet && c === "A") return this.#take(2, "(?<![\\s\\S])");
    if (!inSet && c === "Z") return this.#take(2, "(?![\\s\\S])");
    if (c === "a") return this.#take(2, "\\x07");
    if (c === "w") return this.#take(2, inSet ? "\\p{L}\\p{N}_" : "[\\p{L}\\p{N}_]");
    if (c === "W" && !inSet) return this.#take(2, "[^\\p{L}\\p{N}_]");
    if (c === "d") return this.#take(2, "\\p{Nd}");
    if (c === "D") return this.#take(2, "\\P{Nd}");
    if (!inSet && c === "b")
      return this.#take(2, "(?:(?<![\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_])|(?<=[\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_]))");
    if (!inSet && c === "B")
      return this.#take(2, "(?:(?<![\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_])|(?<=[\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_]))");
    if (c === "U" && /^[\da-fA-F]{8}$/.test(this.#pattern.slice(this.#at + 2, this.#at + 10))) {
      return this.#take(10, `\\u{${this.#pattern.slice(this.#at + 2, this.#at + 10)}}`);
    }
    const octal = /^(?:0[0-7]{0,2}|[1-3][0-7]{2})/.exec(this.#pattern.slice(this.#at + 1));
    if (octal)
      return this.#take(1 + octal[0].length, `\\x${Number.parseInt(octal[0], 8).toString(16).padStart(2, "0")}`);
    if (/[nrtfvsSWxubdpP\d^$\\.*+?()[\]{}|/]/.test(c)) return this.#take(2, `\\${c}`);
    if (inSet && c === "-") return this.#take(2, "\\-");
    if (/[A-Za-z]/.test(c))
      throw templateError(`unknown escape \`\\${c}\` in the regular expression \`${this.#pattern}\``);
    return this.#take(2, /[-]/.test(c) && !inSet ? "-" : c);
  }

  #set(): void {
    const start = this.#at;
    this.#take(1, "[");
    if (this.#pattern[this.#at] === "^") this.#take(1, "^");
    if (this.#pattern[this.#at] === "]") this.#take(1, "\\]");
    while (this.#pattern[this.#at] !== "]") {
      const c = this.#pattern[this.#at];
      if (c === undefined)
        throw templateError(`\`[\` at ${start + 1} of the regular expression \`${this.#pattern}\` is never closed`);
      if (c === "\\") this.#escape(true);
      else if (c === "[") this.#take(1, "\\[");
      else if (c === "-" && this.#isLiteralDash()) this.#take(1, "\\-");
      else {
        const point = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number);
        this.#take(point.length, point);
      }
    }
    this.#take(1, "]");
  }

  /** A dash beside a class such as `\w` or at an edge of the set stands for itself. */
  #isLiteralDash(): boolean {
    const [before, after] = [
      this.#pattern.slice(this.#at - 2, this.#at),
      this.#pattern.slice(this.#at + 1, this.#at + 3),
    ];
    return (
      /\\[wWdDsS]$/.test(before) ||
      /^\\[wWdDsS]/.test(after) ||
      after.startsWith("]") ||
      /(?:^|[^\\])\[\^?$/.test(before)
    );
  }

  #group(): void {
    const rest = this.#pattern.slice(this.#at);
    const named = /^\(\?P<([A-Za-z_]\w*)>/.exec(rest);
    if (named) {
      this.#names.set(named[1] as string, ++this.#groups);
      return this.#take(named[0].length, "(");
    }
    const reference = /^\(\?P=([A-Za-z_]\w*)\)/.exec(rest);
    if (reference) {
      const group = this.#names.get(reference[1] as string);
      if (group === undefined) throw templateError(`unknown group \`${reference[1] ?? ""}\` in the regular expression`);
      return this.#take(reference[0].length, `(?:\\${group})`);
    }
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment) return this.#take(comment[0].length, "");
    const special = /^\(\?(?::|=|!|<=|<!)/.exec(rest);
    if (special) return this.#take(special[0].length, special[0]);
    if (/^\(\?[aimsuxL-]+[:)]/.test(rest)) return this.#inlineFlags(rest);
    if (rest.startsWith("(?")) throw templateError(`\`${rest.slice(0, 4)}\` is not supported in a regular expression`);
    this.#groups++;
    return this.#take(1, "(");
  }

  /** `(?i:…)` in the middle: JavaScript of Node 20 has no local flags, so they count for the whole pattern. */
  #inlineFlags(rest: string): void {
    const [whole, on = ""] = /^\(\?([aimsuxL]*)(?:-[imsx]+)?[:)]/.exec(rest) ?? [rest.slice(0, 3)];
    for (const flag of on) if ("ims".includes(flag)) this.#flags.add(flag);
    this.#take(whole.length, whole.endsWith(")") ? "" : "(?:");
  }

  /** `{` that starts no quantifier stands for itself; `{,3}` means `{0,3}`. */
  #brace(): void {
    const quantifier = /^\{(\d*)(,?)(\d*)\}/.exec(this.#pattern.slice(this.#at));
    if (!quantifier || (quantifier[1] === "" && quantifier[3] === "")) return this.#take(1, "\\{");
    const [whole, low, comma, high] = quantifier as unknown as [string, string, string, string];
    this.#take(whole.length, `{${low || "0"}${comma}${high}}`);
  }
}

/** Expands a Python replacement (`\1`, `\g<1>`, `\g<name>`, `\n`) for one match. */
export function expandReplacement(
  template: string,
  match: readonly (string | undefined)[],
  names: ReadonlyMap<string, number>,
): string {
  if (!template.includes("\\")) return template;
  const group = (index: number): string => {
    if (index >= match.length)
      throw templateError(`the replacement refers to group ${index}, which the pattern does not have`);
    return match[index] ?? "";
  };
  return template.replace(
    /\\(?:g<(\w+)>|([1-9]\d?)|(0[0-7]{0,2})|([\s\S]))/g,
    (whole, name?: string, index?: string, octal?: string, other?: string) => {
      if (index !== undefined) return group(Number(index));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (name !== undefined) {
        const number = /^\d+$/.test(name) ? Number(name) : names.get(name);
        if (number === undefined) throw templateError(`the replacement refers to the unknown group \`${name}\``);
        return group(number);
      }
      const escapes: Readonly<Record<string, string>> = {
        n: "\n",
        t: "\t",
        r: "\r",
        f: "\f",
        v: "\v",
        a: "\x07",
        b: "\b",
        "\\": "\\",
      };
      if (other !== undefined && Object.hasOwn(escapes, other)) return escapes[other] as string;
      if (other !== undefined && /[A-Za-z]/.test(other))
        throw templateError(`unknown escape \`${whole}\` in the replacement`);
      return whole;
    },
  );
}
