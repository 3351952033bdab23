import type { JsonSchema, ModuleDescription, ParameterDescription } from "../../modules/describe-module.ts";
import { INCLUDE_ARGS } from "../../playbook/keywords.ts";
import { shapeSchema } from "./keyword-schemas.ts";
import { looseSchema } from "./loose-schema.ts";

/** Collections under which people write modules that have a short name; accepted, but not offered. */
const COLLECTIONS = "ansible\\.(legacy|posix|utils)|community\\.general";

export interface ModuleSchemas {
  /** Arguments by module. */
  readonly definitions: Readonly<Record<string, JsonSchema>>;
  /** Every name that a task may give, with its description. */
  readonly properties: Readonly<Record<string, JsonSchema>>;
  /** The same names in other collections, as patterns. */
  readonly patterns: Readonly<Record<string, JsonSchema>>;
}

/** Schemas of all modules and of the static imports, for the tasks of an editor. */
export function moduleSchemas(modules: readonly ModuleDescription[]): ModuleSchemas {
  const definitions: Record<string, JsonSchema> = {};
  const properties: Record<string, JsonSchema> = {};
  const patterns: Record<string, JsonSchema> = {};
  const add = (names: readonly string[], definition: string, args: JsonSchema, description: string): void => {
    definitions[definition] = args;
    const $ref = `#/$defs/${definition}`;
    // Text: free form or `k=v` words; nothing at all: a module without arguments.
    const value = { description, anyOf: [{ $ref }, { type: ["string", "null"] }] };
    for (const name of names) {
      properties[name] = value;
      properties[`ansible.builtin.${name}`] = value;
    }
    patterns[`^(${COLLECTIONS})\\.(${names.join("|")})$`] = value;
  };
  for (const module of modules) {
    add([module.name, ...module.aliases], `module_${module.name}`, argumentsSchema(module), module.summary);
  }
  for (const name of ["import_tasks", "import_role"]) {
    const keywords = INCLUDE_ARGS[name] ?? {};
    const args = {
      type: "object",
      properties: Object.fromEntries(Object.entries(keywords).map(([key, shape]) => [key, shapeSchema(shape)])),
      additionalProperties: false,
    };
    const what = name === "import_tasks" ? "the tasks of a file" : "a role";
    add([name], `module_${name}`, args, `Put ${what} here before the run begins`);
  }
  return { definitions, properties, patterns };
}

function argumentsSchema(module: ModuleDescription): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const parameter of module.parameters) {
    properties[parameter.name] = parameterSchema(parameter);
    for (const alias of parameter.aliases) {
      properties[alias] = {
        ...parameterSchema(parameter),
        description: `The same as \`${parameter.name}\`. ${parameter.description}`,
      };
    }
  }
  const required = module.parameters
    .filter(({ isRequired }) => isRequired)
    .map(({ name, aliases }) => ({ anyOf: [name, ...aliases].map((one) => ({ required: [one] })) }));
  return {
    type: "object",
    description: module.summary,
    properties,
    ...(module.takesAnyKey ? {} : { additionalProperties: false }),
    ...(required.length > 0 && { allOf: required }),
  };
}

function parameterSchema(parameter: ParameterDescription): JsonSchema {
  const value = parameter.default;
  const isPlain = value === null || ["string", "number", "boolean"].includes(typeof value);
  return {
    description: parameter.description,
    ...looseSchema(parameter.schema),
    ...(value !== undefined && isPlain && { default: value }),
  };
}
