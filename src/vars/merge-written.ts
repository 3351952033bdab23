import { positionOf, recordPosition, type SlotPosition } from "../yaml/positions.ts";

/**
 * `hash_behaviour: merge`: a stronger mapping laid over a weaker one, at every depth, before anything in them is evaluated. Each member
 * keeps the place where it was written. Anything but two mappings: the stronger value.
 */
export function mergeWritten(weaker: unknown, stronger: unknown): unknown {
  if (!isMapping(weaker) || !isMapping(stronger)) return stronger;
  const merged: Record<string, unknown> = {};
  const slots = new Map<string | number, SlotPosition>();
  for (const from of [weaker, stronger]) {
    const position = positionOf(from);
    for (const [key, value] of Object.entries(from)) {
      const below = Object.hasOwn(merged, key) ? mergeWritten(merged[key], value) : value;
      Object.defineProperty(merged, key, { value: below, enumerable: true, configurable: true, writable: true });
      const slot = position?.slots.get(key);
      if (position && slot) slots.set(key, { ...slot, source: slot.source ?? position.source });
    }
  }
  const whole = positionOf(stronger) ?? positionOf(weaker);
  if (whole) recordPosition(merged, { ...whole, slots });
  return merged;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
