import type { ActionContext, ActionResult } from "../task/define-action.ts";
import type { Query } from "../task/query.ts";
import { joinPath } from "../state/host-path.ts";
import { pathMatch } from "../state/path-match.ts";

/** The arguments by which a command says what it makes or takes away. */
export interface RunOnceArgs {
  readonly creates?: string | undefined;
  readonly removes?: string | undefined;
  /** Where the command runs: relative paths are meant there. */
  readonly chdir?: string | undefined;
}

/** What must be known to tell whether a command is still to be run. */
export function runOnceQueries({ creates, removes, chdir }: RunOnceArgs): Record<string, Query<boolean> | undefined> {
  return {
    creates: creates === undefined ? undefined : pathMatch(inDirectory(chdir, creates)),
    removes: removes === undefined ? undefined : pathMatch(inDirectory(chdir, removes)),
  };
}

function inDirectory(chdir: string | undefined, path: string): string {
  return chdir === undefined || /^[/~]/.test(path) ? path : joinPath(chdir, path);
}

/** Ansible's result for a command that is not to be run any more; undefined when it is. */
export async function alreadyDone(args: RunOnceArgs, context: ActionContext): Promise<ActionResult | undefined> {
  const { creates, removes } = args;
  const queries = runOnceQueries(args);
  const did = context.isCheck ? "Would" : "Did";
  if (queries["creates"] && (await context.host.cached(queries["creates"]))) {
    return notRun(`${did} not run command since '${creates}' exists`, `skipped, since ${creates} exists`);
  }
  if (queries["removes"] && !(await context.host.cached(queries["removes"]))) {
    return notRun(
      `${did} not run command since '${removes}' does not exist`,
      `skipped, since ${removes} does not exist`,
    );
  }
  return undefined;
}

/** Under `--check`: a change where `creates` or `removes` say so, else nothing can be told. */
export function wouldRun({ creates, removes }: RunOnceArgs): ActionResult {
  const isKnown = creates !== undefined || removes !== undefined;
  return {
    ...blank,
    changed: isKnown,
    ...(!isKnown && { skipped: true }),
    msg: "Command would have run if not in check mode",
  };
}

const blank = {
  rc: 0,
  stdout: "",
  stderr: "",
  stdout_lines: [],
  stderr_lines: [],
  start: null,
  end: null,
  delta: null,
};

function notRun(msg: string, stdout: string): ActionResult {
  return { ...blank, changed: false, msg, stdout, stdout_lines: [stdout] };
}
