import type { SourceRange } from "../lib/source.ts";
import { didYouMean, suggest } from "../lib/suggest.ts";
import {
  copyPositions,
  positionOf,
  rangeInValue,
  rangeOfKey,
  rangeOfValue,
  recordPosition,
  scalarMap,
  type SlotPosition,
} from "../yaml/positions.ts";
import { type Keywords, REMOVED, shortModuleName } from "./keywords.ts";
import type { Mapping, ModuleCall } from "./model.ts";
import { type ArgLine, type LinePart, parseKeyValues } from "./parse-key-values.ts";
import type { Problems } from "./problems.ts";
import { describe, isMapping, isOpen } from "./values.ts";

/** Modules that take a command line: only a few keys are taken out of it (`MODULE_REQUIRE_ARGS` in ansible/constants.py). */
const COMMANDS: ReadonlySet<string> = new Set(["command", "shell", "raw", "script", "win_command", "win_shell"]);

/** Modules whose text is no `key=value` and may be a template (`RAW_PARAM_MODULES` in parsing/mod_args.py). */
const FREE_FORM: ReadonlySet<string> = new Set([
  ...COMMANDS,
  "include_vars",
  "include_tasks",
  "include_role",
  "import_tasks",
  "import_role",
  "add_host",
  "group_by",
  "set_fact",
  "meta",
]);

/** Where a module's name and arguments stand in a task. */
interface Written {
  readonly name: string;
  readonly at: SourceRange;
  /** The task's key that holds the arguments: the module's name, or `action`. */
  readonly key: string;
}

/**
 * Finds the module among a task's keys and reads its arguments in all the ways that Ansible allows. Reports and gives undefined
 * when there is none, or more than one.
 */
export function parseModuleCall(
  problems: Problems,
  task: Mapping,
  keywords: Keywords,
  at: SourceRange,
): ModuleCall | undefined {
  const written = findModule(problems, task, keywords, at);
  if (written === undefined) return undefined;
  const isOldStyle = written.key === "action" || written.key === "local_action";
  const call = isOldStyle ? readAction(problems, task, written.key) : readArguments(problems, task, written);
  if (call === undefined) return undefined;
  const merged = mergeArgs(problems, task, call);
  checkCommand(problems, merged);
  return merged;
}

function findModule(problems: Problems, task: Mapping, keywords: Keywords, at: SourceRange): Written | undefined {
  const unknown = Object.keys(task).filter((key) => !Object.hasOwn(keywords, key) && !key.startsWith("with_"));
  const old = ["action", "local_action"].filter((key) => Object.hasOwn(task, key));
  // With nothing else to be the module, what has a mapping of arguments is one (`export:`), however near a keyword it is.
  const isAlone = old.length === 0 && unknown.length === 1 && isMapping(task[unknown[0] as string]);
  const candidates = [...old, ...unknown.filter((key) => isAlone || !isMisspelt(key, unknown, keywords))];
  for (const key of unknown) if (!candidates.includes(key)) reportMisspelt(problems, task, key, keywords);
  const [first, second] = candidates;
  if (first === undefined) {
    if (unknown.length === 0) {
      problems.report({
        code: "E_NO_MODULE",
        message: "this task names no module",
        at: rangeOfKey(task, Object.keys(task)[0] ?? "") ?? at,
        hint: "add a module such as `command:`, `copy:` or `service:`",
      });
    }
    return undefined;
  }
  if (second !== undefined) {
    problems.report({
      code: "E_TWO_MODULES",
      message: `expected one module in a task, got \`${first}\` and \`${second}\``,
      at: rangeOfKey(task, second),
      hint: didYouMean(second, Object.keys(keywords)) ?? placeOf(task, first, second),
    });
    return undefined;
  }
  return { name: first, key: first, at: rangeOfKey(task, first) ?? at };
}

/** Where a second key belongs that is no keyword: most often it is an argument of the first. */
function placeOf(task: Mapping, first: string, second: string): string {
  const [args, value] = [task[first], task[second]];
  const isLine = typeof value === "string" && value.includes("=");
  const isArgument = !isMapping(value) && value !== null && !isLine && !second.includes(".");
  if (isArgument && args === null) return `indent it, to make it an argument of \`${first}\``;
  if (isArgument && typeof args === "string") {
    return COMMANDS.has(shortModuleName(first))
      ? `if it is an argument of \`${first}\`, put it under \`args:\``
      : `if it is an argument of \`${first}\`, write all of them below it, one on each line`;
  }
  if (isArgument && isMapping(args)) return `if it is an argument of \`${first}\`, indent it as the others are`;
  return "make it a task of its own, starting with `-`";
}

/** A key near a keyword is that keyword misspelt; one with dots is a module of a collection. */
function isMisspelt(key: string, unknown: readonly string[], keywords: Keywords): boolean {
  if (key.includes(".")) return false;
  if (Object.hasOwn(REMOVED, key)) return true;
  return isNearKeyword(key, keywords) || (unknown.length > 1 && !/^[a-z]\w*$/.test(key));
}

/** Module names come back thousands of times, and edit distances are dear. */
const nearness = new Map<string, boolean>();

function isNearKeyword(key: string, keywords: Keywords): boolean {
  let isNear = nearness.get(key);
  if (isNear === undefined) {
    isNear = suggest(key, Object.keys(keywords)) !== undefined;
    nearness.set(key, isNear);
  }
  return isNear;
}

function reportMisspelt(problems: Problems, task: Mapping, key: string, keywords: Keywords): void {
  const removed = Object.hasOwn(REMOVED, key) ? `write \`${REMOVED[key]}\`` : undefined;
  problems.report({
    code: "E_UNKNOWN_KEYWORD",
    message: `unknown keyword \`${key}\` in a task`,
    at: rangeOfKey(task, key),
    hint: removed ?? didYouMean(key, Object.keys(keywords)),
  });
}

/** `module: {…}`, `module: k=v`, `module: free form`, `module:`. */
function readArguments(problems: Problems, task: Mapping, written: Written): ModuleCall | undefined {
  const { name, at, key } = written;
  const value = task[key];
  if (value === null) return { name, at, args: {} };
  if (isMapping(value)) return { name, at, args: value };
  if (typeof value === "string")
    return readLine(problems, task, key, { text: value, mapOffset: (offset) => offset }, name, at);
  if (typeof value === "number" || typeof value === "boolean") {
    return { name, at, args: {}, freeForm: { text: String(value), container: task, key } };
  }
  problems.report({
    code: "E_ARGS_SHAPE",
    message: `\`${name}\`: expected a mapping of arguments, got ${describe(value)}`,
    at: rangeOfValue(task, key),
    hint: COMMANDS.has(shortModuleName(name))
      ? `a list of words is its \`argv\`: \`${name}: { argv: [ls, -l] }\``
      : undefined,
  });
  return undefined;
}

/** `action: copy src=a dest=b` and `action: {module: copy, src: a}`. */
function readAction(problems: Problems, task: Mapping, key: string): ModuleCall | undefined {
  const value = task[key];
  if (typeof value === "string") {
    // The name may be a template: `action: "{{ ansible_pkg_mgr }} name=nginx"`.
    const match = /^\s*((?:\{\{.*?\}\}|\S)+)\s*/s.exec(value);
    const name = match?.[1] ?? "";
    const skipped = match?.[0].length ?? 0;
    const start = value.indexOf(name);
    const at = rangeInValue(task, key, start, start + name.length) ?? (rangeOfKey(task, key) as SourceRange);
    const line = { text: value.slice(skipped), mapOffset: (offset: number) => offset + skipped };
    if (name !== "") return line.text === "" ? { name, at, args: {} } : readLine(problems, task, key, line, name, at);
  } else if (isMapping(value) && typeof value["module"] === "string") {
    const inner = readAction(problems, value, "module");
    if (inner === undefined) return undefined;
    // `args:` inside of `action:` wins over its neighbours, and `k=v` after the module's name too.
    const own = overlay(without(value, ["module", "args"]), inner.args);
    return { ...inner, args: isMapping(value["args"]) ? overlay(own, value["args"]) : own };
  }
  problems.report({
    code: "E_ARGS_SHAPE",
    message: `\`${key}\`: expected a module's name and its arguments, got ${describe(value)}`,
    at: rangeOfValue(task, key),
    hint: `${key}: copy src=a dest=b`,
  });
  return undefined;
}

function readLine(
  problems: Problems,
  task: Mapping,
  key: string,
  line: LinePart,
  name: string,
  at: SourceRange,
): ModuleCall | undefined {
  const short = shortModuleName(name);
  // A whole template is a mapping of arguments, whatever stands in it.
  if (/^\s*\{\{(?:(?!\}\}).)*\}\}\s*$/s.test(line.text) && !FREE_FORM.has(short))
    return { name, at, args: {}, template: cutOut(task, key, line, line) };
  const parsed = parseKeyValues(line.text, { isCommand: COMMANDS.has(short) });
  if (parsed === undefined) {
    problems.report({
      code: "E_ARGS_QUOTES",
      message: `a quote or a brace stays open in the arguments of \`${name}\``,
      at: rangeOfValue(task, key),
      hint: COMMANDS.has(short)
        ? `give the text as \`${name}: { cmd: … }\``
        : "write the arguments as a mapping, one on each line",
    });
    return undefined;
  }
  const args = pairsToArgs(task, key, line, parsed);
  const { rest } = parsed;
  if (rest === undefined) return { name, at, args };
  if (isOpen(rest.text) && !FREE_FORM.has(short)) return { name, at, args, template: cutOut(task, key, line, rest) };
  return { name, at, args, freeForm: { text: rest.text, ...cutOut(task, key, line, rest) } };
}

function pairsToArgs(task: Mapping, key: string, line: LinePart, parsed: ArgLine): Mapping {
  const args: Record<string, unknown> = {};
  const whole = rangeOfValue(task, key);
  const slots = new Map<string | number, SlotPosition>();
  const toFile = scalarMap(task, key) ?? ((offset: number) => offset);
  const inFile = (offset: number): number => toFile(line.mapOffset(offset));
  for (const pair of parsed.pairs) {
    args[pair.key] = pair.value.text;
    const start = inFile(pair.value.mapOffset(0));
    slots.set(pair.key, {
      keyStart: inFile(pair.keyStart),
      keyEnd: inFile(pair.keyStart + pair.key.length - 1) + 1,
      start,
      end: pair.value.text === "" ? start : inFile(pair.end - 1) + 1,
      mapOffset: (offset) => inFile(pair.value.mapOffset(offset)),
    });
  }
  if (whole) recordPosition(args, { ...whole, slots });
  return args;
}

/** A container of its own for a part of a line, with the way back to the file. */
function cutOut(
  task: Mapping,
  key: string,
  line: LinePart,
  part: LinePart,
): { readonly container: object; readonly key: string } {
  if (part.text === task[key]) return { container: task, key };
  const container = { [key]: part.text };
  const whole = rangeOfValue(task, key);
  const toFile = scalarMap(task, key);
  if (whole && toFile) {
    const inFile = (offset: number): number => toFile(line.mapOffset(part.mapOffset(offset)));
    const own = rangeOfKey(task, key) as SourceRange;
    const slot = {
      keyStart: own.start,
      keyEnd: own.end,
      start: inFile(0),
      end: inFile(part.text.length - 1) + 1,
      mapOffset: inFile,
    };
    recordPosition(container, { ...whole, slots: new Map([[key, slot]]) });
  }
  return { container, key };
}

/** `args:` lies below what the module's own line says. */
function mergeArgs(problems: Problems, task: Mapping, call: ModuleCall): ModuleCall {
  const below = task["args"];
  if (below === undefined || below === null) return call;
  if (isMapping(below)) return { ...call, args: overlay(below, call.args) };
  if (typeof below === "string" && isOpen(below)) return { ...call, template: { container: task, key: "args" } };
  problems.report({
    code: "E_ARGS_SHAPE",
    message: `\`args\`: expected a mapping of arguments, got ${describe(below)}`,
    at: rangeOfValue(task, "args"),
    hint: "args: { chdir: /tmp }",
  });
  return call;
}

function checkCommand(problems: Problems, call: ModuleCall): void {
  if (!COMMANDS.has(shortModuleName(call.name)) || call.freeForm === undefined || !Object.hasOwn(call.args, "cmd"))
    return;
  problems.report({
    code: "E_ARGS_CONFLICT",
    message: `\`${call.name}\`: expected a command line or \`cmd\`, got both`,
    at: rangeOfKey(call.args, "cmd") ?? call.at,
  });
}

/** Both mappings in one, the second on top, each value with its place. */
function overlay(below: Mapping, above: Mapping): Mapping {
  const merged: Record<string, unknown> = { ...below, ...above };
  const position = positionOf(above) ?? positionOf(below);
  if (position) {
    const slots = new Map([...(positionOf(below)?.slots ?? []), ...(positionOf(above)?.slots ?? [])]);
    recordPosition(merged, { ...position, slots });
  }
  return merged;
}

/** A mapping without some keys, positions kept. */
function without(mapping: Mapping, keys: readonly string[]): Mapping {
  const rest = Object.fromEntries(Object.entries(mapping).filter(([key]) => !keys.includes(key)));
  copyPositions(mapping, rest);
  return rest;
}
