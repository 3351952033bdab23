import { defineTask, splitCommand, z } from "tsrun";
import { type ManagedRequest, managedResult, observeManaged, planManaged } from "tsrun/state";

const flag = (about: string) => z.boolean().default(false).describe(about);

const args = z.object({
  name: z
    .array(z.string())
    .describe("Packages, with versions perhaps (`docker>=1.10`), files or addresses; `*` is all")
    .meta({ aliases: ["pkg"] }),
  state: z
    .enum(["present", "latest", "absent", "dist-upgrade", "installed", "removed"])
    .default("present")
    .describe("What the packages should be"),
  type: z
    .enum(["package", "patch", "pattern", "product", "srcpackage", "application"])
    .default("package")
    .describe("What the names are"),
  auto_import_keys: flag("Trust keys of repositories that are not known yet"),
  simple_errors: flag("Accepted for Ansible's sake: what zypper complains about is always shown"),
  quiet: z.boolean().default(true).describe("Accepted for Ansible's sake: without meaning here"),
  update_cache: flag("Fetch the lists first").meta({ aliases: ["refresh"] }),
  disable_gpg_check: flag("Do not check signatures"),
  disable_recommends: z.boolean().default(true).describe("Leave out what packages recommend"),
  force: flag("Install again, also an older version or one of another vendor"),
  force_resolution: flag("Let the solver decide about conflicts"),
  oldpackage: flag("Allow an older version"),
  allow_vendor_change: flag("With `state: dist-upgrade`: take packages of another vendor"),
  replacefiles: flag("Overwrite files of other packages"),
  clean_deps: flag("Remove dependencies that nobody needs any more"),
  extra_args: z.string().default("").describe("Further options behind the command"),
  extra_args_precommand: z.string().default("").describe("Further options before the command"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "zypper",
  summary: "Install, upgrade and remove packages of SUSE (tested with the zypper that Debian has)",
  args,
  returns: {
    stdout: "What zypper said",
    stderr: "What it complained about",
    rc: "How it ended",
    results: "What altered",
  },
  examples: [{ name: "Packages", yaml: "zypper:\n  name: [nginx, curl]\n  update_cache: true" }],
  observe: (args, known) => observeManaged(requestOf(args), known),
  plan: (args, state, context) => planManaged(requestOf(args), state, context),
  result: (_args, context) => managedResult(context),
});

function requestOf({ name, state, ...args }: Args): ManagedRequest {
  const isAll = name.includes("*") || state === "dist-upgrade";
  const global = [
    ...splitCommand(args.extra_args_precommand),
    ...(args.disable_gpg_check ? ["--no-gpg-checks"] : []),
    ...(args.auto_import_keys ? ["--gpg-auto-import-keys"] : []),
  ];
  const install = [
    "--auto-agree-with-licenses",
    ...(args.disable_recommends ? ["--no-recommends"] : []),
    ...(args.force ? ["--force"] : []),
    ...(args.force_resolution ? ["--force-resolution"] : []),
    ...(args.oldpackage || name.some((one) => /[<>=]/.test(one)) ? ["--oldpackage"] : []),
    ...(args.replacefiles ? ["--replacefiles"] : []),
    ...splitCommand(args.extra_args),
  ];
  const upgrade = [
    "--auto-agree-with-licenses",
    ...(args.disable_recommends ? ["--no-recommends"] : []),
    ...(state === "dist-upgrade" && args.allow_vendor_change ? ["--allow-vendor-change"] : []),
    ...splitCommand(args.extra_args),
  ];
  return {
    manager: "zypper",
    // zypper(8): `pattern:name` is the pattern of that name.
    names: isAll ? [] : args.type === "package" ? name : name.map((one) => `${args.type}:${one}`),
    state: state === "absent" || state === "removed" ? "absent" : state === "latest" ? "latest" : "present",
    options: global,
    verbOptions: {
      install,
      upgrade,
      remove: [...(args.clean_deps ? ["--clean-deps"] : []), ...splitCommand(args.extra_args)],
    },
    refresh: args.update_cache ? ["zypper", "--non-interactive", ...global, "refresh"] : undefined,
    upgradesAll: isAll ? (state === "dist-upgrade" ? "dist-upgrade" : "update") : undefined,
  };
}
