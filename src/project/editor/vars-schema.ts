import type { JsonSchema } from "../../modules/describe-module.ts";
import type { Mapping } from "../../playbook/model.ts";
import { looseSchema } from "./loose-schema.ts";
import { document } from "./playbook-schemas.ts";

/** The connection variables of inventories, with what they mean. */
const CONNECTION: Readonly<Record<string, string>> = {
  ansible_host: "Address of the host, if it is not its name",
  ansible_port: "Port of its sshd",
  ansible_user: "User to log in as",
  ansible_password: "Password to log in with; better a key",
  ansible_ssh_private_key_file: "Private key to log in with",
  ansible_ssh_common_args: "Further arguments, as ssh takes them",
  ansible_connection: "How to reach it: ssh, openssh or local",
  ansible_host_key_checking: "What to do about a host key that known_hosts does not have: true, accept-new, false",
  ansible_become: "Run tasks as another user",
  ansible_become_user: "That user",
  ansible_become_method: "sudo or su",
  ansible_become_password: "Password of sudo or su",
};

/** A role's entry point and its `argument_specs`. */
export interface RoleSpec {
  readonly role: string;
  readonly specs: Mapping;
}

/** Variables files, `group_vars`, `host_vars`: any name, with the roles' arguments and the connection variables known. */
export function varsSchema(roles: readonly RoleSpec[]): JsonSchema {
  return document({ type: ["object", "null"], properties: variableProperties(roles) });
}

/** An inventory in YAML. */
export function inventorySchema(roles: readonly RoleSpec[]): JsonSchema {
  const vars = { type: ["object", "null"], properties: variableProperties(roles) };
  const group = {
    type: ["object", "null"],
    properties: {
      hosts: {
        description: "The hosts of the group, each with its variables; `web[1:3]` stands for three",
        anyOf: [{ type: ["object", "null"], additionalProperties: vars }, { type: "string" }],
      },
      children: {
        description: "Groups inside of this group",
        type: ["object", "null"],
        additionalProperties: { $ref: "#/$defs/group" },
      },
      vars: { description: "Variables of all hosts of the group", ...vars },
    },
    additionalProperties: false,
  };
  const isPlugin = { required: ["plugin"] };
  return document({
    if: isPlugin,
    then: { type: "object" },
    else: { type: ["object", "null"], additionalProperties: { $ref: "#/$defs/group" } },
    $defs: { group },
  });
}

function variableProperties(roles: readonly RoleSpec[]): Readonly<Record<string, JsonSchema>> {
  const connection = Object.entries(CONNECTION).map(([name, description]) => [name, { description }]);
  const options = roles.flatMap(({ role, specs }) =>
    Object.values(specs).flatMap((spec) =>
      Object.entries(optionsOf(spec)).map(([name, option]) => [name, optionSchema(option, role)]),
    ),
  );
  return Object.fromEntries([...connection, ...options]) as Record<string, JsonSchema>;
}

function optionsOf(spec: unknown): Mapping {
  const options = (spec as { options?: unknown } | null)?.options;
  return typeof options === "object" && options !== null ? (options as Mapping) : {};
}

function optionSchema(option: unknown, role?: string): JsonSchema {
  const { type = "str", description, choices, default: value, elements, options } = (option ?? {}) as Mapping;
  const text = (Array.isArray(description) ? description : [description ?? ""]).map(String).join(" ");
  const schema = Array.isArray(choices) ? looseSchema({ enum: choices }) : typeSchema(String(type), elements, options);
  return {
    description: [text, role === undefined ? "" : `(role ${role})`].filter(Boolean).join(" "),
    ...schema,
    ...(value !== undefined && typeof value !== "object" && { default: value }),
  };
}

function typeSchema(type: string, elements: unknown, options: unknown): JsonSchema {
  const members = typeof options === "object" && options !== null ? objectSchema(options as Mapping) : undefined;
  switch (type) {
    case "bool":
      return looseSchema({ type: "boolean" });
    case "int":
      return looseSchema({ type: "integer" });
    case "float":
      return looseSchema({ type: "number" });
    case "list": {
      if (members) return { anyOf: [{ type: "array", items: members }, { type: "string" }] };
      return looseSchema({
        type: "array",
        items:
          elements === undefined ? {} : typeSchema(typeof elements === "string" ? elements : "", undefined, undefined),
      });
    }
    case "dict":
      return members ? { anyOf: [members, { type: "string" }] } : looseSchema({ type: "object" });
    case "str":
    case "path":
      return looseSchema({ type: "string" });
    default:
      return {};
  }
}

function objectSchema(options: Mapping): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(options).map(([name, option]) => [name, optionSchema(option)])),
  };
}
