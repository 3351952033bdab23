import { mkdir, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { didYouMean } from "../lib/suggest.ts";
import { projectSchemas, SCHEMA_KINDS, type SchemaKind } from "../project/editor/project-schemas.ts";
import type { CommandBody } from "./command.ts";
import { configuration } from "./configuration.ts";
import { moduleDirectories } from "./doc/doc.ts";
import { EXIT } from "./exit-codes.ts";
import { usage } from "./expand-arguments.ts";

/** Where editors find the schemas; the lines in scaffolded files point there. */
export const SCHEMA_DIRECTORY = ".tsrun/schema";

/** `tsrun schema` */
export const schemaCommand: CommandBody = {
  usage: `[${SCHEMA_KINDS.join(" | ")}] [options]`,
  positionals: { what: "a kind of file", min: 0, max: 1 },
  groups: [
    {
      title: "Where to",
      options: [
        {
          name: "output",
          type: "value",
          metavar: "DIRECTORY",
          summary: `Write all schemas there; ${SCHEMA_DIRECTORY} by default. With a kind: print that one`,
        },
      ],
    },
  ],
  examples: [
    ["tsrun schema", "JSON Schemas of playbooks, task files, inventories and variables, for your editor"],
    ["tsrun schema playbook", "Print one of them"],
  ],
  run: async (args, context) => {
    const [kind] = args.positionals;
    if (kind !== undefined && !isKind(kind)) {
      throw usage(
        `unknown kind of file \`${kind}\``,
        didYouMean(kind, SCHEMA_KINDS) ?? `kinds: ${SCHEMA_KINDS.join(", ")}`,
      );
    }
    const { settings } = configuration(context);
    const shipped = fileURLToPath(new URL("../../../roles", import.meta.url));
    const schemas = await projectSchemas({
      modules: moduleDirectories(context),
      roles: [join(context.cwd, "roles"), ...settings.roles_path, shipped],
    });
    if (kind !== undefined) {
      context.stdout.write(`${JSON.stringify(schemas[kind], undefined, 2)}\n`);
      return EXIT.ok;
    }
    const directory = resolve(context.cwd, args.value("output") ?? SCHEMA_DIRECTORY);
    await mkdir(directory, { recursive: true });
    for (const name of SCHEMA_KINDS)
      await writeFile(join(directory, `${name}.json`), `${JSON.stringify(schemas[name])}\n`);
    const shown = relative(context.cwd, directory) || ".";
    context.stdout.write(`wrote ${SCHEMA_KINDS.map((name) => `${shown}/${name}.json`).join(", ")}
as the first line of a file, with the way to it from there:
# yaml-language-server: $schema=../${shown}/playbook.json
`);
    return EXIT.ok;
  },
};

function isKind(kind: string): kind is SchemaKind {
  return (SCHEMA_KINDS as readonly string[]).includes(kind);
}
