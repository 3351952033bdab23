import { toText } from "./python-repr.ts";
import { templateError } from "./template-error.ts";

/** Output of a template before it is joined: text, and the native values of `{{ }}`. */
export type Parts = unknown[];

/** One part is itself, several are text (none counts as nothing), as in Ansible 2.19. */
export function joinParts(parts: readonly unknown[], empty: unknown = ""): unknown {
  if (parts.length === 0) return empty;
  return parts.length === 1 ? parts[0] : joinText(parts);
}

export function joinText(parts: readonly unknown[]): string {
  return parts.map((part) => (typeof part === "string" ? part : part === null ? "" : toText(part))).join("");
}

const MAX_FRAMES = 200;

/** Refuses endless recursion of includes, macros and loops before it exhausts the stack. */
export function checkDepth(depth: number): void {
  if (depth > MAX_FRAMES) throw templateError("templates, macros or recursive loops call each other without end");
}
