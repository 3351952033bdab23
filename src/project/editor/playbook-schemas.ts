import type { JsonSchema, ModuleDescription } from "../../modules/describe-module.ts";
import {
  BLOCK,
  HANDLER,
  type Keywords,
  LOOP_CONTROL,
  PLAY,
  PLAYBOOK_IMPORT,
  ROLE_USE,
  TASK,
  VARS_PROMPT,
} from "../../playbook/keywords.ts";
import { keywordProperties } from "./keyword-schemas.ts";
import { moduleSchemas } from "./module-schemas.ts";

const DRAFT = "http://json-schema.org/draft-07/schema#";

/** Schemas of playbooks and of task files, for editors. `roles`: names to offer. */
export function playbookSchemas(
  modules: readonly ModuleDescription[],
  roles: readonly string[],
): { readonly playbook: JsonSchema; readonly tasks: JsonSchema; readonly handlers: JsonSchema } {
  const { definitions, properties, patterns } = moduleSchemas(modules);
  const task = (keywords: Keywords): JsonSchema => ({
    type: "object",
    properties: { ...keywordProperties(keywords), loop_control: strict(LOOP_CONTROL), ...properties },
    patternProperties: { "^with_": { description: "Once for each item that a lookup gives" }, ...patterns },
    additionalProperties: false,
  });
  const tasks = (keywords: Keywords, block: string): JsonSchema => ({
    type: ["array", "null"],
    items: { if: { type: "object", required: ["block"] }, then: { $ref: `#/$defs/${block}` }, else: task(keywords) },
  });
  const block = (list: string): JsonSchema => ({
    ...strict(BLOCK, { block: { $ref: list }, rescue: { $ref: list }, always: { $ref: list } }),
  });
  const $defs = {
    ...definitions,
    tasks: tasks(TASK, "block"),
    handlers: tasks(HANDLER, "handler_block"),
    block: block("#/$defs/tasks"),
    handler_block: block("#/$defs/handlers"),
    play: strict(PLAY, {
      roles: { type: ["array", "null"], items: roleUse(roles) },
      handlers: { $ref: "#/$defs/handlers" },
      vars_prompt: { type: "array", items: strict(VARS_PROMPT) },
      user: { description: "The old name of `remote_user`" },
    }),
    playbook_import: strict({ ...PLAYBOOK_IMPORT, "ansible.builtin.import_playbook": "text" }, {}),
  };
  const isImport = {
    type: "object",
    anyOf: [{ required: ["import_playbook"] }, { required: ["ansible.builtin.import_playbook"] }],
  };
  return {
    playbook: document({
      type: "array",
      items: { if: isImport, then: { $ref: "#/$defs/playbook_import" }, else: { $ref: "#/$defs/play" } },
      $defs,
    }),
    tasks: document({ $ref: "#/$defs/tasks", $defs }),
    handlers: document({ $ref: "#/$defs/handlers", $defs }),
  };
}

/** A whole schema, in the draft that YAML language servers know best. */
export function document(schema: JsonSchema): JsonSchema {
  return { $schema: DRAFT, ...schema };
}

function strict(keywords: Keywords, others: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  const known = keywordProperties(keywords);
  const described = Object.entries(others).map(([name, schema]) => [name, { ...describe(known[name]), ...schema }]);
  return {
    type: "object",
    properties: { ...known, ...Object.fromEntries(described) },
    additionalProperties: false,
  };
}

function describe(schema: JsonSchema | undefined): JsonSchema {
  return schema?.["description"] === undefined ? {} : { description: schema["description"] };
}

/** A name, or a mapping in which everything that is no keyword is a parameter of the role. */
function roleUse(roles: readonly string[]): JsonSchema {
  const name = { anyOf: [{ enum: roles }, { type: "string" }] };
  return {
    anyOf: [name, { type: "object", properties: { ...keywordProperties(ROLE_USE), role: name, name } }],
  };
}
