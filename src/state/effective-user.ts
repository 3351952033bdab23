import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** Numeric id of the account that the task runs as. */
export const effectiveUid = defineQuery<null, number>({
  name: "effective-uid",
  script: () => sh`id -u`,
  parse: (output, keys) => keys.map(() => Number(decodeBytes(output.stdout).trim())),
});
