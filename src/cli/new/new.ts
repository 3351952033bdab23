import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TsrunError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/suggest.ts";
import type { Arguments, CommandBody } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../expand-arguments.ts";
import { type NewFiles, newAction, newResource } from "./new-module.ts";
import { newPlaybook, newRole } from "./new-yaml.ts";

type Maker = (name: string, args: Arguments) => NewFiles;

const KINDS: Readonly<Record<string, Maker>> = {
  module: (name, args) => {
    const role = args.value("role");
    const directory = role === undefined ? "tasks" : `roles/${role}/library`;
    return args.has("action") ? newAction(name, directory) : newResource(name, directory);
  },
  role: newRole,
  playbook: newPlaybook,
};

/** `tsrun new KIND NAME` */
export const newCommand: CommandBody = {
  usage: `${Object.keys(KINDS).join(" | ")}  NAME [options]`,
  positionals: { what: `what to make: ${Object.keys(KINDS).join(", ")}, and its name`, min: 2, max: 2 },
  groups: [
    {
      title: "Modules",
      options: [
        { name: "action", type: "flag", summary: "One that does something, rather than one that describes a state" },
        { name: "role", type: "value", metavar: "ROLE", summary: "For one role only: into its library/" },
      ],
    },
  ],
  examples: [
    ["tsrun new module greeting", "tasks/greeting.ts: typed, documented, with check mode, diff and a test"],
    ["tsrun new role web", "roles/web/, its files with the line that makes editors complete and check"],
  ],
  run: async (args, context) => {
    const [kind = "", name = ""] = args.positionals;
    const make = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (!make) {
      const kinds = Object.keys(KINDS);
      throw usage(`unknown kind \`${kind}\``, didYouMean(kind, kinds) ?? `kinds: ${kinds.join(", ")}`);
    }
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      throw usage(`expected a name of small letters, digits and underscores, got \`${name}\``);
    }
    const { files, whereMissing, next } = make(name, args);
    for (const path of Object.keys(files)) {
      if (!existsSync(join(context.cwd, path))) continue;
      throw new TsrunError({
        code: "E_FILE_EXISTS",
        message: `\`${path}\` exists already`,
        hint: "choose another name",
      });
    }
    const missing = Object.entries(whereMissing).filter(([path]) => !existsSync(join(context.cwd, path)));
    const all = [...Object.entries(files), ...missing];
    for (const [path, text] of all) {
      await mkdir(dirname(join(context.cwd, path)), { recursive: true });
      await writeFile(join(context.cwd, path), text, { flag: "wx" });
    }
    context.stdout.write(`wrote ${all.map(([path]) => path).join(", ")}\n${next}`);
    return EXIT.ok;
  },
};
