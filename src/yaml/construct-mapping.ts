import type { MappingEvent } from "js-yaml";
import { Float } from "../lib/float.ts";
import { keyText as keyName, needsOriginalKeys, originalKeys, setOriginalKeys } from "../lib/key-order.ts";
import { TsrunError } from "../lib/errors.ts";
import { formatLocation } from "../lib/source.ts";
import {
  atPop,
  CollectionExtent,
  type ConstructedNode,
  type ConstructState,
  isPlainMapping,
  MAX_ALIASED_VALUES,
  rangeOfNode,
  report,
  slotOf,
} from "./construct-state.ts";
import { positionOf, type SlotPosition } from "./positions.ts";
import { unquotedTemplateHint } from "./syntax-error.ts";
import { UnsafeText } from "./unsafe-text.ts";

/** A mapping, its pairs read by `readNode`: merge keys followed, duplicates reported. */
export function constructMapping(
  state: ConstructState,
  event: MappingEvent,
  readNode: () => ConstructedNode,
): ConstructedNode {
  const value: Record<string, unknown> = {};
  const slots = new Map<string | number, SlotPosition>();
  const extent = new CollectionExtent(state, event);
  const own: { key: string; original: unknown; slot: SlotPosition; value: unknown }[] = [];
  const originals = new Map<string, unknown>();
  while (!atPop(state)) {
    const keyNode = readNode();
    const item = readNode();
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
function mergeEntries(state: ConstructState, node: ConstructedNode): MergeEntry[] {
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
function keyText(state: ConstructState, node: ConstructedNode): string | undefined {
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

function reportDuplicate(state: ConstructState, key: string, first: SlotPosition, second: SlotPosition): void {
  const firstRange = { source: state.source, start: first.keyStart, end: first.keyEnd };
  report(state, {
    code: "E_YAML_DUPLICATE_KEY",
    message: `duplicate key \`${key}\`, first set at ${formatLocation(firstRange)}`,
    at: { source: state.source, start: second.keyStart, end: second.keyEnd },
    hint: "keep one of the two",
  });
}

/** Plain assignment of `__proto__` would change the object's prototype instead of adding a key. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}
