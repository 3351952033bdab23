import { copyPositions, positionOf, recordPosition } from "../yaml/positions.ts";
import type { Mapping } from "./model.ts";
import { parseKeyValues } from "./parse-key-values.ts";
import { isLoopKey } from "./parse-loop.ts";
import { isMapping, isOpen } from "./values.ts";

/**
 * `include: FILE a=1 b=2`, which Ansible took until 2.16, as what it meant: `import_tasks`, or `include_tasks` when it loops or its file
 * is a template, with the words after the file as variables.
 */
export function withoutBareInclude(task: Mapping): Mapping {
  const key = ["include", "ansible.builtin.include", "ansible.legacy.include"].find((name) =>
    Object.hasOwn(task, name),
  );
  if (key === undefined) return task;
  const written = task[key];
  const line = typeof written === "string" ? parseKeyValues(written, { isCommand: false }) : undefined;
  if (line?.rest === undefined) return task;
  const file = line.rest.text.trim();
  const name = Object.keys(task).some(isLoopKey) || isOpen(file) ? "include_tasks" : "import_tasks";
  const own = isMapping(task["vars"]) ? task["vars"] : {};
  const params = Object.fromEntries(line.pairs.map((pair) => [pair.key, pair.value.text]));
  const vars = { ...own, ...params };
  copyPositions(own, vars);
  const rest = Object.entries(task).filter(([other]) => other !== key && other !== "vars");
  const renamed: Mapping = { ...Object.fromEntries(rest), ...(Object.keys(vars).length > 0 && { vars }), [name]: file };
  const position = positionOf(task);
  const slot = position?.slots.get(key);
  if (position && slot) recordPosition(renamed, { ...position, slots: new Map([...position.slots, [name, slot]]) });
  return renamed;
}
