import { framePlugin } from "../callable.ts";
import type { Frame } from "../frame.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { describeValue, isInteger, isList, iterate } from "../values.ts";
import { PythonRandom } from "./mersenne-twister.ts";
import type { PluginTable } from "./table.ts";

/** Random choices; with a `seed` the same as Ansible's. */
export const randomFilters: PluginTable = {
  random: framePlugin("start?, step?, seed?", random),
  shuffle: framePlugin("seed?", shuffle),
  random_mac: framePlugin("seed?", randomMac),
};

type Below = (limit: number) => number;

function source(frame: Frame, seed: unknown): Below {
  if (seed !== undefined && seed !== null) {
    const generator = new PythonRandom(isInteger(seed) ? seed : toText(seed));
    return (limit) => generator.below(limit);
  }
  const { random } = frame.env;
  if (!random) throw templateError("random values are not available here");
  return (limit) => Math.floor(random() * limit);
}

function random(frame: Frame, value: unknown, start?: unknown, step?: unknown, seed?: unknown): unknown {
  const below = source(frame, seed);
  if (isInteger(value)) {
    const [from, stride] = [Number(start ?? 0), Number(step ?? 1) || 1];
    const count = Math.ceil((Number(value) - from) / stride);
    if (count <= 0) throw templateError(`there is no number from ${from} to below ${String(value)}`);
    return from + stride * below(count);
  }
  if (!isList(value) && typeof value !== "string")
    throw templateError(`\`random\` needs a list or a number, got ${describeValue(value)}`);
  if (start !== undefined || step !== undefined) throw templateError("`start` and `step` go with a number only");
  const items = iterate(value);
  if (items.length === 0) throw templateError("`random` cannot choose from an empty list");
  return items[below(items.length)];
}

function shuffle(frame: Frame, value: unknown, seed?: unknown): unknown {
  if (!isList(value) && typeof value !== "string") return value;
  const items = [...iterate(value)];
  const below = source(frame, seed !== undefined && isTruthy(seed) ? seed : undefined);
  for (let at = items.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [items[at], items[other]] = [items[other], items[at]];
  }
  return items;
}

function randomMac(frame: Frame, value: unknown, seed?: unknown): string {
  const parts = toText(value).toLowerCase().split(":");
  if (parts.length > 5 || parts.some((part) => !/^[\da-f]{2}$/.test(part)))
    throw templateError(`the start of a MAC address is like \`52:54:00\`, got ${describeValue(value)}`);
  const below = source(frame, seed);
  // community.general draws one number below 0xffffffffff or so; it reads back as the same digits.
  const missing = 6 - parts.length;
  const limit = 256 ** missing;
  const low = 16 ** (missing * 2 - 1);
  const digits = (low + below(limit - low)).toString(16).padStart(missing * 2, "0");
  return [...parts, ...(digits.match(/../g) ?? [])].join(":");
}
