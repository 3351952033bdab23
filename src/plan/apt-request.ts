import { z } from "zod";
import { TaskFailure } from "../task/failure.ts";
import { isPackageName } from "../state/package.ts";

/** Arguments of `apt`; `package` takes them too and hands them on. */
export const aptArgs = {
  name: z
    .array(z.string())
    .optional()
    .describe(
      "Packages: `foo`, `foo=1.2*`, `foo>=1.2`, `foo:arm64`, `foo/bookworm-backports`, patterns such as `php8*`",
    )
    .meta({ aliases: ["package", "pkg"] }),
  state: z
    .enum(["present", "absent", "latest", "build-dep", "fixed"])
    .default("present")
    .describe("What the packages should be"),
  update_cache: z
    .boolean()
    .optional()
    .describe("Fetch the package lists first")
    .meta({ aliases: ["update-cache"] }),
  cache_valid_time: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe("Fetch the package lists only when they are older than so many seconds"),
  update_cache_retries: z.number().int().positive().default(5).describe("How often fetching the lists is tried"),
  update_cache_retry_max_delay: z
    .number()
    .int()
    .nonnegative()
    .default(12)
    .describe("Longest wait between two tries, in seconds"),
  purge: z.boolean().default(false).describe("Remove configuration files too"),
  autoremove: z
    .boolean()
    .default(false)
    .describe("Remove packages that only came as dependencies and are not needed any more"),
  autoclean: z.boolean().default(false).describe("Delete downloaded archives that can be downloaded no longer"),
  clean: z.boolean().default(false).describe("Delete all downloaded archives"),
  upgrade: z
    .enum(["no", "yes", "safe", "full", "dist"])
    .default("no")
    .describe("Upgrade all packages; `full` and `dist` may remove some"),
  deb: z.string().optional().describe("Package file to install: a path on the host or a URL"),
  default_release: z
    .string()
    .optional()
    .describe("Release whose versions are preferred")
    .meta({ aliases: ["default-release"] }),
  install_recommends: z
    .boolean()
    .optional()
    .describe("Install recommended packages; left out: as the host is set up")
    .meta({ aliases: ["install-recommends"] }),
  only_upgrade: z.boolean().default(false).describe("Never install what is not installed"),
  allow_downgrade: z
    .boolean()
    .default(false)
    .describe("Allow an older version")
    .meta({ aliases: ["allow-downgrade", "allow_downgrades", "allow-downgrades"] }),
  allow_unauthenticated: z
    .boolean()
    .default(false)
    .describe("Install packages whose origin cannot be verified")
    .meta({ aliases: ["allow-unauthenticated"] }),
  allow_change_held_packages: z.boolean().default(false).describe("Change packages that are on hold"),
  fail_on_autoremove: z.boolean().default(false).describe("Fail when something would be removed"),
  force: z
    .boolean()
    .default(false)
    .describe("Allow downgrades, removal of essential packages, held packages and unverified origins"),
  force_apt_get: z
    .boolean()
    .default(true)
    .describe("Accepted for Ansible's sake: apt-get is always used, never aptitude"),
  dpkg_options: z
    .string()
    .default("force-confdef,force-confold")
    .describe("Options of dpkg, without dashes, with commas"),
  policy_rc_d: z
    .number()
    .int()
    .optional()
    .describe("Exit code of policy-rc.d while packages are installed; 101: no service is started"),
  auto_install_module_deps: z.boolean().default(true).describe("Accepted for Ansible's sake: no Python is needed"),
  lock_timeout: z
    .number()
    .int()
    .nonnegative()
    .default(300)
    .describe("Seconds to wait for another package manager; Ansible waits 60"),
};

export type AptRequest = z.output<z.ZodObject<typeof aptArgs>>;

/** One entry of `name`, taken apart. */
export interface PackageSpec {
  /** As apt-get takes it. */
  readonly text: string;
  readonly name: string;
  readonly comparison?: "=" | ">=" | undefined;
  readonly version?: string | undefined;
  readonly release?: string | undefined;
}

/** `nginx=1.2*` → name, comparison and version. Throws when there is no valid name. */
export function parseSpec(text: string): PackageSpec {
  const [, name = "", comparison, version, release] =
    /^([^=/<>]+?)(?:(>?=)([^=]+)|\/([\w.+~-]+))?$/.exec(text.trim()) ?? [];
  if (!isPackageName(name)) throw new TaskFailure(`invalid package spec: ${text}`);
  return { text: text.trim(), name, comparison: comparison as "=" | undefined, version, release };
}

/** One request for the packages of several that differ in nothing else. */
export function combineApt<Request extends AptRequest>(requests: readonly Request[]): Request | undefined {
  const [first] = requests;
  if (!first || (first.state !== "present" && first.state !== "latest")) return undefined;
  if (first.deb !== undefined || first.upgrade !== "no") return undefined;
  const rest = (request: Request): string => JSON.stringify({ ...request, name: undefined });
  if (requests.some((request) => (request.name ?? []).length === 0 || rest(request) !== rest(first))) return undefined;
  return { ...first, name: [...new Set(requests.flatMap(({ name }) => name ?? []))] };
}
