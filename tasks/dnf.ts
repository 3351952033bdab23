import { defineTask, type Plan, TaskFailure, z } from "tsrun";
import {
  dnfOptions,
  type Manager,
  type ManagedRequest,
  managedResult,
  observeManaged,
  planManaged,
  rpmList,
  type RpmListItem,
  rpmManager,
} from "tsrun/state";

const flag = (about: string) => z.boolean().default(false).describe(about);
const list = (about: string) => z.array(z.string()).default([]).describe(about);

const args = z.object({
  name: list("Packages, groups (`@tools`), versions (`nginx-1.20*`), files or addresses; `*` is all").meta({
    aliases: ["pkg"],
  }),
  state: z
    .enum(["absent", "present", "installed", "removed", "latest"])
    .optional()
    .describe("What the packages should be; `present`, or `absent` with `autoremove`"),
  enablerepo: list("Repositories to use although they are off"),
  disablerepo: list("Repositories not to use"),
  update_cache: flag("Fetch the lists anew").meta({ aliases: ["expire-cache"] }),
  update_only: flag("With `state: latest`: install nothing that is not there"),
  autoremove: flag("Remove what came as a dependency and is not needed any more"),
  disable_gpg_check: flag("Do not check signatures"),
  exclude: list("Packages to leave alone"),
  skip_broken: flag("Leave out what cannot be installed"),
  allowerasing: flag("Remove others where that is needed"),
  nobest: flag("Take older candidates where the best cannot be installed"),
  install_weak_deps: z.boolean().default(true).describe("Install what packages recommend"),
  security: flag("With `state: latest`: upgrade only for security's sake"),
  bugfix: flag("With `state: latest`: upgrade only to mend errors"),
  download_only: flag("Only fetch the packages, each time anew"),
  download_dir: z
    .string()
    .optional()
    .describe("With `download_only`: where they are put, instead of dnf's cache")
    .meta({ path: true }),
  installroot: z
    .string()
    .default("/")
    .describe("Directory of another system to install in. dnf keeps its database there under `--check` too")
    .meta({ path: true }),
  list: z
    .string()
    .optional()
    .describe("Only tell what there is, as `results`: `installed`, `updates`, `available`, `repos`, or packages"),
  cacheonly: flag("Use the lists at hand"),
  validate_certs: z.boolean().default(true).describe("Check certificates of repositories"),
  sslverify: z.boolean().default(true).describe("The same"),
  conf_file: z.string().optional().describe("Settings of dnf instead of its own").meta({ path: true }),
  releasever: z.string().optional().describe("Release whose packages are installed"),
  enable_plugin: list("Plugins to use although they are off"),
  disable_plugin: list("Plugins not to use"),
  disable_excludes: z
    .string()
    .optional()
    .describe("Take packages although settings exclude them: `all`, `main`, or the id of a repository"),
  allow_downgrade: flag("Accepted: dnf itself takes an older version when a name says so"),
  best: z.boolean().optional().describe("Fail where the best candidate cannot be installed; the opposite of `nobest`"),
  use_backend: z
    .enum(["auto", "yum", "yum4", "dnf", "dnf4", "dnf5"])
    .default("auto")
    .describe("Accepted for Ansible's sake: the host's own dnf or yum is used"),
  lock_timeout: z.number().int().default(30).describe("Accepted for Ansible's sake: dnf waits until it gets the lock"),
  install_repoquery: z.boolean().default(true).describe("Accepted for Ansible's sake: repoquery is not needed"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "dnf",
  aliases: ["yum"],
  summary: "Install, upgrade and remove RPM packages with dnf or yum (tested with the dnf that Debian has)",
  args,
  returns: {
    stdout: "What dnf said",
    stderr: "What it complained about",
    rc: "How it ended",
    results: "What was installed and removed, with versions; with `list`: what there is",
  },
  examples: [{ name: "Packages", yaml: "dnf:\n  name: [nginx, curl]\n  state: present" }],
  observe(args, known) {
    const manager = known(rpmManager(null));
    const { list: what } = args;
    if (what !== undefined)
      return {
        rpmManager: rpmManager(null),
        list: manager === "dnf" ? rpmList({ options: dnfOptions(args), what }) : undefined,
      };
    return { rpmManager: rpmManager(null), ...(manager && observeManaged(requestOf(args, manager), known)) };
  },
  plan(args, state, context): Plan {
    const { rpmManager: manager } = state as { readonly rpmManager?: Manager };
    if (manager === undefined) throw new TaskFailure("the host has neither dnf nor yum");
    if (args.list !== undefined) {
      if (args.name.length > 0) throw new TaskFailure("parameters are mutually exclusive: name|list");
      if (manager !== "dnf") throw new TaskFailure("`list` needs dnf, which the host does not have");
      return { changes: [] };
    }
    if (args.state === "absent" && args.name.includes("*"))
      throw new TaskFailure("`*` with `state: absent` would remove everything");
    return planManaged(requestOf(args, manager), state, context);
  },
  result(args, context) {
    if (args.list === undefined) return managedResult(context, args.download_only);
    const { list: found } = context.before as { readonly list?: readonly RpmListItem[] };
    return { results: found ?? [] };
  },
});

function requestOf(args: Args, manager: Manager): ManagedRequest {
  const isAbsent = args.state === "absent" || args.state === "removed" || (args.state === undefined && args.autoremove);
  const isAll = args.name.includes("*") || (args.autoremove && args.name.length === 0);
  const isLatest = args.state === "latest";
  const names = args.name.filter((name) => name !== "*");
  return {
    manager,
    names: isAll ? [] : names,
    state: isAbsent ? "absent" : isLatest ? "latest" : "present",
    options: dnfOptions(args),
    verbOptions: { upgrade: [...(args.security ? ["--security"] : []), ...(args.bugfix ? ["--bugfix"] : [])] },
    refresh: args.update_cache ? [manager, "-q", "-y", ...dnfOptions(args), "makecache"] : undefined,
    upgradesAll: isAll ? (isAbsent ? "autoremove" : "upgrade") : undefined,
    isUpgradeOnly: isLatest && args.update_only,
    root: args.installroot === "/" ? undefined : args.installroot,
    isDownload: args.download_only && !isAbsent,
  };
}
