import { type Sh, sh } from "../task/sh.ts";

/**
 * Shell that makes a temporary file in a directory: `$t` is its name, `$o` the open file itself. Content, owner and mode go to `$o`, since
 * somebody who may write the directory can put a link in place of `$t`.
 */
export function openBeside(directory: string | Sh): Sh {
  return sh`d=${directory}; t=$(mktemp -u "$d/.tsrun-XXXXXXXX") && umask 077 && set -C && exec 3>"$t" && set +C || exit; o=/proc/self/fd/3`;
}
