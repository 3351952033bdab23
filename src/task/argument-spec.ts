import { Float } from "../lib/float.ts";
import { parseBoolean } from "./args.ts";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * What is wrong with values for a role's argument spec, in Ansible's words and order (`ArgumentSpecValidator`): missing arguments,
 * wrong types, values that are no choice, then the options inside of dicts, then arguments that the spec does not have.
 *
 * `spec`: options by name. A value that Ansible would convert (`"5"` for an int) is no error.
 */
export function checkArgumentSpec(spec: Mapping, given: Mapping, path: readonly string[] = []): readonly string[] {
  const values = byName(spec, given);
  const options = Object.entries(spec).map(([name, option]) => [name, isMapping(option) ? option : {}] as const);
  const foundIn = path.length === 0 ? "" : ` found in ${path.join(" -> ")}`;
  const missing = options
    .filter(([name, { required }]) => parseBoolean(required) === true && !Object.hasOwn(values, name))
    .map(([name]) => name)
    .toSorted();
  const errors = missing.length === 0 ? [] : [`missing required arguments: ${missing.join(", ")}${foundIn}`];
  const present = options.filter(([name]) => values[name] !== undefined && values[name] !== null);
  for (const [name, option] of present) errors.push(...typeErrors(name, option, values[name], foundIn));
  for (const [name, option] of present) errors.push(...choiceErrors(name, option, values[name], foundIn));
  for (const [name, option] of present) {
    if (!isMapping(option["options"])) continue;
    const value = values[name];
    for (const inner of Array.isArray(value) ? value : [value]) {
      if (isMapping(inner)) errors.push(...checkArgumentSpec(option["options"], inner, [...path, name]));
    }
  }
  const unknown = Object.keys(values)
    .filter((name) => !Object.hasOwn(spec, name))
    .toSorted();
  if (unknown.length > 0) {
    const supported = Object.keys(spec).toSorted().join(", ");
    errors.push(`${[...path, ""].join(".")}${unknown.join(", ")}. Supported parameters include: ${supported}.`);
  }
  return errors;
}

/** Values by the options' own names; those given by an alias too. */
function byName(spec: Mapping, given: Mapping): Record<string, unknown> {
  const values: Record<string, unknown> = { ...given };
  for (const [name, option] of Object.entries(spec)) {
    const aliases = isMapping(option) && Array.isArray(option["aliases"]) ? option["aliases"].map(String) : [];
    for (const alias of aliases) {
      if (!Object.hasOwn(values, alias)) continue;
      values[name] ??= values[alias];
      delete values[alias];
    }
  }
  return values;
}

function typeErrors(name: string, option: Mapping, value: unknown, foundIn: string): readonly string[] {
  const type = typeof option["type"] === "string" ? option["type"] : "str";
  const why = whyNot(type, value);
  if (why !== undefined) return [unable(`argument '${name}'`, type, value, why, foundIn)];
  const { elements } = option;
  if (typeof elements !== "string" || type !== "list") return [];
  return listOf(value).flatMap((element) => {
    const wrong = whyNot(elements, element);
    return wrong === undefined
      ? []
      : [unable(`Elements value for option '${name}'`, elements, element, wrong, foundIn)];
  });
}

function unable(what: string, type: string, value: unknown, why: string, foundIn: string): string {
  return `${what} is of type ${pythonType(value)}${foundIn} and we were unable to convert to ${type}: ${why}`;
}

function choiceErrors(name: string, option: Mapping, value: unknown, foundIn: string): readonly string[] {
  const { choices } = option;
  if (!Array.isArray(choices)) return [];
  const known = choices.map(String);
  const isKnown = (item: unknown): boolean =>
    known.includes(String(item)) ||
    choices.some((choice) => typeof choice === "boolean" && parseBoolean(item) === choice);
  if (Array.isArray(value)) {
    const others = value.filter((item) => !isKnown(item));
    if (others.length === 0) return [];
    return [
      `value of ${name} must be one or more of: ${known.join(", ")}. Got no match for: ${others.map(String).join(", ")}${foundIn}`,
    ];
  }
  if (isKnown(value)) return [];
  return [`value of ${name} must be one of: ${known.join(", ")}, got: ${String(value)}${foundIn}`];
}

/** Why a value cannot be taken as a type; undefined when it can. */
function whyNot(type: string, value: unknown): string | undefined {
  const cannot = `${pythonType(value)} cannot be converted to ${article(type)}`;
  switch (type) {
    case "list":
      return isMapping(value) || typeof value === "boolean" ? cannot : undefined;
    case "dict":
      if (isMapping(value)) return undefined;
      if (typeof value === "string" && /^\s*\{|=/.test(value)) return undefined;
      return typeof value === "string" ? "dictionary requested, could not parse JSON or key=value" : cannot;
    case "bool":
      return parseBoolean(value) === undefined && value !== 0 && value !== 1 ? cannot : undefined;
    case "int":
      if (typeof value === "boolean" || Number.isInteger(value)) return undefined;
      return typeof value === "string" && /^\s*[+-]?\d+(_\d+)*\s*$/.test(value) ? undefined : cannot;
    case "float":
      if (typeof value === "number" || value instanceof Float || typeof value === "boolean") return undefined;
      return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? undefined : cannot;
    case "bytes":
    case "bits":
      if (typeof value === "number") return undefined;
      return typeof value === "string" && /^\s*\d*\.?\d+\s*[A-Za-z]*\s*$/.test(value) ? undefined : cannot;
    default:
      return undefined;
  }
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** As Python prints a value's type: `<class 'str'>`. */
function pythonType(value: unknown): string {
  const name =
    typeof value === "string"
      ? "str"
      : typeof value === "boolean"
        ? "bool"
        : value instanceof Float
          ? "float"
          : typeof value === "number"
            ? Number.isInteger(value)
              ? "int"
              : "float"
            : Array.isArray(value)
              ? "list"
              : "dict";
  return `<class '${name}'>`;
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === "string" ? value.split(",") : [value];
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Float);
}
