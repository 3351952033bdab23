/**
 * JavaScript moves integer-like keys of an object to the front and turns every key into text; Python and YAML keep both
 * order and type (`{8080: web, 80: http}`). A hidden property remembers the original keys, so that data stays plain
 * objects for everybody who does not care.
 */
const ORIGINAL_KEYS: unique symbol = Symbol.for("tsrun.keys");

type Marked = { [ORIGINAL_KEYS]?: readonly unknown[] };

/** Remembers the keys of `object` as they were written: in order, with their types. */
export function setOriginalKeys(object: object, keys: readonly unknown[]): void {
  Object.defineProperty(object, ORIGINAL_KEYS, { value: keys, enumerable: false, configurable: true, writable: true });
}

/** True when plain `Object.keys` would lose the order or the type of one of these keys. */
export function needsOriginalKeys(keys: readonly unknown[]): boolean {
  return keys.some((key) => typeof key !== "string" || /^(?:0|[1-9]\d*)$/.test(key));
}

/** Keys in the order and with the types they were written with; plain text keys for unmarked objects. */
export function originalKeys(object: object): readonly unknown[] {
  const marked = (object as Marked)[ORIGINAL_KEYS];
  const names = Object.keys(object);
  if (marked === undefined) return names;
  if (marked.length === names.length && marked.every((key) => Object.hasOwn(object, keyText(key)))) return marked;
  const known = new Set(marked.map(keyText));
  return [...marked.filter((key) => Object.hasOwn(object, keyText(key))), ...names.filter((name) => !known.has(name))];
}

/** Property name under which a key is stored: its text as JSON would write it. */
export function keyText(key: unknown): string {
  return typeof key === "string" ? key : String(key);
}
