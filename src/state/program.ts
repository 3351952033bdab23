import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** Where a program of the host is; undefined when it has none of that name. */
export const program = defineQuery<string, string | undefined>({
  name: "program",
  script: (names) => sh`for n in ${names}; do command -v -- "$n"; printf '\0'; done`,
  parse(output, names) {
    const paths = answerText(output).split("\0");
    return names.map((_, index) => paths[index]?.trim() || undefined);
  },
});
