import { createHash } from "node:crypto";
import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { AptSettings } from "./machine-apt.ts";

/** What an image contains; two equal recipes have the same tag. */
export interface ImageRecipe {
  /** `debian-12`. */
  readonly name: string;
  readonly suite: string;
  /** Image that a registry may have, by its short name. */
  readonly baseImage: string;
  readonly packages: readonly string[];
  /** Lines for `sources.list`; undefined leaves what the bootstrap chose. */
  readonly sources: readonly string[] | undefined;
  /** POSIX sh, run as root inside the new system after the packages are there. */
  readonly setupScript: string;
  /** Full image name; its tag ends in a hash of all the above. */
  readonly tag: string;
}

export interface RecipeOptions {
  readonly image?: string | undefined;
  /** Adds Python and its apt bindings, for runs of Ansible against the same hosts. */
  readonly python?: boolean | undefined;
  /** Debian archive to use instead of the machine's own. */
  readonly mirror?: string | undefined;
}

export const adminUser = "admin";
export const adminUid = 1000;
export const imageRepository = "localhost/tsrun-lab";
export const defaultImage = "debian-12";

const suites: Readonly<Record<string, string>> = { "debian-12": "bookworm", "debian-11": "bullseye" };
export const imageNames: readonly string[] = Object.keys(suites);

/** What an installed Debian server has beyond the essential packages. No Python: hosts must not need it. */
const packages = [
  "systemd systemd-sysv libpam-systemd dbus cron tzdata procps netbase",
  "openssh-server sudo rsync curl ca-certificates gnupg",
  "iproute2 iputils-ping unzip xz-utils bzip2",
].flatMap((line) => line.split(" "));

/** The recipe of an image with this machine's way to the archive. Errors: `E_LAB_IMAGE` for a name that is not known. */
export function imageRecipe(options: RecipeOptions, apt: AptSettings): ImageRecipe {
  const name = options.image ?? defaultImage;
  const suite = suites[name];
  if (suite === undefined) {
    throw new TsrunError({
      code: "E_LAB_IMAGE",
      message: `expected one of ${imageNames.map((known) => `\`${known}\``).join(", ")}, got image \`${name}\``,
      hint: didYouMean(name, imageNames) ?? `tsrun lab up --image ${defaultImage}`,
    });
  }
  const content = {
    suite,
    baseImage: `debian:${suite}`,
    packages: options.python ? [...packages, "python3", "python3-apt"] : packages,
    sources: sourceLines(suite, options.mirror, apt),
    setupScript: setupScript(apt),
  };
  const hash = createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 12);
  return { name, ...content, tag: `${imageRepository}:${name}${options.python ? "-python" : ""}-${hash}` };
}

function sourceLines(suite: string, mirrorOption: string | undefined, apt: AptSettings): readonly string[] | undefined {
  const mirror = mirrorOption ?? apt.mirror;
  if (mirror === undefined) return undefined;
  const security = mirrorOption === undefined ? apt.securityMirror : undefined;
  return [
    `deb ${mirror} ${suite} main`,
    `deb ${mirror} ${suite}-updates main`,
    ...(security === undefined ? [] : [`deb ${security} ${suite}-security main`]),
  ];
}

/**
 * Apt inside the hosts. Snapshots, slow mirrors and suites past their end of life have expired indexes; translations
 * of package descriptions are most of the bytes of an `apt-get update`.
 */
function aptConf(apt: AptSettings): readonly string[] {
  return ['Acquire::Check-Valid-Until "false";', 'Acquire::Languages "none";', ...apt.conf];
}

/**
 * Turns a bootstrapped system into a host like any other: an administrator with sudo, the machine's certificates, no
 * keys or ids that copies would share, and none of what makes container images different (policy-rc.d, apt cleaning).
 */
function setupScript(apt: AptSettings): string {
  const certificates = apt.certificates.map((pem, index) =>
    heredoc(`/usr/local/share/ca-certificates/lab-${index + 1}.crt`, pem),
  );
  return [
    "set -eu",
    heredoc("/etc/apt/apt.conf.d/90lab", aptConf(apt).join("\n")),
    ...certificates,
    certificates.length > 0 ? "update-ca-certificates >/dev/null" : "",
    `useradd --create-home --shell /bin/bash --uid ${adminUid} ${adminUser}`,
    `echo '${adminUser} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/${adminUser}`,
    `chmod 0440 /etc/sudoers.d/${adminUser}`,
    `install -d -m 0700 -o ${adminUser} -g ${adminUser} /home/${adminUser}/.ssh`,
    "install -d -m 0700 /root/.ssh",
    "echo LANG=C.UTF-8 >/etc/default/locale",
    "rm -f /etc/ssh/ssh_host_*_key* /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/docker-*",
    ": >/etc/machine-id",
    // A privileged container sees the machine's consoles; a getty there would take them over.
    "ln -sf /dev/null /etc/systemd/system/getty.target",
    "systemctl set-default multi-user.target >/dev/null 2>&1 || true",
    "",
  ].join("\n");
}

function heredoc(path: string, text: string): string {
  return `cat >${path} <<'LAB_END'\n${text}\nLAB_END`;
}
