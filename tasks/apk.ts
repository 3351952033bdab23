import { defineTask, TaskFailure, z } from "tsrun";
import { type ManagedRequest, managedResult, observeManaged, planManaged } from "tsrun/state";

const flag = (about: string) => z.boolean().default(false).describe(about);

const args = z.object({
  name: z.array(z.string()).default([]).describe("Packages, with versions perhaps (`nginx=1.24.0-r7`)"),
  state: z
    .enum(["present", "absent", "latest", "installed", "removed"])
    .default("present")
    .describe("What the packages should be"),
  update_cache: flag("Fetch the lists first"),
  upgrade: flag("Upgrade everything"),
  available: flag("With `upgrade`: prefer what repositories have, older versions too"),
  repository: z.array(z.string()).default([]).describe("Repositories instead of the host's"),
  no_cache: flag("Use no local cache"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "apk",
  summary: "Install, upgrade and remove packages of Alpine Linux (tested from recorded output only)",
  args,
  returns: { stdout: "What apk said", stderr: "What it complained about", rc: "How it ended", results: "What altered" },
  examples: [{ name: "Packages", yaml: "apk:\n  name: [nginx, curl]\n  update_cache: true" }],
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
  const options = [
    ...(args.no_cache ? ["--no-cache"] : []),
    ...args.repository.flatMap((one) => ["--repository", one]),
    ...(args.repository.length > 0 ? ["--repositories-file", "/dev/null"] : []),
  ];
  return {
    manager: "apk",
    names: name,
    state: state === "absent" || state === "removed" ? "absent" : state === "latest" ? "latest" : "present",
    options,
    verbOptions: { upgrade: args.upgrade && args.available ? ["--available"] : [] },
    refresh: args.update_cache ? ["apk", ...options, "update"] : undefined,
    isRefreshChange: name.length === 0 && !args.upgrade,
    upgradesAll: args.upgrade ? "upgrade" : undefined,
  };
}
