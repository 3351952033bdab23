import { messageOf, TsrunError } from "../lib/errors.ts";
import { type ExpandedTask, frameWith } from "../project/expanded.ts";
import { repr, toText } from "../template/python-repr.ts";
import { dictEntries, isDict, isList } from "../template/values.ts";
import { finalize, type VarScope } from "../vars/scope.ts";
import { parseDebuggerCommand } from "./debugger-command.ts";
import type { Executed } from "./execute-task.ts";
import type { HostRun } from "./host-run.ts";
import { flag, text } from "./keywords.ts";
import { shown } from "./no-log.ts";
import type { PlayRun } from "./play-run.ts";

const HELP = `p EXPRESSION              show it: task, task.args, task_vars['name'], host, result._result
task.args['name'] = VALUE another argument for the next try
task_vars['name'] = VALUE another variable for it
u                         the task as it is written, with those variables
r                         try again
c                         go on with the run
q                         leave it
`;

/**
 * `debugger:` and `strategy: debug`, as Ansible's task debugger: where a task came to what the keyword names, the person at the terminal
 * may look at it, change its arguments and variables, and try again. Without a terminal it is off, with one warning.
 */
export class TaskDebugger {
  #isOff = false;
  /** One host after the other: there is one terminal. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Answers the task's outcome after all tries. `execute`: tries it again, as it was changed. */
  async watch(
    run: PlayRun,
    task: ExpandedTask,
    host: HostRun,
    done: Executed,
    execute: (task: ExpandedTask) => Promise<Executed>,
  ): Promise<Executed> {
    if (this.#isOff || !isWanted(run, task, host, done)) return done;
    const mine = this.#turn.then(() => this.#tries(run, task, host, done, execute));
    this.#turn = mine.catch(() => {});
    return await mine;
  }

  async #tries(
    run: PlayRun,
    task: ExpandedTask,
    host: HostRun,
    first: Executed,
    execute: (task: ExpandedTask) => Promise<Executed>,
  ): Promise<Executed> {
    let done = first;
    let edited = task;
    while (!this.#isOff && isWanted(run, edited, host, done)) {
      const next = await this.#session(run, task, edited, host, done);
      if (next === undefined) break;
      edited = next;
      done = await execute(edited);
    }
    return done;
  }

  /** Asks until the task is to be tried again; undefined to go on as it is. */
  async #session(
    run: PlayRun,
    original: ExpandedTask,
    start: ExpandedTask,
    host: HostRun,
    done: Executed,
  ): Promise<ExpandedTask | undefined> {
    const { context } = run;
    const name = run.labelOf(original, host).name;
    const result = shown(done.result, done.isCensored);
    let task = start;
    let output = `\n${host.name}: ${done.status}${result["msg"] === undefined ? "" : `: ${toText(result["msg"])}`}\n`;
    for (;;) {
      let line: string;
      try {
        line = await context.hooks.ask({ text: `${output}[${host.name}] TASK: ${name} (debug)> `, isSecret: false });
      } catch (error) {
        if (context.signal.aborted) throw error;
        this.#isOff = true;
        context.emit({ type: "warning", message: `the task debugger is off: ${messageOf(error)}` });
        return undefined;
      }
      const command = parseDebuggerCommand(line);
      const scope = (): VarScope => debugScope(run, task, host, result, name);
      output = "";
      try {
        switch (command.kind) {
          case "redo":
            return task;
          case "continue":
            return undefined;
          case "quit":
            throw new TsrunError({ code: "E_INTERRUPTED", message: "interrupted at the task debugger" });
          case "update":
            task = withModule(task, original);
            break;
          case "print":
            output = `${pretty(finalize(scope().evaluateExpression(command.expression)))}\n`;
            break;
          case "set":
            task = changed(task, command.target, command.key, finalize(scope().evaluateExpression(command.expression)));
            break;
          case "help":
            output = HELP;
            break;
          case "unknown":
            output = `unknown command \`${command.text}\`; h shows what there is\n`;
            break;
          case "nothing":
        }
      } catch (error) {
        if (error instanceof TsrunError && error.code === "E_INTERRUPTED") throw error;
        output = `${messageOf(error)}\n`;
      }
    }
  }
}

function isWanted(run: PlayRun, task: ExpandedTask, host: HostRun, done: Executed): boolean {
  const { enable_task_debugger: isEnabled, task_debugger_ignore_errors: sparesIgnored } = run.context.project.settings;
  const isUsual = isEnabled || run.strategy === "debug";
  if (!isUsual && !frameWith(task.frame, "debugger")) return false;
  const scope = run.context.variables.scope(host, task.frame, run.variables);
  const isIgnored = sparesIgnored && flag(scope, task.frame, "ignore_errors") === true;
  const hasFailed = done.status === "failed" && !isIgnored;
  switch (text(scope, task.frame, "debugger")) {
    case "always":
      return true;
    case "never":
      return false;
    case "on_failed":
      return hasFailed;
    case "on_unreachable":
      return done.status === "unreachable";
    case "on_skipped":
      return done.status === "skipped";
    default:
      return isUsual && (hasFailed || done.status === "unreachable");
  }
}

/** The names that Ansible's debugger has, above the task's own variables. */
function debugScope(run: PlayRun, task: ExpandedTask, host: HostRun, result: unknown, name: string): VarScope {
  const scope = run.context.variables.scope(host, task.frame, run.variables);
  const { module } = task.task;
  const free = module.freeForm && { _raw_params: module.freeForm.text };
  const taskVars = {};
  for (const known of scope.names())
    Object.defineProperty(taskVars, known, { enumerable: true, configurable: true, get: () => scope.get(known) });
  const values = {
    task: { name, action: module.name, args: { ...free, ...module.args }, vars: task.frame.vars?.values ?? {} },
    task_vars: taskVars,
    host: host.name,
    result: { _result: result },
  };
  return scope.with({ name: "debugger", values, trusted: false });
}

/** The task with another argument, or another variable: stronger than all but extra vars. */
function changed(task: ExpandedTask, target: "args" | "vars", key: string | undefined, value: unknown): ExpandedTask {
  const values = key === undefined ? value : { [key]: value };
  if (!isDict(values)) throw new TsrunError({ code: "E_TEMPLATE", message: "expected a dict" });
  if (target === "vars") {
    const layer = { name: "debugger", values, trusted: true };
    return { ...task, frame: { ...task.frame, params: [layer, ...task.frame.params] } };
  }
  const { module } = task.task;
  const { _raw_params: free, ...args } = values;
  const container = { free: toText(free ?? "") };
  const freeForm = free === undefined ? module.freeForm : { text: container.free, container, key: "free" };
  const all = key === undefined ? args : { ...module.args, ...args };
  return { ...task, task: { ...task.task, module: { ...module, args: all, ...(freeForm && { freeForm }) } } };
}

/** The arguments as they are written; changed variables stay. */
function withModule(task: ExpandedTask, original: ExpandedTask): ExpandedTask {
  return { ...task, task: original.task };
}

/** As Python's `pprint`: on one line where it fits. */
function pretty(value: unknown, indent = 0): string {
  const line = repr(value);
  if (line.length + indent <= 78) return line;
  const pad = " ".repeat(indent + 1);
  if (isList(value)) return `[${value.map((item) => pretty(item, indent + 1)).join(`,\n${pad}`)}]`;
  if (!isDict(value)) return line;
  const members = dictEntries(value).map(([key, item]) => {
    const name = repr(key);
    return `${name}: ${pretty(item, indent + name.length + 3)}`;
  });
  return `{${members.join(`,\n${pad}`)}}`;
}
