import type { ExpandedTask, Frame } from "../project/expanded.ts";
import { flag } from "./keywords.ts";
import type { PlayRun } from "./play-run.ts";

/** The task that gathers facts before a play's own tasks; undefined where `gather_facts` is off. */
export async function gatherFactsTask(run: PlayRun): Promise<ExpandedTask | undefined> {
  const { play, batch, context } = run;
  const [first] = batch;
  if (!first) return undefined;
  const scope = context.variables.scope(first, play.frame, run.variables);
  if (flag(scope, play.frame, "gather_facts") === false) return undefined;
  const args = Object.fromEntries(
    ["gather_subset", "gather_timeout", "fact_path"]
      .filter((name) => Object.hasOwn(play.frame.raw, name))
      .map((name) => [name, play.frame.raw[name]]),
  );
  const frame: Frame = {
    ...play.frame,
    level: "task",
    parent: play.frame,
    raw: { name: "Gathering Facts" },
    vars: undefined,
  };
  return {
    kind: "task",
    id: `${run.id}-facts`,
    task: { kind: "task", raw: frame.raw, at: play.at, module: { name: "setup", at: play.at, args }, listen: [] },
    frame,
    tags: ["always"],
    isHandler: false,
  };
}
