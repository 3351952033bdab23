import { defineTask, type Plan, TaskFailure, z } from "tsrun";
import {
  aptArgs,
  cacheResult,
  combineApt,
  dnfOptions,
  type ManagedRequest,
  type Manager,
  managedResult,
  observeApt,
  observeManaged,
  packageManager,
  planApt,
  planManaged,
} from "tsrun/state";

const states = { installed: "present", removed: "absent" } as const;

const flag = (about: string) => z.boolean().optional().describe(`With dnf and yum: ${about}`);
const list = (about: string) => z.array(z.string()).optional().describe(`With dnf and yum: ${about}`);

/** What roles for several distributions pass on to dnf, in tasks that other hosts skip. */
const dnfArgs = {
  disable_gpg_check: flag("do not check signatures"),
  disablerepo: list("repositories not to use"),
  enablerepo: list("repositories to use although they are off"),
  exclude: list("packages to leave alone"),
  nobest: flag("take older candidates where the best cannot be installed"),
  skip_broken: flag("leave out what cannot be installed"),
};

const args = z.object({
  ...aptArgs,
  state: z
    .enum(["present", "absent", "latest", "installed", "removed", "build-dep", "fixed"])
    .transform((state) => (state === "installed" || state === "removed" ? states[state] : state))
    .default("present")
    .describe("What the packages should be"),
  ...dnfArgs,
  use: z
    .enum(["auto", "apt", "dnf", "yum", "apk", "pacman", "zypper"])
    .default("auto")
    .describe("Package manager; `auto` takes the host's own"),
});

type Args = z.output<typeof args>;

const defaults = args.parse({});
const aptOnly = (Object.keys(aptArgs) as (keyof typeof aptArgs)[]).filter(
  (option) => !["name", "state", "update_cache"].includes(option),
);

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
  observe(args, known) {
    const manager = args.use === "auto" ? known(packageManager(null)) : args.use;
    return {
      // Most hosts have apt, so that its questions go along with that for the manager.
      ...(manager === undefined || manager === "apt"
        ? observeApt(args, known)
        : observeManaged(requestOf(args, manager), known)),
      ownManager: args.use === "auto" ? packageManager(null) : undefined,
    };
  },
  plan(args, state, context): Plan {
    const { ownManager } = state as { readonly ownManager?: Manager | "apt" };
    const manager = args.use === "auto" ? ownManager : args.use;
    if (manager === undefined) throw new TaskFailure("the host has no package manager that tsrun knows");
    const isDnf = manager === "dnf" || manager === "yum";
    const foreign = Object.keys(dnfArgs).find((name) => args[name as keyof typeof dnfArgs] !== undefined);
    if (foreign !== undefined && !isDnf)
      throw new TaskFailure(`the host's packages are managed by ${manager}, which has no \`${foreign}\``);
    return manager === "apt" ? planApt(args, state, context) : planManaged(requestOf(args, manager), state, context);
  },
  combine: combineApt,
  result(args, context) {
    const { after, changes, outputs, isCheck } = context;
    const { ownManager = args.use } = after as { readonly ownManager?: string };
    if (ownManager !== "apt" && ownManager !== "auto") return managedResult(context);
    return {
      ...cacheResult(args, after, changes, isCheck),
      ...(outputs.length > 0 && {
        stdout: outputs.map(({ stdout }) => stdout).join(""),
        stderr: outputs.map(({ stderr }) => stderr).join(""),
      }),
    };
  },
});

/** Other managers take what all have in common; what only apt can do is refused. */
function requestOf(args: Args, manager: Manager): ManagedRequest {
  const { name = [], state, update_cache } = args;
  const foreign = aptOnly.filter((option) => args[option] !== defaults[option]);
  if (foreign.length > 0)
    throw new TaskFailure(`the host's packages are managed by ${manager}, which has no \`${foreign.join("`, `")}\``);
  if (state === "build-dep" || state === "fixed")
    throw new TaskFailure(`the host's packages are managed by ${manager}, which has no state \`${state}\``);
  const options = manager === "dnf" || manager === "yum" ? dnfOptions(args) : [];
  const refresh = {
    dnf: ["dnf", "-q", "-y", ...options, "makecache"],
    yum: ["yum", "-q", "-y", ...options, "makecache"],
    apk: ["apk", "update"],
    pacman: ["pacman", "-Sy", "--noconfirm", "--noprogressbar"],
    zypper: ["zypper", "--non-interactive", "refresh"],
  };
  const isUpdate = update_cache === true;
  const install = manager === "zypper" ? ["--auto-agree-with-licenses", "--no-recommends"] : [];
  return {
    manager,
    names: name,
    state,
    options,
    verbOptions: { install, upgrade: install },
    refresh: isUpdate ? refresh[manager] : undefined,
  };
}
