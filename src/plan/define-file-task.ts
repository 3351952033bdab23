import type { z } from "zod";
import { type Change, change } from "../task/change.ts";
import {
  defineTask,
  type Known,
  type Observed,
  type Plan,
  type Queries,
  type ResourceDefinition,
  type ResourceModule,
} from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { type AttributeFlags, fileFlags } from "../state/file-details.ts";
import { type FileState, file } from "../state/file.ts";
import { selinuxEnabled } from "../state/selinux.ts";
import { flagsAfter, refuseContext, setFlags, type WantedContext, wantsContext } from "./file-flags.ts";

type FileArgs = WantedContext & { readonly attributes?: string | undefined };
type Answers = Readonly<Record<string, unknown>>;

/**
 * As `defineTask`, for a module whose arguments hold `fileAttributeArgs`. What those say beyond owner and mode is done here for all of
 * them: attributes of the file system (chattr), for every file that `observe` names `current` or `current …`, and SELinux contexts.
 */
export function defineFileTask<Args extends z.ZodObject, Q extends Queries, Prepared = undefined>(
  module: ResourceModule<Args, Q, Prepared>,
): ResourceDefinition {
  return defineTask<Args, Queries, Prepared>({
    ...(module as unknown as ResourceModule<Args, Queries, Prepared>),
    observe(args, known, prepared, context) {
      const queries = module.observe(args, known, prepared, context);
      const wanted = args as FileArgs;
      return {
        ...queries,
        ...(wantsContext(wanted) && { selinux: selinuxEnabled(null) }),
        ...(wanted.attributes !== undefined && observeFlags(queries, known)),
      };
    },
    plan(args, state, context) {
      const answers = state as Answers;
      const wanted = args as FileArgs;
      refuseContext(wanted, answers["selinux"] === true);
      const planned = module.plan(args, state as Observed<Q>, context);
      if (wanted.attributes === undefined) return planned;
      const plan: Plan = "changes" in planned ? planned : { changes: planned };
      if (!Object.keys(answers).some((name) => name.startsWith("flagged ")))
        throw new TaskFailure(
          "`attributes` is not supported for what is written here: set them with the module `file`",
        );
      // A second plan follows, which knows what came of the first.
      if (plan.skipped || plan.isPartial) return plan;
      return { ...plan, changes: [...plan.changes, ...planFlags(wanted.attributes, answers, plan.changes)] };
    },
  });
}

/** The files under names that {@link planFlags} finds, and the attributes of what they lead to. */
function observeFlags(queries: Queries, known: Known): Queries {
  const paths = Object.entries(queries).flatMap(([name, query]) =>
    /^current( |$)/.test(name) && query?.kind.name === file.kind ? [query.key as string] : [],
  );
  return Object.fromEntries(
    paths.flatMap((path): [string, Query<unknown>][] => [
      [`flagged ${path}`, file(path)],
      [`flags ${path}`, fileFlags(endOf(path, known(file(path))))],
    ]),
  );
}

function planFlags(attributes: string, answers: Answers, changes: readonly Change[]): readonly Change[] {
  return Object.keys(answers).flatMap((name) => {
    const path = /^flagged (.*)$/s.exec(name)?.[1];
    if (path === undefined) return [];
    const current = answers[name] as FileState | undefined;
    const own = changes.filter(({ query }) => query.id === file(path).id);
    if (own.some(({ action }) => action === "remove") || (!current && own.length === 0)) return [];
    const after = Object.assign({}, current, ...own.map((change) => change.after)) as FileState;
    // What is put in the place of a file has none of its attributes.
    const isNew = own.some(({ steps }) => steps.length > 0);
    const flags = isNew ? undefined : (answers[`flags ${path}`] as AttributeFlags | undefined);
    const wanted = flagsAfter(attributes, flags);
    if (wanted === undefined) return [];
    const target = endOf(path, after);
    const diff = { before: `attributes: ${flags?.flags ?? ""}\n`, after: `attributes: ${wanted}\n` };
    return [change(fileFlags(target), { flags: wanted }, setFlags(target, attributes), { diff })];
  });
}

function endOf(path: string, state: FileState | undefined): string {
  return (state?.type === "link" ? state.realPath : undefined) ?? path;
}
