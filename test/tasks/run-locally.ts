import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { checkArguments } from "../../src/task/args.ts";
import type { Change, WriteFile } from "../../src/task/change.ts";
import type { Controller } from "../../src/task/controller.ts";
import type { CommandOutput, Known, Plan, ResourceDefinition } from "../../src/task/define-task.ts";
import type { Query } from "../../src/task/query.ts";
import { runQuery } from "../state/run-query.ts";
import { localController } from "./local-controller.ts";

export interface LocalRun {
  readonly changed: boolean;
  readonly changes: readonly Change[];
  readonly result: Readonly<Record<string, unknown>>;
  readonly outputs: readonly CommandOutput[];
}

export interface LocalOptions {
  /** How a shell of the host is started; this machine's own without it. */
  readonly shell?: readonly string[];
  readonly controller?: Partial<Controller>;
  readonly wantsDiff?: boolean;
}

/**
 * Runs a resource module on this machine, for tests on files below a temporary directory: observe, plan, apply, and verify that nothing
 * is left to do. Throws when a step fails or the change did not hold.
 */
export async function runLocally(
  module: ResourceDefinition,
  raw: Readonly<Record<string, unknown>>,
  options: LocalOptions = {},
): Promise<LocalRun> {
  const { args, problems } = checkArguments(module.args, raw);
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join("; "));
  const controller = { ...localController, ...options.controller } as Controller;
  const prepared = await module.prepare?.(args, controller);
  const shell = options.shell ?? ["sh"];
  const context = { wantsDiff: options.wantsDiff ?? true, shell };
  const before = observe(module, args, prepared, context);
  const applied: Change[] = [];
  const outputs: CommandOutput[] = [];
  const backups = new Map<string, string>();
  for (let stage = 0; stage < 5; stage++) {
    const state = stage === 0 ? before : observe(module, args, prepared, context);
    const plan = toPlan(module.plan(args, state, { prepared, isCheck: false, applied }));
    apply(plan.changes, outputs, backups, shell);
    applied.push(...plan.changes);
    if (!plan.isPartial) break;
  }
  const after = applied.length === 0 ? before : observe(module, args, prepared, context);
  const left = toPlan(module.plan(args, after, { prepared, isCheck: false, applied })).changes.filter(
    (change) => !change.isEvent,
  );
  if (applied.length > 0 && left.length > 0)
    throw new Error(`the change did not hold: ${left.map((change) => change.query.id).join(", ")}`);
  const changed = applied.some((change) => !change.isQuiet);
  const result = module.result?.(args, { before, after, changes: applied, outputs, backups, prepared, isCheck: false });
  return { changed, changes: applied, outputs, result: { changed, ...result } };
}

function observe(
  module: ResourceDefinition,
  args: Record<string, unknown>,
  prepared: unknown,
  context: { wantsDiff: boolean; shell: readonly string[] },
): Record<string, unknown> {
  const answers = new Map<string, unknown>();
  const known: Known = (query) => answers.get(query.id) as never;
  for (;;) {
    const queries = Object.entries(module.observe(args, known, prepared, context)).flatMap(([name, query]) =>
      query ? [[name, query] as const] : [],
    );
    const fresh = [
      ...new Map(queries.filter(([, query]) => !answers.has(query.id)).map(([, query]) => [query.id, query])).values(),
    ];
    if (fresh.length === 0) return Object.fromEntries(queries.map(([name, query]) => [name, answers.get(query.id)]));
    for (const kind of new Set(fresh.map((query) => query.kind))) {
      const ofKind = fresh.filter((query) => query.kind === kind) as Query<unknown>[];
      const found = runQuery(ofKind, context.shell);
      ofKind.forEach((query, index) => answers.set(query.id, found[index]));
    }
  }
}

function apply(
  changes: readonly Change[],
  outputs: CommandOutput[],
  backups: Map<string, string>,
  shell: readonly string[],
): void {
  for (const step of changes.flatMap((change) => change.steps)) {
    if (step.type === "write") {
      if (shell.length > 1) writeElsewhere(step.file, shell);
      else write(step.file, backups);
      continue;
    }
    const { script, stdin } = step.command;
    const [program = "sh", ...options] = shell;
    const run = spawnSync(program, [...options, "-c", script.text], {
      input: stdin ?? "",
      cwd: "/",
      env: { PATH: process.env["PATH"], LC_ALL: "C", HOME: "/root" },
    });
    const output = { rc: run.status ?? -1, stdout: run.stdout.toString(), stderr: run.stderr.toString() };
    outputs.push(output);
    if (output.rc !== 0)
      throw new Error(`step failed with ${output.rc}: ${script.text}\n${output.stdout}${output.stderr}`);
  }
}

function writeElsewhere(file: WriteFile, [program = "sh", ...options]: readonly string[]): void {
  const script = 'cat > "$1" && chmod "$2" "$1" && chown "$3" "$1"';
  const words = [file.path, file.mode ?? "0644", `${file.owner ?? ""}:${file.group ?? ""}`];
  const run = spawnSync(program, [...options, "-c", script, "sh", ...words], { input: file.content as Uint8Array });
  if (run.status !== 0) throw new Error(run.stderr.toString());
}

/** The same as the host's writer, as far as tests can see. */
function write(file: WriteFile, backups: Map<string, string>): void {
  const stats = existsSync(file.path) && lstatSync(file.path).isFile() ? lstatSync(file.path) : undefined;
  if (file.backup && stats) {
    backups.set(file.path, `${file.path}.backup~`);
    copyFileSync(file.path, `${file.path}.backup~`);
  }
  const temporary = `${file.path}.tsrun-test`;
  writeFileSync(temporary, file.content instanceof Uint8Array ? file.content : readFileSync(file.content.localPath));
  chmodSync(temporary, file.mode === undefined ? (stats?.mode ?? 0o644) & 0o7777 : Number.parseInt(file.mode, 8));
  if (stats) chownSync(temporary, stats.uid, stats.gid);
  if (file.owner !== undefined || file.group !== undefined) {
    const run = spawnSync("chown", [`${file.owner ?? ""}:${file.group ?? ""}`, temporary]);
    if (run.status !== 0) throw new Error(run.stderr.toString());
  }
  if (file.validate !== undefined) {
    const run = spawnSync("sh", ["-c", file.validate.replaceAll("%s", temporary)]);
    if (run.status !== 0) throw new Error(`failed to validate: ${run.stderr.toString()}`);
  }
  renameSync(temporary, file.path);
}

function toPlan(planned: readonly Change[] | Plan): Plan {
  return "changes" in planned ? planned : { changes: planned };
}
