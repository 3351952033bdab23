import { TsrunError } from "../lib/errors.ts";
import { type Frame, framesWith, frameWith } from "../project/expanded.ts";
import { parseBoolean } from "../task/args.ts";
import { Omit } from "../template/values.ts";
import { finalize, type VarScope } from "../vars/scope.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import { toText } from "../template/python-repr.ts";

/** Value of an inherited keyword with its templates evaluated; undefined when nobody sets it or it is `omit`. */
export function keyword(scope: VarScope, frame: Frame, name: string): unknown {
  const at = frameWith(frame, name);
  if (!at) return undefined;
  const value = finalize(scope.evaluateMember(at.raw, name));
  return value === Omit || value === null ? undefined : value;
}

/** An inherited yes-or-no keyword. */
export function flag(scope: VarScope, frame: Frame, name: string): boolean | undefined {
  const value = keyword(scope, frame, name);
  if (value === undefined) return undefined;
  const parsed = parseBoolean(value);
  if (parsed !== undefined) return parsed;
  throw badKeyword(frame, name, "a boolean", value);
}

/** An inherited numeric keyword. */
export function numeric(scope: VarScope, frame: Frame, name: string): number | undefined {
  const value = keyword(scope, frame, name);
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (Number.isFinite(parsed)) return parsed;
  throw badKeyword(frame, name, "a number", value);
}

/** An inherited textual keyword. */
export function text(scope: VarScope, frame: Frame, name: string): string | undefined {
  const value = keyword(scope, frame, name);
  return value === undefined ? undefined : toText(value);
}

/** `environment` of the play, blocks and task together; inner ones win. */
export function environmentOf(scope: VarScope, frame: Frame): Readonly<Record<string, string>> {
  const merged: Record<string, string> = {};
  for (const at of framesWith(frame, "environment")) {
    const value = finalize(scope.evaluateMember(at.raw, "environment"));
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (typeof entry !== "object" || entry === null) continue;
      for (const [name, item] of Object.entries(entry)) merged[name] = toText(item);
    }
  }
  return merged;
}

/** A keyword that holds one thing or a list of them, evaluated; [] when it is not set on this level. */
export function ownList(scope: VarScope, frame: Frame, name: string): readonly unknown[] {
  if (!Object.hasOwn(frame.raw, name)) return [];
  const value = finalize(scope.evaluateMember(frame.raw, name));
  return value === null ? [] : Array.isArray(value) ? value : [value];
}

function badKeyword(frame: Frame, name: string, expected: string, got: unknown): TsrunError {
  const at = frameWith(frame, name);
  return new TsrunError({
    code: "E_BAD_KEYWORD",
    message: `expected ${expected} for \`${name}\`, got ${JSON.stringify(got)}`,
    at: at && rangeOfValue(at.raw, name),
  });
}
