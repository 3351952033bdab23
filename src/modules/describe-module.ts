import { z } from "zod";
import { describeArguments, takesAnyKey } from "../task/args.ts";
import type { Example } from "../task/define-task.ts";
import type { ModuleDefinition } from "./registry.ts";

/** A JSON Schema, as far as modules' arguments have one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ParameterDescription {
  readonly name: string;
  readonly aliases: readonly string[];
  /** In a reader's words: `text`, `list of numbers`, `mode`. */
  readonly type: string;
  readonly choices: readonly string[];
  readonly default: unknown;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
}

/** A module as its documentation and its editor schema see it. */
export interface ModuleDescription {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly kind: "resource" | "action";
  /** Where an action runs, and what check mode does with it; one sentence. */
  readonly behaviour: string;
  readonly parameters: readonly ParameterDescription[];
  /** Parameter that takes free text, as in `command: echo hello`. */
  readonly freeForm: string | undefined;
  readonly takesAnyKey: boolean;
  readonly returns: Readonly<Record<string, string>>;
  readonly examples: readonly Example[];
}

/** Everything that a module says about itself. */
export function describeModule(module: ModuleDefinition): ModuleDescription {
  return {
    name: module.name,
    aliases: module.aliases ?? [],
    summary: module.summary,
    kind: module.type,
    behaviour: behaviourOf(module),
    parameters: describeArguments(module.args).map((argument): ParameterDescription => {
      const schema = schemaOf(argument.schema);
      return {
        name: argument.name,
        aliases: argument.meta.aliases ?? [],
        type: typeName(schema),
        choices: choicesOf(schema),
        default: argument.default,
        isRequired: argument.isRequired,
        isSecret: argument.meta.secret ?? false,
        description: argument.meta.description ?? "",
        schema,
      };
    }),
    freeForm: module.freeForm,
    takesAnyKey: takesAnyKey(module.args),
    returns: module.returns ?? {},
    examples: module.examples ?? [],
  };
}

function behaviourOf(module: ModuleDefinition): string {
  if (module.type === "resource") {
    return "Describes a state: tsrun reads what is, changes what differs and reads it again. Check mode and diff say what would change.";
  }
  const place =
    module.runsOn === "controller"
      ? "Runs on the machine that runs tsrun; no connection is opened."
      : "Runs on the host.";
  const check =
    module.inCheckMode === "skip" ? "Skipped in check mode." : "Runs in check mode too, without altering anything.";
  return `${place} ${check}`;
}

function schemaOf(schema: z.ZodType): JsonSchema {
  const {
    $schema: _,
    description: _d,
    default: _v,
    aliases: _a,
    secret: _s,
    raw: _r,
    path: _p,
    ...rest
  } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Record<string, unknown>;
  return rest;
}

function typeName(schema: JsonSchema): string {
  const { type, anyOf, items } = schema;
  if (isMode(schema)) return "mode";
  if (Array.isArray(anyOf)) return [...new Set((anyOf as JsonSchema[]).map(typeName))].join(" or ");
  if (Array.isArray(type)) return type.map((one: unknown) => typeName({ type: one })).join(" or ");
  switch (type) {
    case "string":
      return "text";
    case "integer":
      return "whole number";
    case "number":
      return "number";
    case "boolean":
      return "true or false";
    case "array":
      return `list of ${plural(typeName((items ?? {}) as JsonSchema))}`;
    case "object":
      return "mapping";
    default:
      return "anything";
  }
}

function plural(type: string): string {
  const words: Readonly<Record<string, string>> = { text: "texts", "whole number": "numbers", mapping: "mappings" };
  return words[type] ?? type;
}

/** What `fileMode()` makes: octal digits, symbolic, or the number that YAML reads in `0644`. */
export function isMode({ anyOf }: JsonSchema): boolean {
  const types = Array.isArray(anyOf) ? (anyOf as JsonSchema[]).map(({ type }) => type) : [];
  return types.length === 2 && types[0] === "string" && types[1] === "integer";
}

function choicesOf(schema: JsonSchema): readonly string[] {
  const { enum: choices, items } = schema;
  if (Array.isArray(choices)) return choices.map(String);
  if (Object.hasOwn(schema, "const")) return [String(schema["const"])];
  return typeof items === "object" && items !== null ? choicesOf(items as JsonSchema) : [];
}
