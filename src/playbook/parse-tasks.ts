import { Findings } from "../lib/findings.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import { parseYaml } from "../yaml/parse-yaml.ts";
import { copyPositions, positionOf, rangeOf, rangeOfKey, rangeOfValue, recordPosition } from "../yaml/positions.ts";
import { checkShapes, checkVariableName, reportUnknownKeyword } from "./check-keywords.ts";
import {
  BASE,
  BLOCK,
  HANDLER,
  INCLUDE_ARGS,
  INCLUDE_KEYWORDS,
  type Keywords,
  shortModuleName,
  TASK,
} from "./keywords.ts";
import type { Block, Mapping, ModuleCall, Task, TaskNode } from "./model.ts";
import { isLoopKey, parseLoop } from "./parse-loop.ts";
import { parseModuleCall } from "./parse-module-call.ts";
import { Problems } from "./problems.ts";
import { oneDocument, wholeFile } from "./read-document.ts";
import { describe, isMapping, isOpen } from "./values.ts";
import { withoutBareInclude } from "./bare-include.ts";

export interface TaskListOptions {
  /** Handlers may have `listen`. */
  readonly isHandlers?: boolean;
  /** Where a pass goes on what is wrong is kept in it, and what could be read is answered. */
  readonly findings?: Findings;
}

/**
 * A file of tasks or handlers. Throws everything that is wrong with it at once.
 *
 *     parseTaskList({ path: "tasks/main.yaml", text: "- ping:\n" })
 */
export function parseTaskList(source: SourceFile, options: TaskListOptions = {}): readonly TaskNode[] {
  const document = oneDocument(parseYaml(source));
  const problems = new Problems();
  const tasks = parseTasks(problems, document, wholeFile(source), options.isHandlers ?? false);
  problems.tell(options.findings ?? new Findings());
  return tasks;
}

/** Tasks of a list that was read already; `at` is where the list stands. */
export function parseTasks(
  problems: Problems,
  value: unknown,
  at: SourceRange,
  isHandlers: boolean,
): readonly TaskNode[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) {
    problems.report({
      code: "E_TASK_LIST",
      message: `expected a list of tasks, got ${describe(value)}`,
      at: rangeOf(value) ?? at,
      hint: isMapping(value) ? "start each task with `- `" : undefined,
    });
    return [];
  }
  return value.flatMap((item, index) => {
    const itemAt = rangeOf(item) ?? rangeOfValue(value, index) ?? at;
    // Ansible passes over a lone `-`.
    if (item === null) return [];
    if (isMapping(item)) return parseTaskNode(problems, withoutBareInclude(item), itemAt, isHandlers) ?? [];
    problems.report({
      code: "E_TASK_LIST",
      message: `expected a task, got ${describe(item)}`,
      at: itemAt,
      hint: typeof item === "string" && /^[\w.]+$/.test(item) ? `- ${item}:` : undefined,
    });
    return [];
  });
}

function parseTaskNode(
  problems: Problems,
  mapping: Mapping,
  at: SourceRange,
  isHandlers: boolean,
): TaskNode | undefined {
  if (Object.hasOwn(mapping, "hosts") && !Object.hasOwn(mapping, "block")) {
    problems.report({
      code: "E_PLAY_AS_TASK",
      message: "this is a play, not a task",
      at: rangeOfKey(mapping, "hosts"),
      hint: "plays stand at the top of a playbook; run this file with `tsrun playbook` or bring it in with `import_playbook`",
    });
    return undefined;
  }
  const isBlock = ["block", "rescue", "always"].some((key) => Object.hasOwn(mapping, key));
  return isBlock ? parseBlock(problems, mapping, at, isHandlers) : parseTask(problems, mapping, at, isHandlers);
}

function parseBlock(problems: Problems, mapping: Mapping, at: SourceRange, isHandlers: boolean): Block {
  for (const key of Object.keys(mapping)) {
    if (!Object.hasOwn(BLOCK, key) && !isLoopKey(key)) reportUnknownKeyword(problems, mapping, key, BLOCK, "block");
  }
  checkShapes(problems, mapping, { ...BLOCK, block: "any", rescue: "any", always: "any" });
  if (!Object.hasOwn(mapping, "block")) {
    const key = Object.hasOwn(mapping, "rescue") ? "rescue" : "always";
    problems.report({
      code: "E_NO_BLOCK",
      message: `\`${key}\` needs a \`block\` beside it`,
      at: rangeOfKey(mapping, key),
    });
  }
  const section = (key: string): readonly TaskNode[] =>
    parseTasks(problems, mapping[key], rangeOfValue(mapping, key) ?? at, isHandlers);
  const loop = parseLoop(problems, mapping);
  return {
    kind: "block",
    raw: keywordsOf(mapping, BLOCK, ["block", "rescue", "always", "loop"]),
    at,
    block: section("block"),
    rescue: section("rescue"),
    always: section("always"),
    ...(loop && { loop }),
  };
}

function parseTask(problems: Problems, mapping: Mapping, at: SourceRange, isHandlers: boolean): Task | undefined {
  const keywords = isHandlers ? HANDLER : TASK;
  if (!isHandlers && Object.hasOwn(mapping, "listen")) {
    problems.report({
      code: "E_UNKNOWN_KEYWORD",
      message: "`listen` is for handlers, and this is a task",
      at: rangeOfKey(mapping, "listen"),
      hint: "move it under `handlers:`",
    });
  }
  const module = parseModuleCall(problems, mapping, HANDLER, at);
  checkShapes(problems, mapping, { ...keywords, args: "any" });
  checkRegister(problems, mapping);
  const loop = parseLoop(problems, mapping);
  if (module === undefined) return undefined;
  checkInclude(problems, mapping, module);
  const raw = keywordsOf(mapping, keywords, ["action", "local_action", "args", "loop", "listen"]);
  const listen = mapping["listen"];
  return {
    kind: "task",
    raw: Object.hasOwn(mapping, "local_action") ? delegatedToController(mapping, raw) : raw,
    at,
    module,
    ...(loop && { loop }),
    listen: (Array.isArray(listen) ? listen : [listen]).filter((topic) => typeof topic === "string"),
  };
}

/** Only the keywords that are set, each with its place. An empty value is as good as none. */
export function keywordsOf(mapping: Mapping, keywords: Keywords, except: readonly string[] = []): Mapping {
  const raw: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(mapping)) {
    if (Object.hasOwn(keywords, key) && !except.includes(key) && value !== null)
      raw[key] = key === "vars" ? oneMapping(value) : value;
  }
  copyPositions(mapping, raw);
  return raw;
}

/** `vars:` as a list of mappings, which Ansible took until 2.18, is one mapping. */
function oneMapping(vars: unknown): unknown {
  if (!Array.isArray(vars)) return vars;
  const merged: Record<string, unknown> = {};
  for (const item of vars.filter(isMapping)) {
    Object.assign(merged, item);
    const position = positionOf(item);
    if (position)
      recordPosition(merged, {
        ...position,
        slots: new Map([...(positionOf(merged)?.slots ?? []), ...position.slots]),
      });
  }
  return merged;
}

function delegatedToController(mapping: Mapping, raw: Mapping): Mapping {
  const delegated = { ...raw, delegate_to: "localhost" };
  const position = positionOf(mapping);
  const slot = position?.slots.get("local_action");
  if (position && slot) {
    const own = { keyStart: slot.keyStart, keyEnd: slot.keyEnd, start: slot.keyStart, end: slot.keyEnd };
    recordPosition(delegated, { ...position, slots: new Map([...position.slots, ["delegate_to", own]]) });
  }
  return delegated;
}

/** A name; since ansible-core 2.21 also a mapping of names to projections. */
function checkRegister(problems: Problems, mapping: Mapping): void {
  const register = mapping["register"];
  if (register === undefined || register === null) return;
  if (typeof register === "string" && isOpen(register)) {
    problems.report({
      code: "E_VARIABLE_NAME",
      message: `\`register\` takes the name of a variable, no template: got ${describe(register)}`,
      at: rangeOfValue(mapping, "register"),
      hint: "register: result",
    });
  } else if (typeof register === "string") checkVariableName(problems, register, rangeOfValue(mapping, "register"));
  else if (isMapping(register)) {
    for (const name of Object.keys(register)) checkVariableName(problems, name, rangeOfKey(register, name));
  } else {
    problems.report({
      code: "E_KEYWORD_VALUE",
      message: `\`register\`: expected a variable name, got ${describe(register)}`,
      at: rangeOfValue(mapping, "register"),
    });
  }
}

/** Includes and imports take few arguments, dynamic ones also few keywords; Ansible refuses the others too. */
function checkInclude(problems: Problems, task: Mapping, module: ModuleCall): void {
  const name = shortModuleName(module.name);
  const known = Object.hasOwn(INCLUDE_ARGS, name) ? INCLUDE_ARGS[name] : undefined;
  if (known === undefined) return;
  for (const key of Object.keys(module.args)) {
    if (Object.hasOwn(known, key)) continue;
    problems.report({
      code: "E_UNKNOWN_ARG",
      message: `unknown argument \`${key}\` for \`${module.name}\``,
      at: rangeOfKey(module.args, key) ?? module.at,
      hint: didYouMean(key, Object.keys(known)) ?? "give variables under `vars:`",
    });
  }
  checkShapes(problems, module.args, known);
  checkTarget(problems, name, module);
  const { apply } = module.args;
  if (isMapping(apply)) checkApply(problems, apply);
  if (!name.startsWith("include_")) return;
  for (const key of Object.keys(task)) {
    if (key === module.name || isLoopKey(key) || INCLUDE_KEYWORDS.includes(key) || !Object.hasOwn(TASK, key)) continue;
    problems.report({
      code: "E_KEYWORD_ON_INCLUDE",
      message: `\`${key}\` has no effect on \`${module.name}\`, which runs nothing itself`,
      at: rangeOfKey(task, key),
      hint: Object.hasOwn(BLOCK, key) ? `put it under \`apply:\` to give it to the tasks inside` : undefined,
    });
  }
}

function checkTarget(problems: Problems, name: string, module: ModuleCall): void {
  const keys = name.endsWith("_role") ? ["name", "role"] : ["file"];
  if (module.freeForm || module.template || keys.some((key) => module.args[key])) return;
  problems.report({
    code: "E_MISSING_ARG",
    message: `\`${module.name}\` needs ${name.endsWith("_role") ? "the name of a role" : "a file"}`,
    at: module.at,
    hint: name.endsWith("_role") ? `${name}: { name: ROLE }` : `${name}: FILE.yaml`,
  });
}

function checkApply(problems: Problems, apply: Mapping): void {
  const keywords: Keywords = { ...BLOCK };
  for (const key of Object.keys(apply)) {
    const isKnown =
      Object.hasOwn(keywords, key) && !["block", "rescue", "always", "loop", "loop_control"].includes(key);
    if (!isKnown) reportUnknownKeyword(problems, apply, key, { ...BASE, when: "any", delegate_to: "text" }, "`apply`");
  }
  checkShapes(problems, apply, keywords);
}
