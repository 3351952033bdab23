import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

export interface RpmListKey {
  /** Options of dnf that come before its verb. */
  readonly options: readonly string[];
  /** `installed`, `updates`, `available`, `repos`, or names and patterns of packages. */
  readonly what: string;
}

/** A package or a repository as Ansible's `dnf` with `list` tells it. */
export type RpmListItem = Readonly<Record<string, string>>;

const format = "%{name}\t%{arch}\t%{epoch}\t%{release}\t%{version}\t%{reponame}\n";
const selections: Readonly<Record<string, readonly (readonly string[])[]>> = {
  installed: [["--installed"]],
  updates: [["--upgrades"]],
  upgrades: [["--upgrades"]],
  available: [["--available"]],
};

/** What dnf knows: packages with their versions, or repositories. */
export const rpmList = defineQuery<RpmListKey, readonly RpmListItem[]>({
  name: "rpm-list",
  isCostly: true,
  script: (keys) =>
    sh`${keys.map(({ options, what }) =>
      isRepositories(what)
        ? sh`dnf -q ${options} repolist --enabled </dev/null || exit; printf '\0';`
        : sh`${(
            selections[what] ?? [
              ["--installed", what],
              ["--available", what],
            ]
          ).map((words) => sh`dnf -q ${options} repoquery --qf ${format} ${words} </dev/null || exit;`)} printf '\0';`,
    )}`,
  parse(output, keys) {
    const parts = answerText(output).split("\0");
    return keys.map(({ what }, index) => {
      const lines = (parts[index] ?? "").split("\n").filter((line) => line.trim() !== "");
      return isRepositories(what) ? lines.slice(1).map(repository) : lines.map(listed);
    });
  },
});

function isRepositories(what: string): boolean {
  return what === "repos" || what === "repositories";
}

function repository(line: string): RpmListItem {
  return { repoid: line.split(/\s/)[0] ?? "", state: "enabled" };
}

function listed(line: string): RpmListItem {
  const [name = "", arch = "", epoch = "", release = "", version = "", repo = ""] = line.split("\t");
  const full = `${epoch}:${name}-${version}-${release}.${arch}`;
  return {
    name,
    arch,
    epoch,
    release,
    version,
    repo,
    envra: full,
    nevra: full,
    yumstate: repo === "@System" ? "installed" : "available",
  };
}
