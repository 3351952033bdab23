import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";

/** Answers that debconf keeps for a package's questions, by question. */
export type DebconfAnswers = Readonly<Record<string, string>>;

/** What debconf knows for a package; empty where it knows nothing. */
export const debconfAnswers = defineQuery<string, DebconfAnswers>({
  name: "debconf",
  script: (names) => shLines(names.map((name) => sh`LC_ALL=C debconf-show -- ${name} || exit; printf '\0'`)),
  parse(output, names) {
    if (output.rc !== 0) throw new Error(`debconf-show failed: ${decodeBytes(output.stderr).trim()}`);
    const sections = decodeBytes(output.stdout).split("\0");
    return names.map((_, index) => {
      const lines = (sections[index] ?? "").split("\n").filter((line) => line.includes(":"));
      return Object.fromEntries(
        lines.map((line) => {
          const colon = line.indexOf(":");
          return [
            line
              .slice(0, colon)
              .replace(/^[*\s]+/, "")
              .trim(),
            line.slice(colon + 1).trim(),
          ];
        }),
      );
    });
  },
});
