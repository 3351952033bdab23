import { framePlugin, plugin } from "../callable.ts";
import { equals } from "../compare.ts";
import type { Frame } from "../frame.ts";
import { findMethod } from "../methods/index.ts";
import { repr, toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { Undefined } from "../undefined.ts";
import { isDict, Omit, typeName } from "../values.ts";
import type { PluginTable } from "./table.ts";

const defaultFilter = plugin(
  "default_value?, boolean?",
  (value: unknown, fallback: unknown = "", boolean: unknown = false) => {
    if (value instanceof Undefined) return fallback;
    return boolean !== false && isTruthy(boolean) && !isTruthy(value) ? fallback : value;
  },
  { acceptsUndefined: true },
);

/** Filters about presence, truth and type. */
export const logicFilters: PluginTable = {
  default: defaultFilter,
  d: defaultFilter,
  mandatory: plugin("msg?", mandatory, { acceptsUndefined: true }),
  ternary: plugin("true_val, false_val, none_val?", ternary, { acceptsUndefined: true }),
  bool: plugin("", (value: unknown) => toBoolean(value)),
  type_debug: plugin("", (value: unknown) => typeName(value), { acceptsUndefined: true }),
  attr: framePlugin("name", (frame: Frame, value: unknown, name: unknown) => attribute(frame, value, toText(name))),
  pprint: plugin("verbose?", (value: unknown) => repr(value)),
};

function mandatory(value: unknown, message?: unknown): unknown {
  if (!(value instanceof Undefined)) return value;
  if (message === undefined || message === null) throw value.toError();
  throw templateError(toText(message), value.path === undefined ? undefined : `set \`${value.path}\``, "E_UNDEFINED");
}

function ternary(value: unknown, whenTrue: unknown, whenFalse: unknown, whenNone: unknown = null): unknown {
  if (value instanceof Undefined) return value;
  if (value === null && whenNone !== null) return whenNone;
  return isTruthy(value) ? whenTrue : whenFalse;
}

/** Ansible's `bool`: only yes, on, 1 and true are true; none stays none. */
export function toBoolean(value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return ["yes", "on", "1", "true"].includes(value.toLowerCase());
  return value === Omit ? isTruthy(value) : equals(value, 1);
}

/** Only what Python calls an attribute, never a key of a dict. */
function attribute(frame: Frame, value: unknown, name: string): unknown {
  if (isDict(value)) return findMethod(value, name) ?? new Undefined({ path: name });
  return frame.attribute(value, name);
}
