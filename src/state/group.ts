import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** An entry of the group database. */
export interface GroupState {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** A group by name; undefined when the host has none. */
export const group = groups("group", undefined);

/** A group of the host's own files; one that only a directory service has is none. */
export const localGroup = groups("local-group", ["-s", "files"]);

function groups(kind: string, service: readonly string[] | undefined) {
  return defineQuery<string, GroupState | undefined>({
    name: kind,
    script: (names) => sh`getent ${service} group -- ${names}`,
    parse(output, names) {
      // getent exits 2 when one of the keys was not found; anything else means that the database could not be read.
      if (output.rc !== 0 && output.rc !== 2)
        throw new Error(`getent group failed: ${decodeBytes(output.stderr).trim()}`);
      const entries = decodeBytes(output.stdout)
        .split("\n")
        .filter(Boolean)
        .map((line) => {
          const [name = "", , gid = "", members = ""] = line.split(":");
          return { name, gid: Number(gid), members: members.split(",").filter(Boolean) };
        });
      return names.map((name) => entries.find((entry) => entry.name === name) ?? byId(entries, name));
    },
  });
}

/** getent takes digits for an id, as the modules do that accept both (`user`'s `group`). */
function byId(entries: readonly GroupState[], key: string): GroupState | undefined {
  return /^\d+$/.test(key) ? entries.find((entry) => entry.gid === Number(key)) : undefined;
}
