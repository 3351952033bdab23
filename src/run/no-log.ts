import type { ExpandedTask } from "../project/expanded.ts";
import type { VarScope } from "../vars/scope.ts";
import type { FailureDetail, ResultFields } from "./events.ts";
import { flag } from "./keywords.ts";

/** Ansible's sentence in place of a result. */
export const censored = "the output has been hidden due to the fact that 'no_log: true' was specified for this result";

/** In place of a loop's item. */
export const censoredItem = "(censored due to no_log)";

/** Whether `no_log` hides what a task does. One that cannot be told hides it: its error is shown by the task itself. */
export function isHidden(scope: VarScope, task: ExpandedTask): boolean {
  try {
    return flag(scope, task.frame, "no_log") === true;
  } catch {
    return true;
  }
}

/** What reports may show of a result. */
export function shown(result: ResultFields, isCensored: boolean): ResultFields {
  if (!isCensored) return result;
  const kept = ["changed", "failed", "skipped", "unreachable"].filter((name) => Object.hasOwn(result, name));
  return { censored, ...Object.fromEntries(kept.map((name) => [name, result[name]])) };
}

/** What reports may show of a failure: its code and place, but neither the lines there nor advice that quotes values. */
export function shownError(error: FailureDetail | undefined, isCensored: boolean): FailureDetail | undefined {
  if (!error || !isCensored) return error;
  const { code, at } = error;
  return { ...(code !== undefined && { code }), ...(at !== undefined && { at }) };
}

/**
 * Texts of a hidden result that look like keys, tokens and passwords: a later task that shows the registered result by
 * mistake must not show them. Names, numbers, paths and sentences are left alone, since every output would be masked.
 */
export function secretsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.split(/\s+/).filter(looksSecret);
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => (knownHarmless.has(name) ? [] : secretsIn(member)));
}

function looksSecret(word: string): boolean {
  return word.length >= 16 && !/^\/|:\/\//.test(word) && /[0-9]/.test(word) && /[A-Za-z]/.test(word);
}

const knownHarmless: ReadonlySet<string> = new Set(
  "path dest src url start end delta checksum md5sum backup_file item ansible_loop_var false_condition".split(" "),
);
