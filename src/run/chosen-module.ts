import type { ExpandedTask } from "../project/expanded.ts";
import { toText } from "../template/python-repr.ts";
import type { HostRun } from "./host-run.ts";
import type { ListContext, PlayRun } from "./play-run.ts";
import { recordFailure } from "./record-result.ts";

/** `action: "{{ module }} k=v"`: runs the task for the hosts of each module that the name comes to. */
export async function runChosen(
  run: PlayRun,
  task: ExpandedTask,
  hosts: readonly HostRun[],
  list: ListContext,
): Promise<void> {
  const { variables, project } = run.context;
  const chosen = new Map<string, { readonly task: ExpandedTask; readonly hosts: HostRun[] }>();
  for (const host of hosts) {
    try {
      const scope = variables.scope(host, task.frame, run.variables);
      const name = toText(scope.evaluateMember({ action: task.task.module.name }, "action"));
      const known = chosen.get(name);
      if (known) {
        known.hosts.push(host);
        continue;
      }
      const concrete = { ...task, task: { ...task.task, module: { ...task.task.module, name } } };
      await project.module(concrete);
      chosen.set(name, { task: concrete, hosts: [host] });
    } catch (error) {
      recordFailure(run, task, host, error, list);
    }
  }
  for (const { task: concrete, hosts: asking } of chosen.values()) await run.runNode(concrete, asking, list);
}
