import { join } from "node:path";
import { describeModule } from "../../modules/describe-module.ts";
import { ModuleRegistry } from "../../modules/registry.ts";
import { dumpJson } from "../../report/python-json.ts";
import type { CliContext, CommandBody } from "../command.ts";
import { configuration } from "../configuration.ts";
import { EXIT } from "../exit-codes.ts";
import { listText, moduleText } from "./module-text.ts";

/** `tsrun doc [MODULE...]` */
export const docCommand: CommandBody = {
  usage: "[MODULE...] [options]",
  positionals: { what: "a module", min: 0, max: Number.POSITIVE_INFINITY },
  groups: [
    {
      title: "What to show",
      options: [{ name: "json", type: "flag", summary: "As JSON, for programs" }],
    },
  ],
  examples: [
    ["tsrun doc", "All modules, this project's own among them"],
    ["tsrun doc copy", "What one does, its parameters, its result, examples"],
  ],
  run: async (args, context) => {
    const directories = moduleDirectories(context);
    if (args.positionals.length === 0) {
      const { allModules } = await import("../../modules/all-modules.ts");
      const modules = await allModules(directories);
      context.stdout.write(args.has("json") ? `${dumpJson(modules, 2)}\n` : listText(modules));
      return EXIT.ok;
    }
    const registry = new ModuleRegistry(directories);
    const modules = [];
    for (const name of args.positionals) modules.push(describeModule(await registry.get(name)));
    context.stdout.write(args.has("json") ? `${dumpJson(modules, 2)}\n` : modules.map(moduleText).join("\n"));
    return EXIT.ok;
  },
};

/** Where the project's own modules are. */
export function moduleDirectories(context: CliContext): readonly string[] {
  return [join(context.cwd, "tasks"), ...configuration(context).settings.library];
}
