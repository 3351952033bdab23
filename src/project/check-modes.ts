import type { TemplateWarning } from "../template/environment.ts";
import { formatMode } from "../task/args.ts";
import { rangeOfValue } from "../yaml/positions.ts";

/** `mode: 644` is the decimal number: chmod would see 1204. */
export function modeWarning(args: Readonly<Record<string, unknown>>): TemplateWarning | undefined {
  for (const key of ["mode", "directory_mode"]) {
    const value = args[key];
    const at = rangeOfValue(args, key);
    if (typeof value !== "number" || !at) continue;
    const written = at.source.text.slice(at.start, at.end);
    if (!/^[1-7][0-7]{2,3}$/.test(written)) continue;
    return {
      message: `\`${key}: ${written}\` is a decimal number, and means ${formatMode(value)}`,
      at,
      hint: `write \`"0${written}"\``,
    };
  }
  return undefined;
}
