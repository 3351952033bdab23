import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** The host's own time, in seconds since 1970. */
export const clock = defineQuery<null, number>({
  name: "clock",
  freshMs: 1000,
  script: () => sh`date +%s`,
  parse: (output, keys) => keys.map(() => Number(decodeBytes(output.stdout).trim())),
});
