import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** A file that packages shall put elsewhere. */
export interface DiversionState {
  /** Where the packages' file goes. */
  readonly divert: string;
  /** Package whose own file stays in place, or `LOCAL`. */
  readonly holder: string;
}

/** The diversion of a path by dpkg-divert(1); undefined when it has none. */
export const diversion = defineQuery<string, DiversionState | undefined>({
  name: "diversion",
  script: () => sh`f=/var/lib/dpkg/diversions; [ -e "$f" ] || exit 0; cat "$f"`,
  // Three lines each: path, where to, package; a colon stands for the administrator.
  parse(output, paths) {
    const lines = answerText(output).split("\n");
    const found = new Map<string, DiversionState>();
    for (let at = 0; at + 2 < lines.length; at += 3) {
      const [path, divert, holder] = lines.slice(at, at + 3) as [string, string, string];
      found.set(path, { divert, holder: holder === ":" ? "LOCAL" : holder });
    }
    return paths.map((path) => found.get(path));
  },
});
