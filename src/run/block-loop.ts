import type { Loop } from "../playbook/model.ts";
import type { Expanded, ExpandedBlock, ExpandedTask, Frame } from "../project/expanded.ts";
import type { HostRun } from "./host-run.ts";
import { itemLayer, loopControl, loopItems } from "./loop-items.ts";
import type { ListContext, PlayRun } from "./play-run.ts";
import { recordFailure } from "./record-result.ts";
import { skippedAnyway } from "./run-task.ts";

/** One turn of a looping block, for the hosts that have the same item in it. */
interface BlockTurn {
  readonly block: ExpandedBlock;
  readonly hosts: HostRun[];
  readonly pauseMs: number;
}

/**
 * Runs a block with a loop, which is tsrun's own: what Ansible needs an include for. In each turn the block's tasks are copied with the
 * item among their variables, as strong as those of an include. Lists are evaluated before the first turn.
 */
export async function runLoopingBlock(
  run: PlayRun,
  block: ExpandedBlock,
  loop: Loop,
  hosts: readonly HostRun[],
  list: ListContext,
  runTurn: (block: ExpandedBlock, hosts: readonly HostRun[]) => Promise<void>,
): Promise<void> {
  for (const turn of turnsOf(run, block, loop, hosts, list)) {
    const active = turn.hosts.filter(({ isActive }) => isActive);
    if (active.length === 0) continue;
    if (turn.pauseMs > 0) await run.context.sleep(turn.pauseMs);
    await runTurn(turn.block, active);
  }
}

function turnsOf(
  run: PlayRun,
  block: ExpandedBlock,
  loop: Loop,
  hosts: readonly HostRun[],
  list: ListContext,
): readonly BlockTurn[] {
  const turns: Map<string, BlockTurn>[] = [];
  for (const host of hosts) {
    try {
      const scope = run.context.variables.scope(host, block.frame, run.variables);
      const control = loopControl(scope, block.frame);
      const items = loopItems(scope, loop);
      for (const [index, item] of items.entries()) {
        const group = (turns[index] ??= new Map<string, BlockTurn>());
        const key = JSON.stringify([item, items.length]);
        const known = group.get(key);
        if (known) known.hosts.push(host);
        else {
          const frame: Frame = { ...block.frame, params: [itemLayer(items, index, control), ...block.frame.params] };
          const pauseMs = index > 0 ? control.pauseMs : 0;
          group.set(key, { block: copied(block, frame, `${index}.${group.size}`), hosts: [host], pauseMs });
        }
      }
    } catch (error) {
      fail(run, block, host, error, list);
    }
  }
  return turns.flatMap((group) => [...group.values()]);
}

/** The list cannot be made: no failure where the block's `when` is false anyway. */
function fail(run: PlayRun, { frame, id, at }: ExpandedBlock, host: HostRun, error: unknown, list: ListContext): void {
  if (skippedAnyway(run.context.variables.scope(host, frame, run.variables), frame)) return;
  const task: ExpandedTask = {
    kind: "task",
    id,
    task: { kind: "task", raw: frame.raw, at, module: { name: "block", at, args: {} }, listen: [] },
    frame,
    tags: [],
    isHandler: false,
  };
  recordFailure(run, task, host, error, list);
}

/** The block without its loop, standing in another frame. Its nodes get ids of their own. */
function copied(block: ExpandedBlock, frame: Frame, turn: string): ExpandedBlock {
  const frames = new Map<Frame, Frame>([[block.frame, frame]]);
  const moved = (old: Frame): Frame => {
    let made = frames.get(old);
    if (!made) {
      const parent = old.parent && moved(old.parent);
      made = parent === old.parent ? old : { ...old, parent };
      frames.set(old, made);
    }
    return made;
  };
  const node = (one: Expanded): Expanded => (one.kind === "block" ? inner(one) : task(one));
  const task = (one: ExpandedTask): ExpandedTask => ({ ...one, id: `${one.id}.${turn}`, frame: moved(one.frame) });
  const inner = (one: ExpandedBlock): ExpandedBlock => ({
    ...one,
    id: `${one.id}.${turn}`,
    frame: moved(one.frame),
    block: one.block.map(node),
    rescue: one.rescue.map(node),
    always: one.always.map(node),
  });
  return { ...inner(block), loop: undefined };
}
