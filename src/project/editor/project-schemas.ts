import { readdirSync } from "node:fs";
import { join } from "node:path";
import { allModules } from "../../modules/all-modules.ts";
import type { JsonSchema } from "../../modules/describe-module.ts";
import { parseRoleMeta } from "../../playbook/parse-role-meta.ts";
import { entryFile, isDirectory, ProjectFiles, withExtension } from "../project-files.ts";
import { playbookSchemas } from "./playbook-schemas.ts";
import { inventorySchema, type RoleSpec, varsSchema } from "./vars-schema.ts";

export const SCHEMA_KINDS = ["playbook", "tasks", "handlers", "inventory", "vars"] as const;
export type SchemaKind = (typeof SCHEMA_KINDS)[number];

/** JSON Schemas of a project's files, with its own modules and its roles' arguments. */
export async function projectSchemas(places: {
  readonly modules: readonly string[];
  /** Directories that hold roles. */
  readonly roles: readonly string[];
}): Promise<Readonly<Record<SchemaKind, JsonSchema>>> {
  const roles = places.roles.filter(isDirectory).flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => isDirectory(join(directory, name)))
      .map((name) => ({ name, path: join(directory, name) })),
  );
  const libraries = roles.map(({ path }) => join(path, "library")).filter(isDirectory);
  const modules = await allModules([...places.modules.filter(isDirectory), ...libraries]);
  const specs = roles.map(({ name, path }): RoleSpec => ({ role: name, specs: argumentSpecs(path) }));
  const names = [...new Set(roles.map(({ name }) => name))];
  return { ...playbookSchemas(modules, names), inventory: inventorySchema(specs), vars: varsSchema(specs) };
}

function argumentSpecs(role: string): RoleSpec["specs"] {
  // The files of a schema hold no secrets, and a role's meta is never encrypted.
  const files = new ProjectFiles((text) => text);
  const main = entryFile(join(role, "meta"));
  const specs = withExtension(join(role, "meta", "argument_specs"));
  return parseRoleMeta(
    main === undefined ? undefined : files.source(main),
    specs === undefined ? undefined : files.source(specs),
  ).argumentSpecs;
}
