import { TsrunError } from "../lib/errors.ts";
import type { ModuleDefinition } from "../modules/registry.ts";
import type { ModuleCall } from "../playbook/model.ts";
import { type Frame, framesWith } from "../project/expanded.ts";
import { type Argument, checkArguments, describeArguments } from "../task/args.ts";
import { toText } from "../template/python-repr.ts";
import { isDict, Omit } from "../template/values.ts";
import { finalize, type VarScope } from "../vars/scope.ts";
import { rangeOfKey, rangeOfValue } from "../yaml/positions.ts";

/** A module's arguments, evaluated, defaulted and checked. */
export interface EvaluatedArgs {
  readonly args: Record<string, unknown>;
  /** Values of arguments that must not be shown. */
  readonly secrets: readonly string[];
}

/** Evaluates what a task hands to its module on one host. Throws a located error for what the module does not take. */
export function evaluateArguments(
  module: ModuleDefinition,
  call: ModuleCall,
  frame: Frame,
  scope: VarScope,
): EvaluatedArgs {
  const defaults = moduleDefaults(module, frame, scope);
  const isConstant =
    defaults === undefined && !call.template && scope.isConstant(call.args) && scope.isConstant(call.freeForm?.text);
  const known = isConstant ? constantArguments.get(call) : undefined;
  const evaluated = known ?? checkedOnce(module, call, written(module, call, defaults, scope));
  if (isConstant && !known) constantArguments.set(call, evaluated);
  return { ...evaluated, args: ownCopy(evaluated.args) };
}

/** What a host gets of arguments that are kept: paths are put into them, and templates may change lists that were facts once. */
function ownCopy(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, finalize(value)]));
}

/** Arguments that are the same for every host. */
const constantArguments = new WeakMap<ModuleCall, EvaluatedArgs>();

/** What the task says, evaluated, on top of the defaults. */
function written(
  module: ModuleDefinition,
  call: ModuleCall,
  defaults: Readonly<Record<string, unknown>> | undefined,
  scope: VarScope,
): Record<string, unknown> {
  const fields = describeArguments(module.args);
  const raw: Record<string, unknown> = { ...defaults };
  if (call.template) {
    const spread = finalize(scope.evaluateMember(call.template.container, call.template.key));
    if (isDict(spread)) Object.assign(raw, spread);
  }
  const { freeForm } = call;
  if (freeForm) {
    if (module.freeForm === undefined) {
      throw new TsrunError({
        code: "E_BAD_ARG",
        message: `module \`${call.name}\` takes no free text, got \`${freeForm.text}\``,
        at: call.at,
        hint: "give its arguments as `name: value`",
      });
    }
    const isRaw = fieldOf(fields, module.freeForm)?.meta.raw === true;
    raw[module.freeForm] = isRaw ? freeForm.text : scope.evaluateMember(freeForm.container, freeForm.key);
  }
  for (const key of Object.keys(call.args)) {
    // `set_fact: {"{{ name }}": value}`
    const name = key.includes("{{") ? toText(finalize(scope.evaluateText(key))) : key;
    raw[name] = fieldOf(fields, key)?.meta.raw ? call.args[key] : scope.evaluateMember(call.args, key);
  }
  return raw;
}

/** Hosts mostly get the same: what was checked last is not checked again. */
function checkedOnce(
  module: ModuleDefinition,
  call: ModuleCall,
  raw: Readonly<Record<string, unknown>>,
): EvaluatedArgs {
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(raw)) if (value !== Omit) given[key] = finalize(value);
  const last = lastChecked.get(call);
  if (last?.module === module && hasSameScalars(last.given, given)) return last.evaluated;
  const evaluated = checked(module, call, given);
  lastChecked.set(call, { module, given, evaluated });
  return evaluated;
}

const lastChecked = new WeakMap<
  ModuleCall,
  { readonly module: ModuleDefinition; readonly given: Readonly<Record<string, unknown>>; evaluated: EvaluatedArgs }
>();

/** Whether two mappings have the same members in the same order, none of them a list or a mapping. */
function hasSameScalars(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  if (keys.length !== others.length) return false;
  return keys.every((key, index) => {
    const value = one[key];
    return key === others[index] && Object.is(value, other[key]) && (typeof value !== "object" || value === null);
  });
}

function checked(module: ModuleDefinition, call: ModuleCall, given: Readonly<Record<string, unknown>>): EvaluatedArgs {
  const { args, problems } = checkArguments(module.args, given);
  const [problem] = problems;
  if (problem) {
    const at =
      problem.key === undefined
        ? call.at
        : ((problem.code === "E_BAD_ARG" ? rangeOfValue(call.args, problem.key) : rangeOfKey(call.args, problem.key)) ??
          call.at);
    throw new TsrunError({
      code: problem.code,
      message: `module \`${call.name}\`: ${problem.message}`,
      at,
      hint: problem.hint,
    });
  }
  return { args, secrets: secretsOf(describeArguments(module.args), args) };
}

/**
 * `module_defaults` of everything the task stands in; as with Ansible an inner level replaces all that outer ones say of a module.
 * Undefined where there are none.
 */
function moduleDefaults(
  module: ModuleDefinition,
  frame: Frame,
  scope: VarScope,
): Readonly<Record<string, unknown>> | undefined {
  const frames = framesWith(frame, "module_defaults");
  if (frames.length === 0) return undefined;
  let nearest: Record<string, unknown> = {};
  const names = new Set([module.name, ...(module.aliases ?? [])]);
  for (const at of frames) {
    const value = finalize(scope.evaluateMember(at.raw, "module_defaults"));
    if (!isDict(value)) continue;
    for (const [name, args] of Object.entries(value)) {
      if (names.has(name.split(".").at(-1) as string) && isDict(args)) nearest = args;
    }
  }
  return nearest;
}

function fieldOf(fields: readonly Argument[], key: string): Argument | undefined {
  return fields.find((field) => field.name === key || field.meta.aliases?.includes(key));
}

function secretsOf(fields: readonly Argument[], args: Readonly<Record<string, unknown>>): readonly string[] {
  return fields.flatMap((field) => {
    const value = args[field.name];
    if (typeof value !== "string" || value === "") return [];
    return field.meta.secret ? [value] : passwordOfUrl(value);
  });
}

/** `https://user:secret@host/` shows in results and messages. */
function passwordOfUrl(text: string): readonly string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^\s:@/]*:([^\s@/]+)@/i.exec(text)?.[1];
  if (password === undefined) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
