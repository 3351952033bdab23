import { messageOf, TsrunError } from "../lib/errors.ts";
import { formatLocation } from "../lib/source.ts";
import { codeFrame } from "../yaml/code-frame.ts";
import type { ExpandedTask } from "../project/expanded.ts";
import { parseBoolean } from "../task/args.ts";
import { splitLines } from "../task/command-result.ts";
import { TaskFailure } from "../task/failure.ts";
import type { VarScope } from "../vars/scope.ts";
import { falseWhen, firstFalse } from "./conditions.ts";
import type { DiffText, FailureDetail, ResultFields, TaskStatus } from "./events.ts";
import { numeric } from "./keywords.ts";
import type { ModuleOutcome } from "./outcome.ts";
import { data } from "./variables.ts";

/** What one item of a task (or the task, when it does not loop) came to on a host. */
export interface ItemOutcome {
  readonly status: TaskStatus;
  readonly result: ResultFields;
  readonly diff?: readonly DiffText[] | undefined;
  readonly skippedBecause?: string | undefined;
  readonly error?: FailureDetail | undefined;
}

export interface ItemRun {
  readonly task: ExpandedTask;
  readonly scope: VarScope;
  /** Runs the module once with the variables of `scope`. Throws. */
  readonly invoke: (scope: VarScope) => Promise<ModuleOutcome>;
  readonly onRetry: (attempt: number, left: number, result: ResultFields) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Evaluates `when`, runs the module, retries `until`, and judges the result by `changed_when` and `failed_when`. */
export async function runItem(run: ItemRun): Promise<ItemOutcome> {
  try {
    const notNow = falseWhen(run.scope, run.task.frame);
    if (notNow) {
      return {
        status: "skipped",
        result: {
          changed: false,
          skipped: true,
          skip_reason: "Conditional result was False",
          false_condition: notNow.condition,
        },
        skippedBecause: notNow.because,
      };
    }
    return await attempts(run);
  } catch (error) {
    if (run.signal.aborted) throw run.signal.reason;
    return failureOf(error);
  }
}

async function attempts(run: ItemRun): Promise<ItemOutcome> {
  const { raw } = run.task.frame;
  const repeats = Object.hasOwn(raw, "until") || Object.hasOwn(raw, "retries");
  if (!repeats) return await attempt(run);
  const retries = numeric(run.scope, run.task.frame, "retries");
  // As in Ansible: `retries: n` means n more attempts; `until` alone makes three attempts in all.
  const total = retries === undefined ? 3 : retries <= 0 ? 1 : retries + 1;
  const delayMs = Math.max(0, numeric(run.scope, run.task.frame, "delay") ?? 5) * 1000;
  for (let count = 1; ; count++) {
    const outcome = await attempt(run, { attempts: count });
    const { result } = outcome;
    const scope = withRegister(run, result);
    const unmet = Object.hasOwn(raw, "until") ? firstFalse(scope, raw, "until") : undefined;
    const isDone = Object.hasOwn(raw, "until") ? !unmet : outcome.status !== "failed";
    if (outcome.status === "unreachable") return outcome;
    if (isDone) return { ...outcome, result };
    if (count >= total) {
      const left = { ...result, attempts: total - 1 || 1 };
      const error = unmet ? { ...outcome.error, because: `until: ${unmet.because}` } : outcome.error;
      return { ...outcome, status: "failed", result: { ...left, failed: true }, error };
    }
    run.onRetry(count, total - count, result);
    await run.sleep(delayMs);
  }
}

/** `counted`: what `changed_when` and `failed_when` may already know besides the module's own result. */
async function attempt(run: ItemRun, counted: ResultFields = {}): Promise<ItemOutcome> {
  let outcome: ItemOutcome;
  try {
    const done = await run.invoke(run.scope);
    const { failed, ...fields } = done.fields;
    const hasFailed = failed === true;
    outcome = {
      status: hasFailed ? "failed" : done.status,
      result: withLines({ ...fields, ...counted, ...(hasFailed && { failed }) }, done.status),
      diff: done.diff,
    };
  } catch (error) {
    if (run.signal.aborted) throw error;
    const failure = failureOf(error);
    outcome = { ...failure, result: { ...failure.result, ...counted } };
  }
  return judge(run, outcome);
}

/** `changed_when` and `failed_when`: they see the result under the name that `register` gives it. */
function judge(run: ItemRun, outcome: ItemOutcome): ItemOutcome {
  const { raw } = run.task.frame;
  if (outcome.status === "unreachable" || outcome.status === "skipped" || outcome.status === "unknown") return outcome;
  let judged = outcome;
  const judgement = (keyword: string, scope: VarScope): boolean | undefined => {
    const value = raw[keyword];
    if (value === undefined || value === null) return undefined;
    return parseBoolean(value) ?? !firstFalse(scope, raw, keyword);
  };
  try {
    const isFailed = judgement("failed_when", withRegister(run, outcome.result));
    if (isFailed !== undefined) {
      const { failed: _, ...rest } = judged.result;
      const fields = { ...rest, failed: isFailed, failed_when_result: isFailed };
      const otherwise =
        judged.status === "failed" ? (judged.result["changed"] === true ? "changed" : "ok") : judged.status;
      const error = isFailed
        ? { ...judged.error, because: `failed_when: ${seenBy(run, outcome, "failed_when")}` }
        : undefined;
      judged = { ...judged, status: isFailed ? "failed" : otherwise, result: fields, error };
    }
    const isChanged = judgement("changed_when", withRegister(run, judged.result));
    if (isChanged !== undefined) {
      const status = judged.status === "failed" ? "failed" : isChanged ? "changed" : "ok";
      judged = { ...judged, status, result: { ...judged.result, changed: isChanged } };
    }
    return judged;
  } catch (error) {
    const failure = failureOf(error);
    const { changed } = outcome.result;
    return { ...failure, result: { ...outcome.result, ...failure.result, changed } };
  }
}

/** A condition that was true, with the values it saw. */
function seenBy(run: ItemRun, { result }: ItemOutcome, keyword: string): string {
  const scope = withRegister(run, result);
  const { raw } = run.task.frame;
  const value = raw[keyword];
  if (!Array.isArray(value)) return scope.describeCondition(raw, keyword);
  return [...value.keys()].map((index) => scope.describeCondition(value, index)).join(" and ");
}

function withRegister(run: ItemRun, result: ResultFields): VarScope {
  const { register } = run.task.frame.raw;
  const values = { failed: false, ...result };
  return typeof register === "string" ? run.scope.with(data("register", { [register]: values })) : run.scope;
}

/** `stdout_lines` and `stderr_lines`, which Ansible adds to every result that has the text. */
function withLines(fields: Readonly<Record<string, unknown>>, status: TaskStatus): ResultFields {
  const result: Record<string, unknown> = { changed: false, ...fields };
  for (const name of ["stdout", "stderr"]) {
    const value = fields[name];
    if (typeof value === "string" && !Object.hasOwn(fields, `${name}_lines`))
      result[`${name}_lines`] = splitLines(value);
  }
  if (status === "skipped") result["skipped"] = true;
  return result;
}

const unreachableCodes: ReadonlySet<string> = new Set([
  "E_UNREACHABLE",
  "E_HOST_KEY",
  "E_AUTHENTICATION",
  "E_CONNECTION_LOST",
  "E_CHANNEL_REFUSED",
  "E_SHELL_START",
]);

/** A thrown error as a task's result. */
export function failureOf(error: unknown): ItemOutcome {
  if (error instanceof TaskFailure) {
    return {
      status: "failed",
      result: withLines(
        { ...error.fields, changed: error.fields["changed"] === true, failed: true, msg: error.message },
        "failed",
      ),
    };
  }
  if (error instanceof TsrunError) {
    const fields = { changed: false, msg: error.message };
    const detail: FailureDetail = {
      code: error.code,
      ...(error.at && { at: formatLocation(error.at), frame: codeFrame(error.at) }),
      ...(error.hint !== undefined && { hint: error.hint }),
    };
    return unreachableCodes.has(error.code)
      ? { status: "unreachable", result: { ...fields, unreachable: true }, error: detail }
      : { status: "failed", result: { ...fields, failed: true }, error: detail };
  }
  return {
    status: "failed",
    result: {
      changed: false,
      failed: true,
      msg: `internal error: ${messageOf(error)}`,
      exception: error instanceof Error ? error.stack : undefined,
    },
  };
}
