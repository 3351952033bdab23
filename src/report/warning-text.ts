import type { Paint } from "./colors.ts";
import { escapeControls, escapeLine } from "./escape-controls.ts";

/** `[WARNING]: …` as Ansible writes it, but unwrapped so that it can be searched and copied; place and remedy below. */
export function warningText(message: string, at: string | undefined, hint: string | undefined, paint: Paint): string {
  const lines = [`[WARNING]: ${escapeControls(message)}`];
  if (at !== undefined) lines.push(`  at ${escapeLine(at)}`);
  if (hint !== undefined) lines.push(`  ${escapeControls(hint)}`);
  return `${paint.warning(lines.join("\n"))}\n`;
}
