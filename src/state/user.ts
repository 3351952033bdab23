import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** A line of the shadow database; numbers count days, -1 where a field is empty. */
export interface ShadowState {
  /** Hash, with a leading `!` while it is locked. Never shown. */
  readonly password: string;
  readonly minDays: number;
  readonly maxDays: number;
  readonly warnDays: number;
  readonly inactiveDays: number;
  /** Days since 1970-01-01. */
  readonly expires: number;
}

/** An account. */
export interface UserState {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** Groups that list the account as a member; the primary group only when it does so too. Sorted. */
  readonly groups: readonly string[];
  readonly hasHome: boolean;
  /** Undefined when the task's user may not read the shadow database. */
  readonly shadow: ShadowState | undefined;
}

/** An account by name; undefined when the host has none. Memberships are read from the whole group database, as Ansible does. */
export const user = accounts("user", undefined);

/** An account of the host's own files; one that only a directory service has is none. */
export const localUser = accounts("local-user", ["-s", "files"]);

function accounts(kind: string, service: readonly string[] | undefined) {
  return defineQuery<string, UserState | undefined>({
    name: kind,
    // Sections end with a NUL. getent exits 2 when a name was not found; anything else means that the database could not be read.
    script: (names) => sh`
    p=$(getent ${service} passwd -- ${names}); r=$?; [ $r = 0 ] || [ $r = 2 ] || exit $r
    printf '%s\n\0' "$p"
    [ "$(id -u)" = 0 ] && getent ${service} shadow -- ${names}
    printf '\0'
    getent ${service} group
    printf '\0'
    printf '%s\n' "$p" | while IFS= read -r l; do h=\${l%:*}; h=\${h##*:}; [ -n "$l" ] && [ -d "$h" ] && printf '%s\n' "\${l%%:*}"; done
    exit 0`,
    parse(output, names) {
      if (output.rc !== 0) throw new Error(`getent passwd failed: ${decodeBytes(output.stderr).trim()}`);
      const [passwd = "", shadow = "", groups = "", homes = ""] = decodeBytes(output.stdout).split("\0");
      const groupEntries = entriesOf(groups).map(([name = "", , , members = ""]) => ({
        name,
        members: members.split(","),
      }));
      const withHome = new Set(homes.split("\n"));
      return names.map((wanted) => {
        const entry = entriesOf(passwd).find(([name]) => name === wanted);
        if (!entry) return undefined;
        const [name = "", , uid = "", gid = "", comment = "", home = "", shell = ""] = entry;
        const memberOf = groupEntries.filter((group) => group.members.includes(name)).map((group) => group.name);
        const shadowEntry = entriesOf(shadow).find(([owner]) => owner === name);
        return {
          name,
          uid: Number(uid),
          gid: Number(gid),
          comment,
          home,
          shell,
          groups: [...new Set(memberOf)].sort(),
          hasHome: withHome.has(name),
          shadow: shadowEntry && parseShadow(shadowEntry),
        };
      });
    },
  });
}

function entriesOf(section: string): string[][] {
  return section
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(":"));
}

function parseShadow([, password = "", , min, max, warn, inactive, expires]: readonly string[]): ShadowState {
  const days = (field: string | undefined) => (field ? Number(field) : -1);
  return {
    password,
    minDays: days(min),
    maxDays: days(max),
    warnDays: days(warn),
    inactiveDays: days(inactive),
    expires: days(expires),
  };
}
