import { defineTask, splitCommand, TaskFailure, z } from "tsrun";
import { type ManagedRequest, managedResult, observeManaged, planManaged } from "tsrun/state";

const flag = (about: string) => z.boolean().default(false).describe(about);

const args = z.object({
  name: z
    .array(z.string())
    .default([])
    .describe("Packages")
    .meta({ aliases: ["package", "pkg"] }),
  state: z
    .enum(["absent", "installed", "latest", "present", "removed"])
    .default("present")
    .describe("What the packages should be"),
  update_cache: flag("Fetch the lists first"),
  upgrade: flag("Upgrade everything"),
  force: flag("Remove without a look at dependencies; fetch lists that are not older"),
  remove_nosave: flag("Keep no copies of altered settings of removed packages"),
  reason: z.enum(["dependency", "explicit"]).optional().describe("Why new packages count as installed"),
  reason_for: z.literal("new").default("new").describe("Packages that are there keep their reason"),
  extra_args: z.string().default("").describe("Further options for installing and removing"),
  upgrade_extra_args: z.string().default("").describe("Further options for `upgrade`"),
  update_cache_extra_args: z.string().default("").describe("Further options for `update_cache`"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "pacman",
  summary: "Install, upgrade and remove packages of Arch Linux (tested from recorded output only)",
  args,
  returns: {
    stdout: "What pacman said",
    stderr: "What it complained about",
    rc: "How it ended",
    results: "What altered",
  },
  examples: [{ name: "Packages", yaml: "pacman:\n  name: [nginx, curl]\n  update_cache: true" }],
  observe: (args, known) => observeManaged(requestOf(args), known),
  plan(args, state, context) {
    if (args.name.length > 0 && args.upgrade) throw new TaskFailure("parameters are mutually exclusive: name|upgrade");
    if (args.name.length === 0 && !args.upgrade && !args.update_cache)
      throw new TaskFailure("one of the following is required: name, update_cache, upgrade");
    return planManaged(requestOf(args), state, context);
  },
  result: (_args, context) => managedResult(context),
});

function requestOf({ name, state, ...args }: Args): ManagedRequest {
  const refresh = args.force ? "-Syy" : "-Sy";
  return {
    manager: "pacman",
    names: name,
    state: state === "absent" || state === "removed" ? "absent" : state === "latest" ? "latest" : "present",
    options: splitCommand(args.upgrade ? args.upgrade_extra_args : args.extra_args),
    verbOptions: {
      install: args.reason === undefined ? [] : [args.reason === "dependency" ? "--asdeps" : "--asexplicit"],
      remove: [...(args.force ? ["--nodeps", "--nodeps"] : []), ...(args.remove_nosave ? ["--nosave"] : [])],
    },
    refresh: args.update_cache
      ? ["pacman", refresh, "--noconfirm", "--noprogressbar", ...splitCommand(args.update_cache_extra_args)]
      : undefined,
    isRefreshChange: name.length === 0 && !args.upgrade,
    upgradesAll: args.upgrade ? "upgrade" : undefined,
  };
}
