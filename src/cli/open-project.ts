import type { ProjectOptions, RunHooks, RunOptions } from "../project/options.ts";
import { loadProject, type Project } from "../project/project.ts";
import type { CliContext } from "./command.ts";
import { warnings } from "./configuration.ts";
import { ask } from "./prompt.ts";

/** The project of the directory, for commands that run nothing. */
export function openProject(
  options: ProjectOptions,
  context: CliContext,
  onSecret: (value: string) => void = () => {},
): Promise<Project> {
  const hooks: RunHooks = { onSecret, ask: (question) => ask(question, context) };
  return loadProject(withoutRun(options), hooks, warnings(context));
}

/** Options of a run that does not take place. */
export function withoutRun(options: ProjectOptions, playbooks: readonly string[] = []): RunOptions {
  return {
    ...options,
    playbooks,
    isCheck: false,
    wantsDiff: false,
    tags: [],
    skipTags: [],
    isStep: false,
    forceHandlers: false,
    flushCache: false,
    connection: {},
    become: { isOn: false },
  };
}
