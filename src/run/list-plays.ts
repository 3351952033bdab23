import { type ExpandedPlay, type ExpandedTask, tasksOf } from "../project/expanded.ts";
import type { ListedPlay, ListedPlaybook, RunOptions } from "../project/options.ts";
import type { Project } from "../project/project.ts";
import { keyword, text } from "./keywords.ts";
import { isSelected } from "./tags.ts";
import { toText } from "../template/python-repr.ts";

/** What `--list-hosts`, `--list-tasks` and `--list-tags` show: the static tasks that the tags select. */
export function listPlays(
  project: Project,
  playbooks: readonly { readonly path: string; readonly plays: readonly ExpandedPlay[] }[],
  options: RunOptions,
): readonly ListedPlaybook[] {
  return playbooks.map(({ path, plays }) => ({ path, plays: plays.map((play) => listPlay(project, play, options)) }));
}

function listPlay(project: Project, play: ExpandedPlay, options: RunOptions): ListedPlay {
  const scope = project.playScope(play);
  const pattern = keyword(scope, play.frame, "hosts");
  const patterns = (Array.isArray(pattern) ? pattern : [pattern]).map(String);
  const tasks = [...play.preTasks, ...play.tasks, ...play.postTasks]
    .flatMap(tasksOf)
    .filter((task) => isSelected(task.tags, options.tags, options.skipTags) && task.task.module.name !== "meta");
  const tags = play.frame.raw["tags"];
  return {
    name: text(scope, play.frame, "name") ?? patterns.join(","),
    pattern: patterns.join(","),
    tags: (Array.isArray(tags) ? tags : tags === undefined ? [] : [tags]).map(String),
    hosts: project.match(patterns.join(",")),
    tasks: tasks.map((task) => ({ name: nameOf(task), tags: task.tags.toSorted() })),
  };
}

function nameOf(task: ExpandedTask): string {
  const name = toText(task.frame.raw["name"] ?? task.task.module.name);
  return task.frame.role ? `${task.frame.role.name} : ${name}` : name;
}
