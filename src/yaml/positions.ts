import type { ScalarEvent } from "js-yaml";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import { type ScalarText, scalarTextWithMap } from "./scalar-text.ts";

/**
 * Where parsed values stand in their file. Values are plain objects and arrays, so positions live in a side table keyed
 * by the container: they cost nothing to whoever does not ask, and disappear with the value.
 */
export interface ContainerPosition {
  readonly source: SourceFile;
  readonly start: number;
  readonly end: number;
  /** By key of a mapping or index of a sequence. */
  readonly slots: Map<string | number, SlotPosition>;
}

/** One key with its value, or one item of a sequence. */
export interface SlotPosition {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly start: number;
  readonly end: number;
  /** Set for scalars, so that offsets inside the text can be mapped. */
  readonly scalar?: ScalarEvent | undefined;
  /** For text that was cut out of a scalar: replaces `scalar`. */
  readonly mapOffset?: ((offset: number) => number) | undefined;
  /** Set when the slot's text stands in another file than its container, as after a merge of two files. */
  readonly source?: SourceFile | undefined;
}

const positions = new WeakMap<object, ContainerPosition>();

/** Whole extent of a mapping or sequence that came from a file; undefined for values made otherwise. */
export function rangeOf(container: unknown): SourceRange | undefined {
  const position = positionOf(container);
  return position && { source: position.source, start: position.start, end: position.end };
}

/** Extent of a mapping's key. */
export function rangeOfKey(container: unknown, key: string | number): SourceRange | undefined {
  const position = positionOf(container);
  const slot = position?.slots.get(key);
  if (!position || !slot) return undefined;
  return { source: slot.source ?? position.source, start: slot.keyStart, end: slot.keyEnd };
}

/** Extent of the value under a key or index: quotes and block header included. */
export function rangeOfValue(container: unknown, key: string | number): SourceRange | undefined {
  const position = positionOf(container);
  const slot = position?.slots.get(key);
  if (!position || !slot) return undefined;
  return { source: slot.source ?? position.source, start: slot.start, end: slot.end };
}

/**
 * Turns offsets in a string value into offsets in its file, exact for every scalar style. Undefined when the value under
 * `key` is no scalar from a file.
 */
export function scalarMap(container: unknown, key: string | number): ((offset: number) => number) | undefined {
  const position = positionOf(container);
  const slot = position?.slots.get(key);
  if (slot?.mapOffset) return slot.mapOffset;
  if (!position || !slot?.scalar) return undefined;
  const { text } = slot.source ?? position.source;
  const event = slot.scalar;
  let decoded: ScalarText | undefined;
  return (offset) => {
    decoded ??= scalarTextWithMap(text, event);
    return decoded.mapOffset(offset);
  };
}

/** Extent in the file of the characters `start` to `end` of a string value; the whole value's when it cannot be mapped. */
export function rangeInValue(
  container: unknown,
  key: string | number,
  start: number,
  end: number,
): SourceRange | undefined {
  const whole = rangeOfValue(container, key);
  const map = scalarMap(container, key);
  if (!whole || !map) return whole;
  const from = map(start);
  return { source: whole.source, start: from, end: end > start ? Math.max(from + 1, map(end - 1) + 1) : from };
}

/** Position record of a container, for code that builds a container out of another one. */
export function positionOf(container: unknown): ContainerPosition | undefined {
  return typeof container === "object" && container !== null ? positions.get(container) : undefined;
}

/** Gives a container its place. Later calls replace earlier ones. */
export function recordPosition(container: object, position: ContainerPosition): void {
  positions.set(container, position);
}

/** Makes `to` answer position questions as `from` does; for copies that keep keys. */
export function copyPositions(from: object, to: object): void {
  const position = positions.get(from);
  if (position) positions.set(to, position);
}
