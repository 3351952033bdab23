import type { ResultFields } from "../run/events.ts";
import { dumpJson } from "./python-json.ts";

/** What stands behind `=>` of a task that did not fail, or undefined when the line stands alone (Ansible's default callback). */
export function resultText(module: string, result: ResultFields, verbosity: number): string | undefined {
  const name = shortModuleName(module);
  // A skipped `debug` had nothing to say.
  if (result["skipped"] === true && verbosity < 1) return undefined;
  if (name === "debug") return dumpJson(debugFields(result), 4);
  // Ansible's own mark for results that are the point of a task, such as `assert`'s.
  if (name === "assert" || result._ansible_verbose_always === true)
    return dumpJson(visibleFields(result, verbosity), 4);
  if (verbosity < 1 || name === "setup" || name === "gather_facts") return undefined;
  return dumpJson(visibleFields(result, verbosity), verbosity > 2 ? 4 : undefined);
}

/** Members of a result that are shown: nothing internal, and neither what has its own lines. */
export function visibleFields(result: ResultFields, verbosity: number): ResultFields {
  const hidden = verbosity > 2 ? HIDDEN : HIDDEN_UNLESS_VVV;
  return pick(result, (key) => !hidden.has(key));
}

/** `ansible.builtin.copy` → `copy`. */
export function shortModuleName(module: string): string {
  return module.replace(/^ansible\.(?:builtin|legacy)\./, "");
}

const HIDDEN: ReadonlySet<string> = new Set(["failed", "skipped", "exception", "warnings", "deprecations", "results"]);
const HIDDEN_UNLESS_VVV: ReadonlySet<string> = new Set([...HIDDEN, "invocation", "diff"]);

/** `debug` shows its message, or the one variable it was asked for, and nothing else. */
function debugFields(result: ResultFields): ResultFields {
  if ("msg" in result) return pick(result, (key) => key === "msg");
  return pick(result, (key) => !["changed", "failed", "skipped", "invocation", "skip_reason"].includes(key));
}

function pick(result: ResultFields, isWanted: (key: string) => boolean): ResultFields {
  return Object.fromEntries(Object.entries(result).filter(([key]) => !key.startsWith("_ansible_") && isWanted(key)));
}
