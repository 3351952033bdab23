import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";
import { contentScript, parseContents } from "./file-content.ts";

/** Text of each regular file that lies directly in a directory, by name; undefined when there is no such directory. */
export const directoryFiles = defineQuery<string, Readonly<Record<string, string>> | undefined>({
  name: "directory-files",
  script: (paths) =>
    shLines([
      ...paths.map((path) => sh`[ -d ${path} ] && printf 1 || printf 0`),
      sh`set --`,
      ...paths.map((path) => sh`for p in ${path}/* ${path}/.[!.]*; do [ -f "$p" ] && set -- "$@" "$p"; done`),
      sh`[ $# = 0 ] && { printf '\0'; exit 0; }`,
      contentScript(sh`"$@"`),
    ]),
  parse(output, paths) {
    const flags = decodeBytes(output.stdout.subarray(0, paths.length));
    const contents = parseContents({ ...output, stdout: output.stdout.subarray(paths.length) });
    return paths.map((path, index) => {
      if (flags[index] !== "1") return undefined;
      const own = [...contents].filter(
        ([found]) => found.startsWith(`${path}/`) && !found.slice(path.length + 1).includes("/"),
      );
      return Object.fromEntries(own.map(([found, { text }]) => [found.slice(path.length + 1), text ?? ""]));
    });
  },
});
