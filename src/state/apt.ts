import { decodeBytes } from "../lib/bytes.ts";
import { fnmatch } from "../lib/fnmatch.ts";
import { defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";

/** What apt could install for a name. */
export interface PolicyState {
  /** Version that an install without a version takes; undefined for a purely virtual package. */
  readonly candidate: string | undefined;
  /** All versions with their sources, such as `500 http://deb.debian.org/debian bookworm/main amd64 Packages`. */
  readonly versions: readonly { readonly version: string; readonly sources: readonly string[] }[];
}

export interface PolicyKey {
  readonly name: string;
  /** Release whose versions are preferred (`apt-get -t`). */
  readonly release?: string | undefined;
}

/** Candidate and versions of a package; undefined when the package lists do not know the name. One `apt-cache` a release. */
export const aptPolicy = defineQuery<PolicyKey, PolicyState | undefined>({
  name: "apt-policy",
  script: (keys) =>
    shLines(
      [...new Set(keys.map((key) => key.release))].map((release) => {
        const names = keys.filter((key) => key.release === release).map((key) => key.name);
        return sh`LC_ALL=C apt-cache ${release !== undefined && ["-t", release]} policy -- ${names}; printf '\0'`;
      }),
    ),
  parse(output, keys) {
    const releases = [...new Set(keys.map((key) => key.release))];
    const sections = decodeBytes(output.stdout).split("\0").map(parsePolicy);
    return keys.map((key) => sections[releases.indexOf(key.release)]?.get(key.name));
  },
});

/** Names of packages that can be installed and match a pattern. */
export const availablePackages = defineQuery<string, readonly string[]>({
  name: "available-packages",
  script: (patterns) =>
    shLines(patterns.map((pattern) => sh`apt-cache pkgnames -- ${/^[^*?[]*/.exec(pattern)?.[0] ?? ""}; printf '\0'`)),
  parse(output, patterns) {
    const sections = decodeBytes(output.stdout).split("\0");
    return patterns.map((pattern, index) =>
      (sections[index] ?? "")
        .split("\n")
        .filter((name) => name !== "" && fnmatch(name, pattern))
        .sort(),
    );
  },
});

/** Installed packages that provide a virtual one. */
export const installedProviders = defineQuery<string, readonly string[]>({
  name: "installed-providers",
  script: () => sh`dpkg-query -W -f=${"${Package}\\t${db:Status-Status}\\t${Provides}\\n"}`,
  parse(output, names) {
    const entries = decodeBytes(output.stdout)
      .split("\n")
      .map((line) => line.split("\t"));
    return names.map((name) =>
      entries.flatMap(([provider = "", status, provides = ""]) => {
        const provided = provides.split(",").map((entry) => entry.trim().split(/[\s:(]/)[0]);
        return status === "installed" && provided.includes(name) ? [provider] : [];
      }),
    );
  },
});

/** What an apt-get command would do now. */
export interface SimulationState {
  readonly installs: readonly string[];
  readonly removes: readonly string[];
  /** Archives that `autoclean` would delete. */
  readonly deletes: readonly string[];
}

/** Simulates `apt-get` with these words (`dist-upgrade`, `autoremove`). */
export const aptSimulation = defineQuery<readonly string[], SimulationState>({
  name: "apt-simulation",
  isCostly: true,
  script: (commands) =>
    shLines(commands.map((words) => sh`LC_ALL=C apt-get -s -o Debug::NoLocking=1 ${words} || exit; printf '\0'`)),
  parse(output, commands) {
    if (output.rc !== 0) throw new Error(decodeBytes(output.stderr).trim());
    const sections = decodeBytes(output.stdout).split("\0");
    return commands.map((_, index) => {
      const of = (pattern: RegExp) => [...(sections[index] ?? "").matchAll(pattern)].map(([, name]) => name as string);
      return { installs: of(/^Inst (\S+)/gm), removes: of(/^(?:Remv|Purg) (\S+)/gm), deletes: of(/^Del (\S+)/gm) };
    });
  },
});

/** Age of the package lists. */
export interface AptCacheState {
  /** When they were fetched last, in seconds since 1970; 0 when never. */
  readonly updatedAt: number;
  /** The host's clock, at the same moment. */
  readonly now: number;
  /** Set by a change that fetches them: `updatedAt` before. */
  readonly previous?: number | undefined;
}

export const aptCache = defineQuery<null, AptCacheState>({
  name: "apt-cache",
  freshMs: 30_000,
  // Ansible's rule: the stamp of a successful update where the distribution writes one, else the directory of the lists.
  script: () => sh`
    date +%s
    for p in /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists; do
      [ -e "$p" ] && { stat -c %Y "$p"; break; }
    done
    exit 0`,
  parse(output, keys) {
    const [now = "0", updatedAt = "0"] = decodeBytes(output.stdout).split("\n");
    return keys.map(() => ({ updatedAt: Number(updatedAt || 0), now: Number(now) }));
  },
});

/** Whether downloaded archives lie in apt's cache. */
export const aptArchives = defineQuery<null, boolean>({
  name: "apt-archives",
  script: () =>
    sh`for p in /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*; do [ -e "$p" ] && { echo some; break; }; done; exit 0`,
  parse: (output, keys) => keys.map(() => decodeBytes(output.stdout).trim() === "some"),
});

/** Name, version and architecture that a package file states; undefined when it cannot be read. */
export const debFile = defineQuery<
  string,
  { readonly name: string; readonly version: string; readonly architecture: string } | undefined
>({
  name: "deb-file",
  script: (paths) =>
    shLines(paths.map((path) => sh`dpkg-deb -f ${path} Package Version Architecture 2>/dev/null; printf '\0'`)),
  parse(output, paths) {
    const sections = decodeBytes(output.stdout).split("\0");
    return paths.map((_, index) => {
      const field = (name: string) => new RegExp(`^${name}: *(.*)$`, "m").exec(sections[index] ?? "")?.[1];
      const [name, version, architecture] = [field("Package"), field("Version"), field("Architecture")];
      return name !== undefined && version !== undefined && architecture !== undefined
        ? { name, version, architecture }
        : undefined;
    });
  },
});

function parsePolicy(text: string): ReadonlyMap<string, PolicyState> {
  const found = new Map<string, PolicyState>();
  for (const block of text.split(/\n(?=\S)/)) {
    const [, name] = /^(\S+):\n/.exec(block) ?? [];
    if (name === undefined) continue;
    const candidate = /^ {2}Candidate: (.*)$/m.exec(block)?.[1];
    const versions: { version: string; sources: string[] }[] = [];
    for (const line of block.slice(block.indexOf("Version table:")).split("\n").slice(1)) {
      const [, version] = /^ (?: {4}|\*\*\* )(\S+) /.exec(line) ?? [];
      if (version !== undefined) versions.push({ version, sources: [] });
      else if (line.startsWith("        ")) versions.at(-1)?.sources.push(line.trim());
    }
    found.set(name, { candidate: candidate === "(none)" ? undefined : candidate, versions });
  }
  return found;
}
