import { z } from "zod";
import { Float } from "../lib/float.ts";
import { didYouMean } from "../lib/suggest.ts";

/** What an argument's schema says beside its type; set with `.meta({ … })`. */
export interface ArgumentMeta {
  readonly description?: string;
  /** Other names for the same argument (`dest` for `path`). */
  readonly aliases?: readonly string[];
  /** Never shown: not in results, diffs or logs. */
  readonly secret?: boolean;
  /** Not evaluated before the module gets it (conditions, variable names). */
  readonly raw?: boolean;
  /** A path on the host: `~` is the user's home. */
  readonly path?: boolean;
}

export interface Argument {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly meta: ArgumentMeta;
  readonly isRequired: boolean;
  readonly default: unknown;
}

export interface ArgumentProblem {
  /** The key as the author wrote it; undefined for a missing argument. */
  readonly key: string | undefined;
  readonly code: "E_UNKNOWN_ARG" | "E_MISSING_ARG" | "E_BAD_ARG" | "E_DUPLICATE_ARG";
  readonly message: string;
  readonly hint?: string | undefined;
  /** Which entry of a list it is about. */
  readonly index?: number | undefined;
}

/** A file mode as authors write it: octal text, symbolic text, or the integer that YAML 1.1 makes of an unquoted `0644`. */
export const fileMode = () =>
  z
    .union([z.string(), z.number().int()])
    .transform((mode) => (typeof mode === "number" ? formatMode(mode) : mode))
    .refine((mode) => modeWords.test(mode.trim()), {
      error: (issue) =>
        `expected octal digits such as "0644", or letters such as u=rw,g=r, got \`${String(issue.input)}\``,
    });

/** What chmod reads: at most four octal digits, or clauses; `preserve` is for modules that copy. Empty counts as not set. */
const modeWords =
  /^$|^0?o?[0-7]{1,4}$|^preserve$|^[ugoa]*(?:[-+=][rwxXstugo]*)+(?:,\s*[ugoa]*(?:[-+=][rwxXstugo]*)+)*$/;

/** 420 → `0644`. */
export function formatMode(mode: number): string {
  return `0${mode.toString(8).padStart(3, "0")}`;
}

/** The arguments of a module, in the order of its schema. */
export function describeArguments(schema: z.ZodObject): readonly Argument[] {
  return describeSchema(schema).fields;
}

/** What is worked out once for a schema: arguments are checked for every task and host, and again to look ahead. */
interface DescribedSchema {
  readonly fields: readonly Argument[];
  /** By name and by alias. */
  readonly byName: ReadonlyMap<string, Argument>;
  /** Defaults that are plain values; others are made anew each time. */
  readonly plainDefaults: Readonly<Record<string, unknown>>;
  readonly madeDefaults: readonly Argument[];
  /** Whether arguments are checked against one another. */
  readonly checksWhole: boolean;
}

const describedSchemas = new WeakMap<z.ZodObject, DescribedSchema>();

function describeSchema(schema: z.ZodObject): DescribedSchema {
  const known = describedSchemas.get(schema);
  if (known) return known;
  const fields = Object.entries(schema.shape).map(([name, field]) => describeArgument(name, field as z.ZodType));
  const withDefault = fields.filter((field) => !field.isRequired && field.default !== undefined);
  const isPlain = (field: Argument): boolean => typeof field.default !== "object" || field.default === null;
  const described: DescribedSchema = {
    fields,
    byName: new Map(fields.flatMap((field) => [field.name, ...(field.meta.aliases ?? [])].map((n) => [n, field]))),
    plainDefaults: Object.fromEntries(withDefault.filter(isPlain).map((field) => [field.name, field.default])),
    madeDefaults: withDefault.filter((field) => !isPlain(field)),
    checksWhole: (schema.def.checks?.length ?? 0) > 0,
  };
  describedSchemas.set(schema, described);
  return described;
}

/** True when a schema takes any further key (`set_fact`). */
export function takesAnyKey(schema: z.ZodObject): boolean {
  const { catchall } = schema.def;
  return catchall !== undefined && catchall._zod.def.type !== "never";
}

/**
 * Brings raw arguments to the schema's types as Ansible does (`"yes"` is true where a boolean is wanted, `"a,b"` a list,
 * 22 a string) and validates them. Keys for which `isOpen` is true hold a template that is not evaluated yet: only their names are checked.
 */
export function checkArguments(
  schema: z.ZodObject,
  raw: Readonly<Record<string, unknown>>,
  isOpen: (key: string) => boolean = () => false,
): { readonly args: Record<string, unknown>; readonly problems: readonly ArgumentProblem[] } {
  const problems: ArgumentProblem[] = [];
  const args: Record<string, unknown> = {};
  const { fields, byName, plainDefaults, madeDefaults, checksWhole } = describeSchema(schema);
  const writtenAs = new Map<string, string>();

  for (const [key, value] of Object.entries(raw)) {
    const field = byName.get(key);
    if (!field) {
      if (takesAnyKey(schema)) args[key] = value;
      else
        problems.push({
          key,
          code: "E_UNKNOWN_ARG",
          message: `unknown argument \`${key}\``,
          hint: didYouMean(key, byName.keys()),
        });
      continue;
    }
    const twin = writtenAs.get(field.name);
    // Templates may leave one of the two out: `port: "{{ item.port | default(omit) }}"`.
    const isSettled = twin !== undefined && twin !== key && !isOpen(key) && !isOpen(twin);
    if (isSettled && raw[twin] !== value) {
      problems.push({ key, code: "E_DUPLICATE_ARG", message: `\`${key}\` and \`${twin}\` are the same argument` });
      continue;
    }
    writtenAs.set(field.name, key);
    if (isOpen(key)) continue;
    // Ansible drops a null for an optional argument (`default=None`).
    if (value === null && !field.isRequired) continue;
    const coerced = coerce(field.schema, value);
    const parsed = field.schema.safeParse(coerced);
    if (parsed.success) args[field.name] = parsed.data;
    else if (field.meta.secret)
      problems.push({ key, code: "E_BAD_ARG", message: `\`${key}\`: its value, which is secret, does not fit` });
    else problems.push({ key, code: "E_BAD_ARG", ...describeIssue(key, coerced, parsed.error) });
  }
  for (const { name, isRequired } of fields) {
    if (isRequired && !writtenAs.has(name))
      problems.push({ key: undefined, code: "E_MISSING_ARG", message: `missing argument \`${name}\`` });
  }
  for (const name of Object.keys(plainDefaults)) if (!writtenAs.has(name)) args[name] = plainDefaults[name];
  for (const field of madeDefaults)
    if (!writtenAs.has(field.name)) args[field.name] = field.schema.safeParse(undefined).data;
  if (
    checksWhole &&
    problems.length === 0 &&
    !fields.some((field) => isOpen(writtenAs.get(field.name) ?? field.name))
  ) {
    const whole = schema.safeParse(args);
    if (!whole.success) {
      for (const issue of whole.error.issues) {
        const key = issue.path[0] === undefined ? undefined : String(issue.path[0]);
        problems.push({ key: key && (writtenAs.get(key) ?? key), code: "E_BAD_ARG", message: issue.message });
      }
    }
  }
  return { args, problems };
}

const truthyWords = new Set(["y", "yes", "on", "1", "true", "t"]);
const falsyWords = new Set(["n", "no", "off", "0", "false", "f"]);

/** Ansible's words for booleans; undefined for anything else. */
export function parseBoolean(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  const word = String(value instanceof Float ? value.value : value).toLowerCase();
  if (truthyWords.has(word)) return true;
  if (falsyWords.has(word)) return false;
  return undefined;
}

function coerce(schema: z.ZodType, value: unknown): unknown {
  const inner = unwrap(schema);
  switch (inner.def.type) {
    case "boolean":
      return parseBoolean(value) ?? value;
    case "number":
      if (value instanceof Float) return value.value;
      return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
    case "string":
    case "enum":
      return scalarText(value, inner);
    case "array": {
      const element = (inner as z.ZodArray).element as z.ZodType;
      if (typeof value === "string")
        return value === "" ? [] : value.split(",").map((part) => coerce(element, part.trim()));
      if (Array.isArray(value)) return value.map((item) => coerce(element, item));
      return value === null || typeof value === "object" ? value : [coerce(element, value)];
    }
    case "union":
      return coerceUnion(inner as z.ZodUnion, value);
    case "pipe":
      return coerce((inner as z.ZodPipe).in as z.ZodType, value);
    case "record":
      return typeof value === "string" ? (mappingOf(value) ?? value) : value;
    case "object":
      return coerceObject(inner as z.ZodObject, typeof value === "string" ? (mappingOf(value) ?? value) : value);
    default:
      return value;
  }
}

/** YAML reads `yes` and `on` as booleans, so an enum that has such words gets them back (`state: on`). */
function scalarText(value: unknown, schema: z.ZodType): unknown {
  if (typeof value === "boolean") {
    if (schema instanceof z.ZodEnum) {
      const words = value ? truthyWords : falsyWords;
      return schema.options.find((option) => words.has(String(option))) ?? value;
    }
    return value ? "True" : "False";
  }
  if (typeof value === "number" || typeof value === "bigint" || value instanceof Float) return String(value);
  return value;
}

function coerceUnion(schema: z.ZodUnion, value: unknown): unknown {
  const options = schema.options as readonly z.ZodType[];
  if (options.some((option) => option.safeParse(value).success)) return value;
  for (const option of options) {
    const coerced = coerce(option, value);
    if (option.safeParse(coerced).success) return coerced;
  }
  return value;
}

/** A mapping as one line, which Ansible takes: JSON, or `a=1, b="2 3"` (check_type_dict in module_utils/common/validation.py). */
function mappingOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim().startsWith("{")) {
    try {
      return JSON.parse(text) as Readonly<Record<string, unknown>>;
    } catch {
      return undefined;
    }
  }
  const words = [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s,"'])+/g)].map(([word]) => word);
  if (words.length === 0 || !words.every((word) => word.includes("="))) return undefined;
  const pairs = words.map((word) => {
    const at = word.indexOf("=");
    return [word.slice(0, at), word.slice(at + 1).replace(/^(["'])(.*)\1$/, "$2")] as const;
  });
  return Object.fromEntries(pairs);
}

function coerceObject(schema: z.ZodObject, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      Object.hasOwn(shape, key) ? coerce(shape[key] as z.ZodType, item) : item,
    ]),
  );
}

function describeArgument(name: string, schema: z.ZodType): Argument {
  let meta: ArgumentMeta = {};
  for (let at: z.ZodType | undefined = schema; at; at = innerOf(at)) meta = { ...(at.meta() as ArgumentMeta), ...meta };
  const missing = schema.safeParse(undefined);
  return { name, schema, meta, isRequired: !missing.success, default: missing.success ? missing.data : undefined };
}

function unwrap(schema: z.ZodType): z.ZodType {
  const inner = innerOf(schema);
  return inner ? unwrap(inner) : schema;
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  const wrappers = ["optional", "nullable", "default", "prefault", "readonly", "nonoptional", "catch"];
  if (!wrappers.includes(schema.def.type)) return undefined;
  return (schema as z.ZodOptional).def.innerType as z.ZodType;
}

const types: Readonly<Record<string, { readonly name: string; readonly hint?: string }>> = {
  boolean: { name: "`true` or `false`" },
  number: { name: "a number", hint: "write digits only" },
  int: { name: "a whole number" },
  string: { name: "text" },
  array: { name: "a list", hint: "write a list: `[a, b]`" },
  object: { name: "a mapping", hint: "write `name: value`, one a line" },
  record: { name: "a mapping", hint: "write `name: value`, one a line" },
};

function describeIssue(
  key: string,
  value: unknown,
  error: z.ZodError,
): Pick<ArgumentProblem, "message" | "hint" | "index"> {
  const issue = error.issues[0];
  if (!issue) return { message: `bad value for \`${key}\`` };
  const place = [key, ...issue.path.map(String)].join(".");
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    const wrong = valueAt(value, issue.path);
    const got = typeof wrong === "string" ? wrong : JSON.stringify(wrong);
    return {
      message: `\`${place}\`: expected one of ${allowed.map((word) => `\`${word}\``).join(", ")}, got \`${got}\``,
      hint: typeof wrong === "string" ? didYouMean(wrong, allowed) : undefined,
    };
  }
  if (issue.code === "invalid_union") {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    const index = items.findIndex((item) => typeof item === "object" && item !== null);
    if (index < 0 && value === null) return { message: `\`${place}\`: expected a value, got nothing` };
    if (index < 0) return { message: `\`${place}\`: got ${shown(value)}, which it cannot be` };
    return {
      message: `\`${place}\`: got a list with ${shown(items[index])} in it`,
      hint: quoteHint(items[index]),
      index,
    };
  }
  const type = issue.code === "invalid_type" ? types[issue.expected] : undefined;
  if (type)
    return {
      message: `\`${place}\`: expected ${type.name}, got ${shown(valueAt(value, issue.path))}`,
      hint: type.hint,
    };
  return { message: `\`${place}\`: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}` };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], value);
}

/** `a == "b: c"`, unquoted, is a mapping for YAML. */
function quoteHint(value: unknown): string | undefined {
  return Array.isArray(value) ? undefined : "a colon and a blank make a mapping: quote the whole text";
}

/** A value as the author knows it. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Float) return `\`${value.toString()}\``;
  return typeof value === "object" ? "a mapping" : `\`${String(value as unknown)}\``;
}
