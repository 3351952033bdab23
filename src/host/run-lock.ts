import { setTimeout as sleep } from "node:timers/promises";
import { decodeBytes } from "../lib/bytes.ts";
import { TsrunError } from "../lib/errors.ts";
import { sh } from "../task/sh.ts";
import type { Shell } from "./shell.ts";

export interface RunLockOptions {
  readonly hostName: string;
  /** Who holds it, in one line: person, machine, run, start time. Whoever finds the lock taken reads this. */
  readonly owner: string;
  /** How long to wait for another run; 0 fails at once. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where the lock is; undefined when the host has no place for one. */
export interface RunLock {
  readonly path: string | undefined;
}

const takenExitCode = 75;

/**
 * Takes the host's lock for the life of the shell: one run at a time changes a host. The host program itself holds it, so the kernel frees
 * it with that process, also when the connection is cut; a protected script that goes on keeps it. Throws `E_LOCKED` with the owner.
 *
 * Root's lock is /run/tsrun.lock, another user's is in the home directory: runs that log in as different users and do not become root do not see
 * each other.
 */
export async function takeRunLock(shell: Shell, options: RunLockOptions): Promise<RunLock> {
  const { hostName, owner, waitMs = 0, signal } = options;
  const script = lockScript(owner.replaceAll(/[\n\r\0]/g, " "));
  const start = performance.now();
  for (let pauseMs = 50; ; pauseMs = Math.min(1000, pauseMs * 2)) {
    const outcome = await shell.run({ script, inside: true, signal });
    const answer = decodeBytes(outcome.stdout).trim();
    if (outcome.rc === 0) return { path: answer === "" ? undefined : answer };
    if (outcome.rc !== takenExitCode || performance.now() - start >= waitMs) throw lockedError(hostName, answer);
    // Short at first: the holder may be a run that is just ending.
    await sleep(Math.min(pauseMs, waitMs), undefined, signal ? { signal } : {});
  }
}

function lockedError(hostName: string, holder: string): TsrunError {
  return new TsrunError({
    code: "E_LOCKED",
    message: `${hostName}: another run holds the lock: ${holder === "" ? "its owner is unknown" : holder}`,
    hint: "wait until it has ended; when its process is gone the lock is free by itself",
  });
}

/** Runs inside the host program (`inside`), hence `return` and no `exit`. Descriptor 9 is closed in every body. */
function lockScript(owner: string): string {
  return sh`
lock=/run/tsrun.lock
[ -w /run ] || lock=$HOME/.tsrun.lock
( : >>"$lock" ) 2>/dev/null || return 0
if command -v flock >/dev/null; then
  exec 9>>"$lock"
  if flock -n 9; then
    echo ${owner} >"$lock"
    echo "$lock"
    return 0
  fi
  exec 9>&-
  cat "$lock"
  return ${takenExitCode}
fi
read -r x <"/proc/$$/stat"
set -- \${x##*) }
me="$B $$ \${20}"
if ! mkdir "$lock.d" 2>/dev/null; then
  x=; read -r x <"$lock.d/holder"
  set -- $x
  if [ "$1" = "$B" ] && [ -r "/proc/$2/stat" ]; then
    y=$3
    read -r x <"/proc/$2/stat"
    set -- \${x##*) }
    if [ "\${20}" = "$y" ]; then cat "$lock.d/owner"; return ${takenExitCode}; fi
  fi
  mv "$lock.d" "$lock.$$" && rm -rf "$lock.$$"
  mkdir "$lock.d" || return ${takenExitCode}
fi
echo "$me" >"$lock.d/holder"
echo ${owner} >"$lock.d/owner"
echo "$lock.d"
`.text;
}
