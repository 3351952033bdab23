import { hostWord } from "../task/command-line.ts";
import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** A path with `~` and variables as the host's shell of the task's user understands them. */
export const expandedPath = defineQuery<string, string>({
  name: "expanded_path",
  script: (paths) => sh`printf '%s\0' ${paths.map((path) => hostWord(path))}`,
  parse(output, paths) {
    const fields = answerText(output).split("\0");
    return paths.map((path, index) => fields[index] ?? path);
  },
});
