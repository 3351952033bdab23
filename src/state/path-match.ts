import { decodeBytes } from "../lib/bytes.ts";
import { globWord } from "../task/command-line.ts";
import { answerText, defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";

/** Whether anything lies at a path or matches a pattern (`creates`, `removes`); `~` and variables are the host's. No process is started. */
export const pathMatch = defineQuery<string, boolean>({
  name: "path_match",
  script: (patterns) =>
    shLines([
      sh`any() { for p do [ -e "$p" ] || [ -L "$p" ] && { echo 1; return; }; done; echo 0; }`,
      ...patterns.map((pattern) => sh`any ${globWord(pattern)}`),
    ]),
  parse(output, patterns) {
    const lines = answerText(output).split("\n");
    if (lines.length !== patterns.length + 1) throw new Error(decodeBytes(output.stderr).trim() || "unexpected output");
    return patterns.map((_, index) => lines[index] === "1");
  },
});
