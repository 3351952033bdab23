import { secretForms } from "./secret-forms.ts";

/** What stands where a secret was. */
export const MASK = "********";

/**
 * Shorter values are not looked for: masking every `root` or `true` would destroy the output and tell the secret to
 * whoever counts the masks. docs/events.md says so.
 */
export const MIN_SECRET_LENGTH = 6;

/** Replaces known secrets by {@link MASK}, also where they were encoded on the way (see `secret-forms.ts`). */
export interface Redactor {
  /** From now on this value is hidden. Too short ones are ignored. */
  add(secret: string): void;
  text(text: string): string;
  /** A copy with every string in it redacted, keys too; the value itself when there is nothing to hide. */
  value<T>(value: T): T;
  /** For text that comes in pieces: holds back what may be the start of a secret until the next piece or the end. */
  stream(): RedactingStream;
}

export interface RedactingStream {
  push(piece: string): string;
  end(): string;
}

export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const index = new FormIndex();
  const known = new Set<string>();
  const add = (secret: string): void => {
    // Passwords are told again with every task that uses them.
    if (known.has(secret)) return;
    known.add(secret);
    for (const form of secretForms(secret, MIN_SECRET_LENGTH)) index.add(form);
  };
  for (const secret of secrets) add(secret);
  const text = (input: string): string => redact(input, index);
  return {
    add,
    text,
    value: (value) => (index.isEmpty ? value : (redactValue(value, text) as typeof value)),
    stream: () => createStream(index),
  };
}

/** Finds the longest known form at a place; a filter of three-unit hashes keeps the scan at a few nanoseconds a character. */
class FormIndex {
  readonly #filter = new Uint8Array(1 << 16);
  readonly #formsByHash = new Map<number, string[]>();
  readonly #known = new Set<string>();
  longest = 0;

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  add(form: string): void {
    if (this.#known.has(form)) return;
    this.#known.add(form);
    this.longest = Math.max(this.longest, form.length);
    const hash = hashAt(form, 0);
    this.#filter[hash] = 1;
    const forms = this.#formsByHash.get(hash) ?? [];
    forms.push(form);
    forms.sort((a, b) => b.length - a.length);
    this.#formsByHash.set(hash, forms);
  }

  /** Length of the longest form that starts at `at`, 0 for none. */
  matchAt(text: string, at: number): number {
    const hash = hashAt(text, at);
    if (this.#filter[hash] === 0) return 0;
    return this.#formsByHash.get(hash)?.find((form) => text.startsWith(form, at))?.length ?? 0;
  }

  /** Whether the rest of the text from `at` is the start of a longer form. */
  mayStartAt(text: string, at: number): boolean {
    const rest = text.slice(at);
    if (rest.length < 3) return [...this.#known].some((form) => form.startsWith(rest));
    return (
      this.#formsByHash.get(hashAt(text, at))?.some((form) => form.length > rest.length && form.startsWith(rest)) ??
      false
    );
  }
}

function hashAt(text: string, at: number): number {
  return ((text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) * 31 + text.charCodeAt(at + 2)) & 0xffff;
}

function redact(text: string, index: FormIndex): string {
  if (index.isEmpty) return text;
  let out = "";
  let plainFrom = 0;
  for (let at = 0; at + 2 < text.length; ) {
    const length = index.matchAt(text, at);
    if (length === 0) {
      at++;
      continue;
    }
    out += text.slice(plainFrom, at) + MASK;
    at += length;
    plainFrom = at;
  }
  return plainFrom === 0 ? text : out + text.slice(plainFrom);
}

function redactValue(value: unknown, text: (input: string) => string): unknown {
  if (typeof value === "string") return text(value);
  if (typeof value === "number") {
    const digits = String(value);
    const redacted = text(digits);
    return redacted === digits ? value : redacted;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item, text));
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) {
    return redactOpaque(value, text);
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [text(key), redactValue(member, text)]));
}

/** Wrapped values (unsafe text, floats) stay what they are unless they say a secret. */
function redactOpaque(value: object, text: (input: string) => string): unknown {
  if (!("toJSON" in value) || typeof value.toJSON !== "function") return value;
  const plain: unknown = value.toJSON();
  const redacted = redactValue(plain, text);
  return redacted === plain ? value : redacted;
}

function createStream(index: FormIndex): RedactingStream {
  let held = "";
  return {
    push(piece) {
      const redacted = redactHeld(held + piece, index);
      held = redacted.held;
      return redacted.out;
    },
    end() {
      const rest = redact(held, index);
      held = "";
      return rest;
    },
  };
}

function redactHeld(text: string, index: FormIndex): { out: string; held: string } {
  let out = "";
  for (let at = 0; at < text.length; ) {
    if (text.length - at < index.longest && index.mayStartAt(text, at)) return { out, held: text.slice(at) };
    const length = index.matchAt(text, at);
    out += length === 0 ? text[at] : MASK;
    at += length || 1;
  }
  return { out, held: "" };
}
