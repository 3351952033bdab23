import type { TaskLabel } from "../run/events.ts";
import { displayWidth } from "./display-width.ts";
import { escapeLine } from "./escape-controls.ts";

/** Ansible's heading: an empty line, the text, stars up to the width (at least 79 columns, as lib/ansible/utils/display.py). */
export function banner(text: string, columns: number | undefined): string {
  const width = Math.max(79, (columns ?? 0) - 1);
  const title = escapeLine(text.trim());
  return `\n${title} ${"*".repeat(Math.max(3, width - displayWidth(title)))}\n`;
}

/** `TASK [role : name]` or `RUNNING HANDLER [name]`. */
export function taskBanner(task: TaskLabel, columns: number | undefined): string {
  return banner(`${task.isHandler ? "RUNNING HANDLER" : "TASK"} [${taskName(task)}]`, columns);
}

export function taskName(task: TaskLabel): string {
  return task.role ? `${task.role} : ${task.name}` : task.name;
}
