import { type ExpandedTask, type Frame, frameWith } from "../project/expanded.ts";
import { subsetFor } from "../state/facts/sources.ts";
import { flag, ownList } from "./keywords.ts";
import type { HostRun } from "./host-run.ts";
import type { PlayRun } from "./play-run.ts";

const suffix = "-facts";

/** Whether a task is the one that {@link gatherFactsTask} made. */
export function isFactsTask({ id }: ExpandedTask): boolean {
  return id.endsWith(suffix);
}

/** Hosts whose facts are gathered: under `gathering: smart` those that have none yet, from this run or an earlier one. */
export function hostsToGather({ batch, context }: PlayRun): readonly HostRun[] {
  if (context.project.settings.gathering !== "smart") return batch;
  return batch.filter(({ facts }) => !Object.hasOwn(facts.variables, "module_setup"));
}

/** The task that gathers facts before a play's own tasks; undefined where `gather_facts` is off. */
export async function gatherFactsTask(run: PlayRun): Promise<ExpandedTask | undefined> {
  const { play, batch, context } = run;
  const [first] = batch;
  if (!first) return undefined;
  const scope = context.variables.scope(first, play.frame, run.variables);
  if (flag(scope, play.frame, "gather_facts") === false) return undefined;
  const args = Object.fromEntries(
    ["gather_subset", "gather_timeout", "fact_path"].flatMap((name) => {
      const at = frameWith(play.frame, name);
      return at ? [[name, at.raw[name]]] : [];
    }),
  );
  const narrowed = Object.hasOwn(args, "gather_subset") ? undefined : usedSubset(run);
  const playTags = ownList(scope, play.frame, "tags").map(String);
  const frame: Frame = {
    ...play.frame,
    level: "task",
    parent: play.frame,
    raw: { name: "Gathering Facts" },
    vars: undefined,
  };
  return {
    kind: "task",
    id: `${run.id}${suffix}`,
    task: {
      kind: "task",
      raw: frame.raw,
      at: play.at,
      module: { name: "setup", at: play.at, args: { ...args, ...narrowed } },
      listen: [],
    },
    frame,
    // As in Ansible, a play that has tags gathers facts only for them.
    tags: playTags.length > 0 ? playTags : ["always"],
    isHandler: false,
  };
}

/** What a play gathers that does not say what: the facts that something in the project names. */
function usedSubset({ play, context }: PlayRun): { readonly gather_subset: readonly string[] } | undefined {
  if (context.project.settings.gather_subset.length > 0 || frameWith(play.frame, "module_defaults")) return undefined;
  const names = context.usedFacts();
  const subset = names && subsetFor(names);
  return subset && { gather_subset: subset };
}
