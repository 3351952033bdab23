import { change, defineTask, type Plan, sh, TaskFailure, z } from "tsrun";
import { apacheModules, program } from "tsrun/state";

const args = z.object({
  name: z
    .string()
    .regex(/^[^-/\s][^/\s]*$/, "expected the name of a module")
    .describe("Name as `a2enmod` takes it, such as `rewrite`"),
  identifier: z
    .string()
    .optional()
    .describe("Name as `apache2ctl -M` shows it; default: NAME_module, but for known ones"),
  state: z.enum(["present", "absent"]).default("present").describe("Whether Apache should load it"),
  force: z.boolean().default(false).describe("Disable a default module, too"),
  ignore_configcheck: z
    .boolean()
    .default(false)
    .describe("Go on although Apache cannot read its configuration, as while its MPM is exchanged"),
  warn_mpm_absent: z.boolean().default(true).describe("Warn while no MPM is loaded"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "apache2_module",
  summary: "Enable or disable a module of Debian's Apache",
  args,
  returns: { result: "What holds now, in a sentence" },
  examples: [{ name: "Rewriting", yaml: "apache2_module:\n  name: rewrite\nnotify: restart apache" }],
  observe: () => ({ modules: apacheModules("host"), tool: program("a2enmod") }),
  plan(args, { modules, tool }): Plan {
    const { name, state, force } = args;
    if (!modules)
      throw new TaskFailure(
        "Neither of apache2ctl nor apachctl found. At least one apache control binary is necessary.",
      );
    if (name === "cgi" && modules.isThreaded)
      throw new TaskFailure("Your MPM seems to be threaded. No automatic actions on module cgi possible.");
    const warnings = complaints(args, modules.error);
    const identifier = args.identifier ?? identifierOf(name);
    const isWanted = state === "present";
    // As Ansible, which looks for the beginning of a name.
    if (modules.names.some((loaded) => loaded.startsWith(identifier)) === isWanted) return { changes: [], warnings };
    if (tool === undefined)
      throw new TaskFailure(`a2enmod not found. Perhaps this system does not use a2enmod to manage apache`);
    const names = isWanted
      ? [...modules.names, identifier]
      : modules.names.filter((loaded) => !loaded.startsWith(identifier));
    const script = isWanted ? sh`a2enmod -q -- ${name}` : sh`a2dismod -q ${force && "-f"} -- ${name}`;
    const [before, after] = isWanted ? ["", `${name}\n`] : [`${name}\n`, ""];
    const options = { mayAlter: ["file"], diff: { before, after } };
    return { changes: [change(apacheModules("host"), { names }, script, options)], warnings };
  },
  result: ({ name, state }) => ({ result: `Module ${name} ${state === "present" ? "enabled" : "disabled"}` }),
});

function complaints({ name, ignore_configcheck: isIgnored, warn_mpm_absent: warns }: Args, error: string): string[] {
  if (error === "") return [];
  if (!isIgnored) throw new TaskFailure(`Error executing apache2ctl: ${error}`);
  if (!error.includes("AH00534") || !name.includes("mpm_")) return [`Error executing apache2ctl: ${error}`];
  return warns
    ? [
        "No MPM module loaded! apache2 reload AND other module actions will fail if no MPM module is loaded immediately.",
      ]
    : [];
}

/** What `apache2ctl -M` calls a module, where that is not its name with `_module`. */
function identifierOf(name: string): string {
  if (name.includes("shib")) return "mod_shib";
  if (name.includes("evasive")) return "evasive20_module";
  const php = /^(php\d)\./.exec(name)?.[1];
  return `${php ?? name}_module`;
}
