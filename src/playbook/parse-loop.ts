import { rangeOfKey } from "../yaml/positions.ts";
import type { Loop, Mapping } from "./model.ts";
import type { Problems } from "./problems.ts";

/** The loop of a task or block: `loop:` or one `with_…:`. */
export function parseLoop(problems: Problems, mapping: Mapping): Loop | undefined {
  const loops = Object.keys(mapping).filter((key) => isLoopKey(key));
  const [key, second] = loops;
  if (key === undefined) return undefined;
  if (second !== undefined) {
    problems.report({
      code: "E_TWO_LOOPS",
      message: `expected one loop, got \`${key}\` and \`${second}\``,
      at: rangeOfKey(mapping, second),
      hint: "keep one, or loop over an include",
    });
  }
  const isWith = key !== "loop";
  if (mapping[key] === null) {
    if (!isWith) return undefined;
    problems.report({
      code: "E_KEYWORD_VALUE",
      message: `\`${key}\`: expected a value, got nothing`,
      at: rangeOfKey(mapping, key),
    });
    return undefined;
  }
  return { lookup: isWith ? key.slice("with_".length) : "items", isWith, container: mapping, key };
}

export function isLoopKey(key: string): boolean {
  return key === "loop" || key.startsWith("with_");
}
