import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import { needsOriginalKeys, originalKeys, setOriginalKeys } from "../lib/key-order.ts";
import type { Scope, TemplateWarning } from "../template/environment.ts";
import { repr } from "../template/python-repr.ts";
import { isTruthy } from "../template/truth.ts";
import { requireDefined, Undefined } from "../template/undefined.ts";
import { isDict, Omit } from "../template/values.ts";
import { rangeInValue, rangeOfKey } from "../yaml/positions.ts";
import { UnsafeText } from "../yaml/unsafe-text.ts";
import { VaultText } from "../yaml/vault-text.ts";
import type { VarsLayer } from "./layer.ts";
import { isMapping, mergeWritten } from "./merge-written.ts";
import type { ConditionResult, Templater, TextOrigin } from "./templater.ts";

/** Opens `!vault` values; throws when no password fits. */
export type Decrypt = (text: VaultText) => string;

/** The error for a variable that needs itself; `chain`: from the first use to the repeated name. */
export function recursiveVariable(chain: readonly string[], at: SourceRange | undefined): TsrunError {
  return new TsrunError({
    code: "E_RECURSIVE_VARIABLE",
    message: `variable \`${chain.at(-1)}\` needs its own value: ${chain.map((part) => `\`${part}\``).join(" → ")}`,
    at,
    hint: chain.length > 2 ? "give one of them a value of its own" : "give the inner variable another name",
  });
}

/**
 * The variables that one task sees on one host: layers from strong to weak. Nothing is evaluated before it is asked for, and a value
 * that is no trusted text is never parsed as a template.
 */
export class VarScope implements Scope {
  readonly #layers: readonly VarsLayer[];
  readonly #templater: Templater;
  readonly #decrypt: Decrypt;
  readonly #values = new Map<string, unknown>();
  readonly #containers = new WeakMap<object, unknown>();
  readonly #resolving = new Set<string>();
  readonly #merged = new Map<string, VarsLayer>();

  constructor(layers: readonly VarsLayer[], templater: Templater, decrypt: Decrypt) {
    this.#layers = layers;
    this.#templater = templater;
    this.#decrypt = decrypt;
  }

  /** The same variables with stronger ones on top (a loop's item, a task's `vars`). */
  with(...stronger: readonly VarsLayer[]): VarScope {
    return new VarScope([...stronger, ...this.#layers], this.#templater, this.#decrypt);
  }

  /** Every layer that sets a name, strongest first. */
  layersOf(name: string): readonly VarsLayer[] {
    return this.#layers.filter((layer) => Object.hasOwn(layer.values, name));
  }

  has(name: string): boolean {
    return this.#layers.some((layer) => Object.hasOwn(layer.values, name));
  }

  /** Every name that is set, each once. */
  names(): Iterable<string> {
    return new Set(this.#layers.flatMap((layer) => Object.keys(layer.values)));
  }

  /** A variable's value, or an `Undefined` that knows its name. */
  get(name: string): unknown {
    if (this.#values.has(name)) return this.#values.get(name);
    const layer = this.#layerOf(name);
    if (!layer) return new Undefined({ path: name });
    if (!layer.trusted) return layer.values[name];
    if (this.#resolving.has(name)) {
      throw recursiveVariable([...this.#resolving, name], rangeOfKey(layer.values, name));
    }
    this.#resolving.add(name);
    try {
      const value = this.evaluateMember(layer.values, name);
      this.#values.set(name, value);
      return value;
    } finally {
      this.#resolving.delete(name);
    }
  }

  /** Says what is suspicious but may be meant. */
  warn(warning: TemplateWarning): void {
    this.#templater.environment.warn?.(warning);
  }

  /** What the project's authors wrote for a variable, not evaluated; undefined when its value is data. */
  written(name: string): unknown {
    const layer = this.#layerOf(name);
    return layer?.trusted ? layer.values[name] : undefined;
  }

  /** Value of one member of an object or list that the project's authors wrote; nested templates stay lazy. */
  evaluateMember(container: object, key: string | number): unknown {
    const raw = (container as Record<string | number, unknown>)[key];
    if (typeof raw === "string") return this.#templater.evaluateText(raw, this, originOf(container, key));
    return this.#evaluate(raw);
  }

  /** Value of a text that has no place in a file. */
  evaluateText(text: string): unknown {
    return this.#templater.evaluateText(text, this);
  }

  /** Value of an expression without braces. */
  evaluateExpression(text: string): unknown {
    return this.#templater.evaluateExpression(text, this);
  }

  /** Truth of a condition that stands in a file. Text that is not the project's own (`!unsafe`, vault) is no condition. */
  condition(container: object, key: string | number): ConditionResult {
    const raw = (container as Record<string | number, unknown>)[key];
    if (typeof raw === "string") return this.#templater.evaluateCondition(raw, this, originOf(container, key));
    return { value: isTruthy(this.#evaluate(raw)) };
  }

  /** Truth of a condition that was handed on as a text; `origin`: where it stands, if that is known. */
  conditionText(text: string, origin?: TextOrigin): ConditionResult {
    return this.#templater.evaluateCondition(text, this, origin);
  }

  /** A condition and the values it sees: "`a == b` (a is 1, b is 1)". */
  describeCondition(container: object, key: string | number): string {
    const raw = (container as Record<string | number, unknown>)[key];
    return typeof raw === "string" ? this.#templater.describeCondition(raw, this) : `\`${repr(raw)}\``;
  }

  /** The list that a lookup gives for some terms, as `with_<name>` loops over it. */
  query(name: string, terms: readonly unknown[]): readonly unknown[] {
    return this.#templater.query(name, terms, this);
  }

  /** Whether what the project's authors wrote is the same for every host: no template, vault text or unsafe text in it. */
  isConstant(written: unknown): boolean {
    if (typeof written === "string") return !this.#templater.isTemplate(written);
    return !isEvaluated(written) || !needsEvaluation(written as object, this.#templater);
  }

  /** The layer that decides about a name; under `hash_behaviour: merge` one that several mappings were merged into. */
  #layerOf(name: string): VarsLayer | undefined {
    if (!this.#templater.mergesMappings) return this.#layers.find((layer) => Object.hasOwn(layer.values, name));
    const known = this.#merged.get(name);
    if (known) return known;
    const [strongest, ...weaker] = this.layersOf(name);
    if (!strongest || !isMapping(strongest.values[name])) return strongest;
    // Data that came from a host and what the project wrote do not mix: one of the two would be taken for the other.
    const alike = weaker.filter(({ trusted }) => trusted === strongest.trusted);
    let value: unknown = strongest.values[name];
    for (const layer of alike) value = mergeWritten(layer.values[name], value);
    const merged = { ...strongest, values: { [name]: value } };
    this.#merged.set(name, merged);
    return merged;
  }

  #evaluate(raw: unknown): unknown {
    if (raw instanceof UnsafeText) return raw.value;
    if (raw instanceof VaultText) return this.#decrypt(raw);
    if (typeof raw !== "object" || raw === null || !needsEvaluation(raw, this.#templater)) return raw;
    const known = this.#containers.get(raw);
    if (known !== undefined) return known;
    const lazy = this.#lazyCopy(raw);
    this.#containers.set(raw, lazy);
    return lazy;
  }

  /** A copy whose members are evaluated when they are first read. */
  #lazyCopy(raw: object): object {
    const copy: object = Array.isArray(raw) ? [] : {};
    // Keys may be templates too; Ansible evaluates those of a task's arguments and variables at once.
    for (const key of Object.keys(raw)) {
      const name = !Array.isArray(raw) && this.#templater.isTemplate(key) ? String(this.evaluateText(key)) : key;
      const member = (raw as Record<string, unknown>)[key];
      if (typeof member === "string" ? !this.#templater.isTemplate(member) : !isEvaluated(member)) {
        define(copy, name, member);
        continue;
      }
      Object.defineProperty(copy, name, {
        enumerable: true,
        configurable: true,
        get: () => {
          const value = this.evaluateMember(raw, Array.isArray(raw) ? Number(key) : key);
          define(copy, name, value);
          return value;
        },
      });
    }
    keepKeyOrder(raw, copy);
    return copy;
  }
}

/** A deep copy with every template evaluated; members that are `omit` are left out. Throws at the first undefined value. */
export function finalize(value: unknown): unknown {
  requireDefined(value);
  if (Array.isArray(value)) return value.filter((item) => item !== Omit).map(finalize);
  if (!isDict(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member !== Omit) define(copy, key, finalize(member));
  }
  keepKeyOrder(value, copy);
  return copy;
}

/** `{8080: web}` keeps its integer keys and their order through copies. */
function keepKeyOrder(from: object, to: object): void {
  const keys = originalKeys(from);
  if (!Array.isArray(from) && needsOriginalKeys(keys)) setOriginalKeys(to, keys);
}

/** Where a scalar of a file stands. */
export function originOf(container: object, key: string | number): TextOrigin {
  return { locate: (start, end) => rangeInValue(container, key, start, end) };
}

/** Assignment would call the setter of `__proto__`. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isEvaluated(member: unknown): boolean {
  return typeof member === "object" && member !== null;
}

const evaluationNeeds = new WeakMap<object, boolean>();

/** Whether a container written in the project holds any template, vault text or unsafe text, at any depth. */
function needsEvaluation(container: object, templater: Templater): boolean {
  const known = evaluationNeeds.get(container);
  if (known !== undefined) return known;
  evaluationNeeds.set(container, false);
  const needed =
    container instanceof UnsafeText ||
    container instanceof VaultText ||
    Object.entries(container).some(([key, member]) =>
      typeof member === "string"
        ? templater.isTemplate(member)
        : templater.isTemplate(key) || (isEvaluated(member) && needsEvaluation(member as object, templater)),
    );
  evaluationNeeds.set(container, needed);
  return needed;
}
