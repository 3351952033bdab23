import { Callable } from "../callable.ts";
import { isDict, NamedTuple, Tuple } from "../values.ts";
import { dictMethods } from "./dict.ts";
import { listMethods, tupleMethods } from "./list.ts";
import type { MethodTable } from "./method.ts";
import { numberAttribute } from "./number.ts";
import { stringMethods } from "./string.ts";

/** The method of a Python value with this name, bound to the value; JavaScript's `undefined` when there is none. */
export function findMethod(value: unknown, name: string): unknown {
  if (value instanceof NamedTuple && value.names.includes(name)) return value[value.names.indexOf(name)];
  const table = tableOf(value);
  if (!table) return numberAttribute(value, name);
  const method = table.get(name);
  return method && new Callable(name, (frame, args, named) => method(value as never, args, named, frame));
}

function tableOf(value: unknown): MethodTable | undefined {
  if (typeof value === "string") return stringMethods;
  if (value instanceof Tuple) return tupleMethods;
  if (Array.isArray(value)) return listMethods;
  return isDict(value) ? dictMethods : undefined;
}
