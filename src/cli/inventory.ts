import type { Inventory } from "../inventory/inventory.ts";
import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Arguments, CommandBody } from "./command.ts";
import { HOST_OPTIONS, VARIABLE_OPTIONS } from "./common-options.ts";
import { EXIT } from "./exit-codes.ts";
import { usage } from "./expand-arguments.ts";
import { graphText, hostJson, listJson } from "./inventory-text.ts";
import { openProject } from "./open-project.ts";
import { projectOptions } from "./run-options.ts";

const inventoryOption = HOST_OPTIONS.options.filter(({ name }) => name === "inventory");
const vaultOptions = VARIABLE_OPTIONS.options.filter(({ name }) => name !== "extra-vars");

/** `tsrun inventory` */
export const inventoryCommand: CommandBody = {
  usage: "[--graph [GROUP] | --list | --host HOST] [options]",
  positionals: { what: "a group", min: 0, max: 1 },
  groups: [
    {
      title: "What to show",
      options: [
        {
          name: "graph",
          type: "flag",
          summary: "Groups and hosts as a tree; of one group when one is named. The default",
        },
        { name: "vars", type: "flag", summary: "The tree with variables" },
        { name: "list", type: "flag", summary: "Everything as JSON, in the form of inventory programs" },
        { name: "export", type: "flag", summary: "With --list: variables stay with the groups that set them" },
        { name: "host", type: "value", metavar: "HOST", summary: "The variables of a host as JSON" },
      ],
    },
    { title: "Inventory", options: [...inventoryOption, ...vaultOptions] },
  ],
  examples: [
    ["tsrun inventory", "Which hosts there are"],
    ["tsrun inventory --host web1", "What the inventory says about one"],
    ["tsrun inventory -i staging --list --export", "Another inventory, for other programs"],
  ],
  run: async (args, context) => {
    checkActions(args);
    const options = await projectOptions(args, context);
    const { inventory } = await openProject(options, context);
    context.stdout.write(wantedText(args, inventory));
    return EXIT.ok;
  },
};

function checkActions(args: Arguments): void {
  const asked = ["graph", "list"].filter((name) => args.has(name));
  if (args.value("host") !== undefined) asked.push("host");
  if (asked.length > 1) throw usage(`expected one of --${asked.join(" and --")}, got ${asked.length}`);
  if (args.positionals.length > 0 && (args.has("list") || args.value("host") !== undefined)) {
    throw usage(`unexpected argument \`${args.positionals[0]}\``, "a group's name goes with --graph");
  }
  if (args.has("export") && !args.has("list"))
    throw usage("`--export` needs `--list`", "tsrun inventory --list --export");
}

function wantedText(args: Arguments, inventory: Inventory): string {
  if (args.has("list")) return listJson(inventory, args.has("export"));
  const name = args.value("host");
  if (name === undefined) {
    const group = args.positionals[0] ?? "all";
    if (!inventory.groups.has(group)) throw missing("group", group, inventory.groups.keys());
    return graphText(inventory, group, args.has("vars"));
  }
  const host = inventory.host(name);
  if (!host) throw missing("host", name, inventory.hosts.keys());
  return hostJson(inventory, host);
}

function missing(what: string, name: string, known: Iterable<string>): TsrunError {
  const hint = didYouMean(name, known) ?? "tsrun inventory shows all";
  return new TsrunError({ code: "E_NOT_IN_INVENTORY", message: `the inventory has no ${what} \`${name}\``, hint });
}
