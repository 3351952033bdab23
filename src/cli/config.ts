import { type Setting, type SettingName, SETTINGS } from "../project/config-settings.ts";
import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { dumpJson } from "../report/python-json.ts";
import type { CommandBody } from "./command.ts";
import { configuration } from "./configuration.ts";
import { EXIT } from "./exit-codes.ts";
import { tableText } from "../report/table.ts";

/** `tsrun config` */
export const configCommand: CommandBody = {
  usage: "[SETTING...] [options]",
  positionals: { what: "a setting", min: 0, max: Number.POSITIVE_INFINITY },
  groups: [
    {
      title: "What to show",
      options: [
        { name: "origin", type: "flag", summary: "Where each value comes from: a file's line, a variable, or default" },
        { name: "changed", type: "flag", summary: "Only settings that are not at their default" },
        { name: "explain", type: "flag", summary: "What each setting is for, and Ansible's names for it" },
        { name: "json", type: "flag", summary: "As JSON, for programs" },
      ],
    },
  ],
  examples: [
    ["tsrun config --origin", "All settings and where they come from"],
    ["tsrun config forks --explain", "What one is for"],
    ["TSRUN_FORKS=5 tsrun config --changed --origin", "What this directory and this environment change"],
  ],
  run: (args, context) => {
    const all = Object.keys(SETTINGS) as SettingName[];
    for (const name of args.positionals) {
      if (Object.hasOwn(SETTINGS, name)) continue;
      throw new TsrunError({
        code: "E_CONFIG_KEY",
        message: `unknown setting \`${name}\``,
        hint: didYouMean(name, all) ?? "tsrun config lists all settings",
      });
    }
    const { settings, origins } = configuration(context);
    const names = all
      .filter((name) => args.positionals.length === 0 || args.positionals.includes(name))
      .filter((name) => !args.has("changed") || origins[name] !== "default");
    if (args.has("json")) {
      const entries = names.map((name) => [name, { value: settings[name] ?? null, origin: origins[name] }] as const);
      context.stdout.write(`${dumpJson(Object.fromEntries(entries), 2)}\n`);
      return Promise.resolve(EXIT.ok);
    }
    const headings = ["SETTING"];
    if (args.has("origin")) headings.push("ORIGIN");
    if (args.has("explain")) headings.push("MEANING", "IN ANSIBLE");
    const rows = names.map((name) => {
      const row: string[] = [name];
      if (args.has("origin")) row.push(origins[name]);
      if (args.has("explain")) row.push(SETTINGS[name].summary, ansibleNames(SETTINGS[name]));
      return [...row, shown(settings[name])];
    });
    headings.push("VALUE");
    context.stdout.write(tableText(headings, rows));
    return Promise.resolve(EXIT.ok);
  },
};

function shown(value: unknown): string {
  if (value === undefined || value === "") return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.join(":");
  return typeof value === "object" ? JSON.stringify(value) : `${value as string | number | boolean}`;
}

function ansibleNames({ ini, env }: Setting<unknown>): string {
  return [...ini.slice(0, 1), ...env.slice(0, 1)].join(", ");
}
