import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";

export interface TreeDifferenceKey {
  readonly source: string;
  readonly dest: string;
  /** Compare what links lead to, not the links. */
  readonly follow: boolean;
}

/** True when something below a directory of the host is missing from another or differs there. What only the other has does not count. */
export const treeDifference = defineQuery<TreeDifferenceKey, boolean>({
  name: "tree-difference",
  isCostly: true,
  // diff exits 1 for differences, 2 for trouble. Paths without a slash at the end, so that "Only in" lines start with them.
  script: (keys) =>
    shLines(
      keys.map(
        ({ source, dest, follow }) => sh`
        if [ -d ${dest} ]; then LC_ALL=C diff -rq ${!follow && "--no-dereference"} -- ${source} ${dest}; [ $? -le 1 ] || exit 2; else echo absent; fi
        printf '\0'`,
      ),
    ),
  parse(output, keys) {
    if (output.rc !== 0) throw new Error(`diff failed: ${decodeBytes(output.stderr).trim()}`);
    const answers = decodeBytes(output.stdout).split("\0");
    return keys.map(({ source }, index) =>
      (answers[index] ?? "")
        .split("\n")
        .some((line) => line !== "" && (!line.startsWith("Only in ") || isBelow(line, source))),
    );
  },
});

function isBelow(line: string, source: string): boolean {
  const rest = line.slice("Only in ".length);
  return rest.startsWith(`${source}: `) || rest.startsWith(`${source}/`);
}
