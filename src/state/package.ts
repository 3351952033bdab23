import { decodeBytes } from "../lib/bytes.ts";
import { fnmatch } from "../lib/fnmatch.ts";
import { defineQuery, type QueryOutput } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** A package as dpkg's database has it. */
export interface PackageState {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  /** What dpkg was asked for: `install`, `hold`, `deinstall`, `purge`, `unknown`. */
  readonly want: string;
  /** `ok`, or `reinstreq` after an interrupted unpacking. */
  readonly flag: string;
  /** `installed`, `config-files`, `half-installed`, `unpacked`, `half-configured`, `triggers-awaited`, `triggers-pending`, `not-installed`. */
  readonly status: string;
  /** Came only as a dependency, so `apt-get autoremove` may take it away. */
  readonly isAuto: boolean;
}

/** Only a package that is wholly there counts: an interrupted dpkg leaves others that apt-get calls "already the newest version". */
export function isInstalled(state: PackageState | undefined): boolean {
  return state?.flag === "ok" && state.status === "installed";
}

/** Package names by Debian's policy, with an architecture perhaps. */
export function isPackageName(name: string): boolean {
  return /^[a-z0-9][a-z0-9+.-]*(?::[a-z0-9-]+)?$/i.test(name);
}

const format =
  "${binary:Package}\\t${Architecture}\\t${Version}\\t${db:Status-Want} ${db:Status-Eflag} ${db:Status-Status}\\n";

/** A package by name, or `name:architecture`; undefined when dpkg does not know it. One `dpkg-query` for all. */
export const packageState = defineQuery<string, PackageState | undefined>({
  name: "package",
  // A name that is none would fail the whole query. dpkg itself tells the host's own architecture.
  script(names) {
    // dpkg-query does not know the architectures `native` and `any`, which are for `parse`.
    const valid = [...new Set(names.filter(isPackageName).map((name) => name.replace(/:(native|any)$/, "")))];
    const stanzas = valid.map((name) => ["-e", `Package: ${name.split(":")[0]}`]);
    return sh`dpkg-query -W -f=${format} -- dpkg ${valid}; r=$?
      ${valid.length > 0 && sh`[ -r /var/lib/apt/extended_states ] && grep -xF -A 3 ${stanzas} /var/lib/apt/extended_states`}
      exit $r`;
  },
  parse(output, names) {
    const known = parsePackages(output);
    const native = known.find(({ name }) => name === "dpkg")?.architecture ?? "";
    return names.map((wanted) => {
      const [name = "", architecture] = wanted.split(":");
      const found = known.filter((state) => state.name === name && state.status !== "not-installed");
      const isWanted = (state: PackageState) =>
        architecture === undefined || architecture === "native"
          ? state.architecture === native || state.architecture === "all"
          : architecture === "any" ||
            state.architecture === architecture ||
            (state.architecture === "all" && architecture === native);
      return found.find((state) => isWanted(state) && isInstalled(state)) ?? found.find(isWanted);
    });
  },
});

/** Packages that dpkg knows whose names match a pattern such as `php8*`. */
export const matchingPackages = defineQuery<string, readonly PackageState[]>({
  name: "matching-packages",
  script: (patterns) =>
    sh`dpkg-query -W -f=${format} -- dpkg ${patterns.map((pattern) => pattern.replace(/[^a-zA-Z0-9+.:*?[\]!-]/g, "?"))}`,
  parse(output, patterns) {
    const known = parsePackages(output).filter((state) => state.status !== "not-installed");
    return patterns.map((pattern) => known.filter(({ name }) => fnmatch(name, pattern)));
  },
});

/** What package manager a host has: its own, by the programs that are there. */
export const packageManager = defineQuery<null, "apt" | "dnf" | "yum" | "apk" | "zypper" | "pacman" | undefined>({
  name: "package-manager",
  script: () =>
    sh`for p in apt-get dnf yum apk zypper pacman; do command -v "$p" >/dev/null && { echo "$p"; break; }; done; exit 0`,
  parse(output, keys) {
    const program = decodeBytes(output.stdout).trim();
    const manager = program === "apt-get" ? "apt" : program === "" ? undefined : (program as "dnf");
    return keys.map(() => manager);
  },
});

/** True when a dpkg run was cut short, so that apt-get refuses to work before `dpkg --configure -a`. */
export const dpkgInterrupted = defineQuery<null, boolean>({
  name: "dpkg-interrupted",
  script: () => sh`set -- /var/lib/dpkg/updates/[0-9]*; [ -e "$1" ] && echo interrupted; exit 0`,
  parse: (output, keys) => keys.map(() => decodeBytes(output.stdout).trim() === "interrupted"),
});

function parsePackages(output: QueryOutput): readonly PackageState[] {
  // 1: a name is not known. 127: a host without dpkg has no such packages.
  if (output.rc > 1 && output.rc !== 127) throw new Error(`dpkg-query failed: ${decodeBytes(output.stderr).trim()}`);
  const text = decodeBytes(output.stdout);
  const isAuto = new Set(
    [...text.matchAll(/^Package: (.*)\nArchitecture: (.*)\nAuto-Installed: 1$/gm)].map(
      ([, name, architecture]) => `${name}:${architecture}`,
    ),
  );
  // apt keeps packages for all architectures under the host's own.
  const native = /^dpkg\t(.*?)\t/m.exec(text)?.[1] ?? "";
  return text
    .split("\n")
    .filter((line) => line.includes("\t"))
    .map((line) => {
      const [qualified = "", architecture = "", version = "", status = ""] = line.split("\t");
      const [want = "", flag = "", state = ""] = status.split(" ");
      const name = qualified.split(":")[0] ?? qualified;
      return {
        name,
        architecture,
        version,
        want,
        flag,
        status: state,
        isAuto: isAuto.has(`${name}:${architecture === "all" ? native : architecture}`),
      };
    });
}
