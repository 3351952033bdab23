import { defineTask, TaskFailure, z } from "tsrun";
import { aptArgs, cacheResult, combineApt, observeApt, packageManager, planApt } from "tsrun/state";

const states = { installed: "present", removed: "absent" } as const;

const args = z.object({
  ...aptArgs,
  state: z
    .enum(["present", "absent", "latest", "installed", "removed", "build-dep", "fixed"])
    .transform((state) => (state === "installed" || state === "removed" ? states[state] : state))
    .default("present")
    .describe("What the packages should be"),
  use: z.enum(["auto", "apt"]).default("auto").describe("Package manager; `auto` takes the host's own"),
});

export default defineTask({
  name: "package",
  summary: "Install and remove packages with the host's package manager",
  args,
  returns: {
    cache_updated: "Whether the package lists were fetched",
    cache_update_time: "When they were fetched last, in seconds since 1970",
    stdout: "What the package manager said",
    stderr: "What it complained about",
  },
  examples: [{ name: "A few tools", yaml: "package:\n  name: [curl, unzip]\n  state: present" }],
  observe: (args, known) => ({
    ...observeApt(args, known),
    manager: args.use === "auto" ? packageManager(null) : undefined,
  }),
  plan(args, state, context) {
    const { manager } = state as { readonly manager?: string };
    if (args.use === "auto" && manager === undefined)
      throw new TaskFailure("the host has no package manager that tsrun knows");
    if (args.use === "auto" && manager !== "apt")
      throw new TaskFailure(`the host's packages are managed by ${manager}, which tsrun cannot do yet; only apt`);
    return planApt(args, state, context);
  },
  combine: combineApt,
  result: (args, { after, changes, outputs, isCheck }) => ({
    ...cacheResult(args, after, changes, isCheck),
    ...(outputs.length > 0 && {
      stdout: outputs.map(({ stdout }) => stdout).join(""),
      stderr: outputs.map(({ stderr }) => stderr).join(""),
    }),
  }),
});
