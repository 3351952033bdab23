import { concat } from "../lib/concat.ts";
import type { ExpandedBlock } from "../project/expanded.ts";
import type { HostRun } from "./host-run.ts";
import type { ListContext, PlayRun } from "./play-run.ts";

/** A block: `rescue` for the hosts that failed in it, `always` for all of them. */
export async function runBlock(
  run: PlayRun,
  block: ExpandedBlock,
  hosts: readonly HostRun[],
  list: ListContext,
): Promise<void> {
  const hasRescue = block.rescue.length > 0;
  try {
    await run.runList(block.block, hosts, {
      isRescuable: hasRescue || list.isRescuable,
      rest: () => concat(block.always, list.rest()),
    });
    const failed = hosts.filter((host) => host.status === "failed");
    if (hasRescue && failed.length > 0) {
      for (const host of failed) {
        host.status = "active";
        if (host.failure) {
          host.setVariable("ansible_failed_task", host.failure.facts);
          host.setVariable("ansible_failed_result", host.failure.result);
        }
      }
      await run.runList(block.rescue, failed, list);
      for (const host of failed) if (host.isActive) host.failure = undefined;
    }
  } finally {
    await runAlways(run, block, hosts, list);
  }
}

/** `always` runs for failed hosts too; they stay failed afterwards. */
async function runAlways(
  run: PlayRun,
  block: ExpandedBlock,
  hosts: readonly HostRun[],
  list: ListContext,
): Promise<void> {
  if (block.always.length === 0 || run.context.signal.aborted) return;
  const failed = hosts.filter((host) => host.status === "failed");
  for (const host of failed) host.status = "active";
  await run.runList(block.always, hosts, list);
  for (const host of failed) if (host.isActive) host.status = "failed";
}
