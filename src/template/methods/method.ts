import { binder, type NamedArguments } from "../callable.ts";
import type { Frame } from "../frame.ts";

export type Method = (self: never, args: readonly unknown[], named: NamedArguments, frame: Frame) => unknown;
export type MethodTable = ReadonlyMap<string, Method>;

/** A method with a signature like a filter's: `"sep?, maxsplit?"`. */
export function method(signature: string, run: (self: never, ...args: never[]) => unknown): Method {
  const bind = binder(signature);
  const apply = run as (...all: unknown[]) => unknown;
  return (self, args, named) => apply(self, ...bind(args, named));
}
