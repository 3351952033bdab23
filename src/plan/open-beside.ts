import { type Sh, sh } from "../task/sh.ts";
import { sweepTemps } from "../task/sweep-temps.ts";

/**
 * Shell that makes a temporary file in a directory: `$t` is its name, `$o` the open file itself. Content, owner and mode go to `$o`, since
 * somebody who may write the directory can put a link in place of `$t`. What dead runs left there is swept.
 */
export function openBeside(directory: string | Sh): Sh {
  return sh`d=${directory}; dir=$d/
${sweepTemps}
trap ${"exit 143"} TERM INT HUP
t=$(mktemp -u "$dir.tsrun-$boot-$PPID-XXXXXXXX") && set -C && exec 3>"$t" && set +C || exit; o=/proc/self/fd/3`;
}
