import {
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  type MappingEvent,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
} from "js-yaml";
import { TsrunError, TsrunErrors } from "../lib/errors.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import { formatLocation } from "../lib/source.ts";
import { Float } from "../lib/float.ts";
import { keyText as keyName, needsOriginalKeys, originalKeys, setOriginalKeys } from "../lib/key-order.ts";
import { didYouMean } from "../lib/suggest.ts";
import { constructTaggedScalar, KNOWN_TAGS, shortTag } from "./explicit-tag.ts";
import { resolveJsonScalar, resolvePlainScalar } from "./plain-scalar.ts";
import { positionOf, recordPosition, type SlotPosition } from "./positions.ts";
import { scalarText } from "./scalar-text.ts";
import { unquotedTemplateHint } from "./syntax-error.ts";
import { UnsafeText } from "./unsafe-text.ts";

/**
 * Values with positions from js-yaml's events. Not `constructFromEvents`, because duplicate keys and unknown tags must
 * all be reported, each with its place, and because aliases must not let a small file stand for a huge value.
 */
export function constructDocuments(
  events: readonly Event[],
  source: SourceFile,
  options: { readonly json: boolean },
): { readonly documents: unknown[]; readonly errors: readonly TsrunError[] } {
  const state: State = {
    events,
    source,
    next: 0,
    handles: new Map(),
    anchors: new Map(),
    open: new Set(),
    errors: [],
    resolve: options.json ? resolveJsonScalar : resolvePlainScalar,
    aliased: 0,
  };
  const documents: unknown[] = [];
  const slots = new Map<string | number, SlotPosition>();
  while (state.next < events.length) {
    const event = events[state.next++] as Event;
    if (event.type !== EVENT_ID.DOCUMENT) continue;
    state.anchors.clear();
    state.handles = new Map([["!!", "tag:yaml.org,2002:"]]);
    for (const directive of event.directives) {
      if (directive.kind === "tag") state.handles.set(directive.handle, directive.prefix);
    }
    const node = constructNode(state);
    slots.set(documents.length, { keyStart: node.start, keyEnd: node.start, ...slotOf(node) });
    documents.push(node.value);
    state.next++;
  }
  recordPosition(documents, { source, start: 0, end: source.text.length, slots });
  return { documents, errors: state.errors };
}

/** Most values a document may stand for once its aliases are followed: an ordinary inventory has some thousands. */
const MAX_ALIASED_VALUES = 1_000_000;
/** Deepest nesting once aliases are followed. */
const MAX_DEPTH = 200;
/** A person fixes some and tries again; more than that is a file of another kind. */
const MAX_ERRORS = 50;

interface State {
  readonly events: readonly Event[];
  readonly source: SourceFile;
  next: number;
  handles: Map<string, string>;
  readonly anchors: Map<string, Node>;
  /** Anchors whose collection is still being read: an alias to one of them would be a circle. */
  readonly open: Set<string>;
  readonly errors: TsrunError[];
  readonly resolve: (text: string) => unknown;
  aliased: number;
}

interface Node {
  readonly value: unknown;
  /** Extent of the text, tag and anchor included. */
  readonly start: number;
  readonly end: number;
  readonly scalar?: ScalarEvent | undefined;
  /** Values that this one stands for, aliases followed. */
  readonly weight: number;
  readonly depth: number;
  readonly isMergeKey?: boolean;
}

function slotOf(node: Node): { start: number; end: number; scalar?: ScalarEvent | undefined } {
  return { start: node.start, end: node.end, scalar: node.scalar };
}

function constructNode(state: State): Node {
  const event = state.events[state.next++] as Event;
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return withAnchor(state, event, constructScalar(state, event));
    case EVENT_ID.ALIAS:
      return constructAlias(state, event.anchorStart, event.anchorEnd);
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING:
      return constructCollection(state, event);
    default:
      throw new TsrunError({
        code: "E_YAML_SYNTAX",
        message: "expected a value",
        at: rangeAt(state, previousEnd(state)),
      });
  }
}

function constructCollection(state: State, event: SequenceEvent | MappingEvent): Node {
  const anchor = anchorOf(state, event);
  if (anchor !== undefined) state.open.add(anchor);
  const node = event.type === EVENT_ID.SEQUENCE ? constructSequence(state, event) : constructMapping(state, event);
  if (anchor !== undefined) state.open.delete(anchor);
  if (node.depth > MAX_DEPTH) {
    throw new TsrunError({
      code: "E_YAML_TOO_DEEP",
      message: `expected at most ${MAX_DEPTH} levels of nesting, got more`,
      at: rangeAt(state, node.start),
    });
  }
  const tagged = applyCollectionTag(state, event, node);
  return withAnchor(state, event, tagged);
}

function constructScalar(state: State, event: ScalarEvent): Node {
  const text = scalarText(state.source.text, event);
  const extent = scalarExtent(state, event);
  const node = { ...extent, scalar: event, weight: 1, depth: 0 };
  if (event.tagStart < 0) {
    if (event.style !== SCALAR_STYLE.PLAIN) return { ...node, value: text };
    return { ...node, value: state.resolve(text), isMergeKey: text === "<<" };
  }
  const tag = shortTag(state.source.text.slice(event.tagStart, event.tagEnd), state.handles);
  if (tag === "!!merge") return { ...node, value: text, isMergeKey: true };
  // PyYAML resolves the non-specific tag as if there were none.
  if (tag === "!" && event.style === SCALAR_STYLE.PLAIN) return { ...node, value: state.resolve(text) };
  const made = constructTaggedScalar(tag, text, { source: state.source, start: node.start, end: node.end });
  if (made !== undefined && "value" in made) return { ...node, value: made.value };
  if (made !== undefined) report(state, { code: "E_YAML_TAG", message: made.problem, at: rangeOfNode(state, node) });
  else reportUnknownTag(state, event.tagStart, event.tagEnd, tag);
  return { ...node, value: text };
}

function scalarExtent(state: State, event: ScalarEvent): { start: number; end: number } {
  const { text } = state.source;
  if (event.valueStart < 0) {
    const start = firstOf(event.tagStart, event.anchorStart - 1, previousEnd(state));
    return { start, end: Math.max(start, event.tagEnd, event.anchorEnd) };
  }
  let { valueStart: start, valueEnd: end } = event;
  if (event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED) {
    start--;
    end++;
  } else if (event.style !== SCALAR_STYLE.PLAIN) {
    // From the `|` or `>` of the header line, which may carry a comment, to the last line with text.
    const header = /[|>][-+0-9]*[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)?$/.exec(
      text.slice(Math.max(0, text.lastIndexOf("\n", start - 2)), start),
    );
    if (header) start -= header[0].length;
    while (end > start && /\s/.test(text[end - 1] as string)) end--;
  }
  const properties = [event.tagStart, event.anchorStart - 1].filter((at) => at >= 0);
  return { start: Math.min(start, ...properties), end };
}

function constructAlias(state: State, anchorStart: number, anchorEnd: number): Node {
  const name = state.source.text.slice(anchorStart, anchorEnd);
  const extent = { start: anchorStart - 1, end: anchorEnd };
  const target = state.anchors.get(name);
  if (target === undefined || state.open.has(name)) {
    const isCircle = state.open.has(name);
    report(state, {
      code: "E_YAML_ALIAS",
      message: isCircle ? `alias \`*${name}\` stands inside its own anchor` : `unknown alias \`*${name}\``,
      at: rangeOfNode(state, extent),
      hint: isCircle
        ? undefined
        : (didYouMean(name, state.anchors.keys()) ?? `a value that starts with \`*\` must be quoted: "*${name}"`),
    });
    return { ...extent, value: null, weight: 1, depth: 0 };
  }
  state.aliased += target.weight;
  if (state.aliased > MAX_ALIASED_VALUES) {
    throw new TsrunError({
      code: "E_YAML_TOO_BIG",
      message: `aliases make this document stand for more than ${MAX_ALIASED_VALUES} values`,
      at: rangeOfNode(state, extent),
    });
  }
  return { ...extent, value: target.value, weight: target.weight, depth: target.depth, scalar: target.scalar };
}

function constructSequence(state: State, event: SequenceEvent): Node {
  const value: unknown[] = [];
  const slots = new Map<string | number, SlotPosition>();
  const extent = new Extent(state, event);
  while (!atPop(state)) {
    const item = constructNode(state);
    slots.set(value.length, { keyStart: item.start, keyEnd: item.start, ...slotOf(item) });
    value.push(item.value);
    extent.include(item);
  }
  return extent.finish(value, slots);
}

function constructMapping(state: State, event: MappingEvent): Node {
  const value: Record<string, unknown> = {};
  const slots = new Map<string | number, SlotPosition>();
  const extent = new Extent(state, event);
  const own: { key: string; original: unknown; slot: SlotPosition; value: unknown }[] = [];
  const originals = new Map<string, unknown>();
  while (!atPop(state)) {
    const keyNode = constructNode(state);
    const item = constructNode(state);
    extent.include(keyNode);
    extent.include(item);
    if (keyNode.isMergeKey) {
      for (const { key, original, slot, value: mergedValue } of mergeEntries(state, item)) {
        setOwn(value, key, mergedValue);
        slots.set(key, slot);
        originals.set(key, original);
      }
      continue;
    }
    const key = keyText(state, keyNode);
    if (key === undefined) continue;
    own.push({
      key,
      original: originalKey(keyNode.value),
      slot: { keyStart: keyNode.start, keyEnd: keyNode.end, ...slotOf(item) },
      value: item.value,
    });
  }
  // Merged pairs come first whatever the place of `<<`, as PyYAML's `flatten_mapping` does.
  const seen = new Map<string, SlotPosition>();
  for (const pair of own) {
    const first = seen.get(pair.key);
    if (first) reportDuplicate(state, pair.key, first, pair.slot);
    seen.set(pair.key, pair.slot);
    setOwn(value, pair.key, pair.value);
    slots.set(pair.key, pair.slot);
    if (!originals.has(pair.key)) originals.set(pair.key, pair.original);
  }
  const keys = [...originals.values()];
  if (needsOriginalKeys(keys)) setOriginalKeys(value, keys);
  return extent.finish(value, slots);
}

interface MergeEntry {
  readonly key: string;
  readonly original: unknown;
  readonly slot: SlotPosition;
  readonly value: unknown;
}

/** Pairs that `<<` brings in, in the order of assignment: of a list of mappings the first wins. */
function mergeEntries(state: State, node: Node): MergeEntry[] {
  const sources = Array.isArray(node.value) ? [...node.value].reverse() : [node.value];
  const entries: MergeEntry[] = [];
  for (const mapping of sources) {
    if (!isPlainMapping(mapping)) {
      report(state, {
        code: "E_YAML_MERGE",
        message: "expected a mapping or a list of mappings after `<<`",
        at: rangeOfNode(state, node),
        hint: "<<: *anchor",
      });
      return [];
    }
    const from = positionOf(mapping);
    for (const original of originalKeys(mapping)) {
      const key = keyName(original);
      const slot = from?.slots.get(key) ?? { keyStart: node.start, keyEnd: node.end, ...slotOf(node) };
      entries.push({ key, original, slot, value: mapping[key] });
    }
  }
  state.aliased += entries.length;
  if (state.aliased > MAX_ALIASED_VALUES) {
    throw new TsrunError({
      code: "E_YAML_TOO_BIG",
      message: `merge keys make this document stand for more than ${MAX_ALIASED_VALUES} values`,
      at: rangeOfNode(state, node),
    });
  }
  return entries;
}

/** Mapping keys are stored as text; `lib/key-order.ts` remembers those that were numbers, booleans or null. */
function keyText(state: State, node: Node): string | undefined {
  const { value } = node;
  if (typeof value === "string") return value;
  if (value === null || typeof value !== "object" || value instanceof Float || value instanceof UnsafeText) {
    return keyName(originalKey(value));
  }
  const hint = unquotedTemplateHint(state.source, node.start);
  report(state, {
    code: "E_YAML_KEY",
    message: hint
      ? "a value that starts with `{{` is read as a mapping"
      : `expected text as a key, got ${Array.isArray(value) ? "a list" : "a mapping"}`,
    at: rangeOfNode(state, hint ? { start: node.start - 1, end: node.end + 1 } : node),
    hint,
  });
  return undefined;
}

function originalKey(value: unknown): unknown {
  return value instanceof Float || value instanceof UnsafeText ? value.value : value;
}

function applyCollectionTag(state: State, event: SequenceEvent | MappingEvent, node: Node): Node {
  if (event.tagStart < 0) return node;
  const tag = shortTag(state.source.text.slice(event.tagStart, event.tagEnd), state.handles);
  const isSequence = event.type === EVENT_ID.SEQUENCE;
  switch (tag) {
    case "!":
    case "!!omap":
    case "!!pairs":
      return node;
    case "!!seq":
    case "!!map":
      if (isSequence === (tag === "!!seq")) return node;
      break;
    case "!!set":
      return isSequence ? node : { ...node, value: Object.keys(node.value as object) };
    case "!unsafe":
      markUnsafe(node.value);
      return node;
    default:
  }
  reportUnknownTag(state, event.tagStart, event.tagEnd, tag);
  return node;
}

/** `!unsafe` on a collection covers all text in it. */
function markUnsafe(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const container = value as Record<string, unknown>;
  for (const key of Object.keys(container)) {
    const item = container[key];
    if (typeof item === "string") container[key] = new UnsafeText(item);
    else if (Array.isArray(item) || isPlainMapping(item)) markUnsafe(item);
  }
}

function reportUnknownTag(state: State, start: number, end: number, tag: string): void {
  report(state, {
    code: "E_YAML_TAG",
    message: KNOWN_TAGS.some((known) => known === tag)
      ? `tag \`${tag}\` does not fit its value`
      : `unknown tag \`${tag}\``,
    at: { source: state.source, start, end },
    hint: didYouMean(tag, KNOWN_TAGS) ?? `a value that starts with \`!\` must be quoted: "${tag}"`,
  });
}

function reportDuplicate(state: State, key: string, first: SlotPosition, second: SlotPosition): void {
  const firstRange = { source: state.source, start: first.keyStart, end: first.keyEnd };
  report(state, {
    code: "E_YAML_DUPLICATE_KEY",
    message: `duplicate key \`${key}\`, first set at ${formatLocation(firstRange)}`,
    at: { source: state.source, start: second.keyStart, end: second.keyEnd },
    hint: "keep one of the two",
  });
}

function withAnchor(state: State, event: ScalarEvent | SequenceEvent | MappingEvent, node: Node): Node {
  const anchor = anchorOf(state, event);
  if (anchor !== undefined) state.anchors.set(anchor, node);
  return node;
}

function anchorOf(state: State, event: { anchorStart: number; anchorEnd: number }): string | undefined {
  return event.anchorStart < 0 ? undefined : state.source.text.slice(event.anchorStart, event.anchorEnd);
}

/** Collects a collection's extent, weight and depth while its children are read. */
class Extent {
  readonly #state: State;
  readonly #event: SequenceEvent | MappingEvent;
  readonly #start: number;
  #end: number;
  #weight = 1;
  #depth = 0;

  constructor(state: State, event: SequenceEvent | MappingEvent) {
    this.#state = state;
    this.#event = event;
    this.#start = event.start;
    this.#end = event.style === COLLECTION_STYLE.FLOW ? event.start + 1 : event.start;
  }

  include(child: Node): void {
    this.#end = Math.max(this.#end, child.end);
    this.#weight += child.weight;
    this.#depth = Math.max(this.#depth, child.depth);
  }

  finish(value: object, slots: Map<string | number, SlotPosition>): Node {
    this.#state.next++;
    const { source } = this.#state;
    if (this.#event.style === COLLECTION_STYLE.FLOW) {
      FLOW_END.lastIndex = this.#end;
      const closing = FLOW_END.exec(source.text);
      if (closing) this.#end += closing[0].length;
    }
    const node = { value, start: this.#start, end: this.#end, weight: this.#weight, depth: this.#depth + 1 };
    recordPosition(value, { source, start: node.start, end: node.end, slots });
    return node;
  }
}

const FLOW_END = /(?:[\s,:?]|#[^\r\n]*)*[\]}]/y;

function atPop(state: State): boolean {
  return (state.events[state.next] as Event).type === EVENT_ID.POP;
}

/** End of the text before an empty value: where the value would stand. */
function previousEnd(state: State): number {
  for (let index = state.next - 2; index >= 0; index--) {
    const event = state.events[index] as Event;
    if (event.type === EVENT_ID.SCALAR && event.valueEnd >= 0) return event.valueEnd;
    if (event.type === EVENT_ID.ALIAS) return event.anchorEnd;
    if (event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING) return event.start;
  }
  return 0;
}

function firstOf(...offsets: readonly number[]): number {
  return offsets.find((offset) => offset >= 0) ?? 0;
}

function isPlainMapping(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Plain assignment of `__proto__` would change the object's prototype instead of adding a key. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

function report(state: State, details: ConstructorParameters<typeof TsrunError>[0]): void {
  state.errors.push(new TsrunError(details));
  if (state.errors.length >= MAX_ERRORS) throw new TsrunErrors(state.errors);
}

function rangeAt(state: State, offset: number): SourceRange {
  return { source: state.source, start: offset, end: Math.min(offset + 1, state.source.text.length) };
}

function rangeOfNode(state: State, node: { start: number; end: number }): SourceRange {
  return { source: state.source, start: node.start, end: node.end };
}
