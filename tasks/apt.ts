import { defineTask, z } from "tsrun";
import { aptArgs, cacheResult, combineApt, observeApt, planApt } from "tsrun/state";

export default defineTask({
  name: "apt",
  summary: "Install, upgrade and remove Debian packages",
  args: z.object(aptArgs),
  returns: {
    cache_updated: "Whether the package lists were fetched",
    cache_update_time: "When they were fetched last, in seconds since 1970",
    stdout: "What apt said",
    stderr: "What it complained about",
  },
  examples: [
    {
      name: "Packages",
      yaml: "apt:\n  name:\n    - nginx\n    - curl\n  update_cache: true\n  cache_valid_time: 3600",
    },
    { name: "A version", yaml: "apt:\n  name: consul=1.8.7*" },
    { name: "All upgrades", yaml: "apt:\n  update_cache: true\n  upgrade: dist" },
  ],
  observe: (args, known) => observeApt(args, known),
  plan: (args, state, context) => planApt(args, state, context),
  combine: combineApt,
  result: (args, { after, changes, outputs, isCheck }) => ({
    ...cacheResult(args, after, changes, isCheck),
    ...(outputs.length > 0 && {
      stdout: outputs.map(({ stdout }) => stdout).join(""),
      stderr: outputs.map(({ stderr }) => stderr).join(""),
    }),
    ...(args.upgrade !== "no" && outputs.length > 0 && { msg: outputs.map(({ stdout }) => stdout).join("") }),
  }),
});
