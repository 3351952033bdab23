import { messageOf, TsrunError } from "../lib/errors.ts";
import type { NamedArguments } from "./callable.ts";
import type { Environment } from "./environment.ts";
import type { Frame } from "./frame.ts";
import { pureLookups } from "./lookups.ts";
import { findPlugin, shortName } from "./plugin-name.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { describeValue } from "./values.ts";

/**
 * `lookup('name', …)`, `query('name', …)`: lookups that need no I/O run here, the others in the environment. Options:
 * `wantlist` (a list, as `query` always gives), `errors` (strict, warn, ignore).
 */
export function runLookup(frame: Frame, args: readonly unknown[], named: NamedArguments, wantList: boolean): unknown {
  const [name, ...terms] = args;
  if (typeof name !== "string") throw templateError(`the name of a lookup is text, got ${describeValue(name)}`);
  const options = new Map(named);
  const asList = wantList || options.get("wantlist") === true;
  const errors = options.get("errors") ?? "strict";
  options.delete("wantlist");
  options.delete("errors");
  for (const value of [...terms, ...options.values()]) if (value instanceof Undefined) return value;
  try {
    return fold(find(frame, name)(terms, options), asList, name);
  } catch (error) {
    if (errors === "strict" || (error instanceof TsrunError && error.code === "E_UNKNOWN_LOOKUP")) throw error;
    if (errors === "warn") frame.env.warn?.({ message: `lookup \`${name}\` failed: ${messageOf(error)}` });
    return asList ? [] : null;
  }
}

/** Every lookup that `lookup('name')` and `with_name` know here. */
export function lookupNames({ lookupNames: own }: Environment): readonly string[] {
  return [...pureLookups.keys(), ...(own?.() ?? [])];
}

/** Whether there is a lookup of that name; an environment that does not say what it has may have it. */
export function hasLookup(env: Environment, name: string): boolean {
  return findPlugin(pureLookups, name) !== undefined || !env.lookupNames || lookupNames(env).includes(shortName(name));
}

function find(frame: Frame, name: string): (terms: readonly unknown[], named: NamedArguments) => unknown {
  const pure = findPlugin(pureLookups, name);
  if (pure) return (terms, named) => pure(terms, named, frame);
  const { lookup } = frame.env;
  if (!lookup) throw templateError(`unknown lookup \`${name}\``, undefined, "E_UNKNOWN_LOOKUP");
  return (terms, named) => lookup(shortName(name), terms, named, frame);
}

/** Lookups answer lists; `lookup` takes one item out, or joins several texts with commas. */
function fold(result: unknown, asList: boolean, name: string): unknown {
  if (result instanceof Undefined) return result;
  if (!Array.isArray(result)) throw templateError(`lookup \`${name}\` gave ${describeValue(result)}, expected a list`);
  if (asList || result.length === 0) return result;
  if (result.length === 1) return result[0];
  return result.every((item) => typeof item === "string") ? result.join(",") : result;
}
