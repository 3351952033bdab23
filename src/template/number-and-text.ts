import type { SourceRange } from "../lib/source.ts";
import type { Environment } from "./environment.ts";

/**
 * Warns of a number that is compared with the text that spells it. Before 2.19 Ansible made text of all that a template gave, so that
 * `"{{ size | int }}"` was equal to `"8"`; now the two differ, and a condition may be silently other than its author meant.
 */
export function warnOfSpelling(left: unknown, right: unknown, env: Environment, at: () => SourceRange): void {
  const number = typeof left === "number" ? left : right;
  const text = typeof left === "number" ? right : left;
  if (typeof number !== "number" || typeof text !== "string" || text !== String(number)) return;
  const message = `the number ${text} and the text "${text}" are not equal`;
  env.warn?.({ message, at: at(), hint: "pass both sides through `| int`" });
}
