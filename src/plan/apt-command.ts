import { type Command, runCommand, type Step } from "../task/change.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";

/** Options that all package operations of one task share. */
export interface AptOptions {
  /** Seconds to wait for another package manager to finish. */
  readonly lock_timeout: number;
  /** dpkg's options without their dashes, with commas between them. */
  readonly dpkg_options: string;
  /** Exit code of policy-rc.d while packages are installed: 101 keeps services from being started. */
  readonly policy_rc_d?: number | undefined;
}

/** An `apt-get` that asks nothing, waits for locks, and names who holds one when the wait was in vain. */
export function aptGet(
  options: AptOptions,
  words: readonly (string | false | undefined)[],
  operands: readonly string[] = [],
): Step {
  const dpkg = options.dpkg_options
    .split(",")
    .map((option) => option.trim())
    .filter(Boolean)
    .flatMap((option) => ["-o", `Dpkg::Options::=--${option}`]);
  const command = sh`apt-get -y ${dpkg} -o ${`DPkg::Lock::Timeout=${options.lock_timeout}`} ${words.filter(Boolean) as string[]} ${operands.length > 0 && ["--", operands]}`;
  return packageStep(shLines([policyScript(options.policy_rc_d), sh`attempt ${command}`]));
}

/**
 * Fetches the package lists. Any list that cannot be fetched is a failure: apt-get itself would call it a warning.
 * The lists' own lock knows no timeout, so it is waited for here.
 */
export function aptUpdate(options: AptOptions, retries: number, maxDelay: number): Step {
  return packageStep(sh`n=0; waited=0
    while :; do
      attempt apt-get -q -o APT::Update::Error-Mode=any update && exit 0
      if [ -n "$holder" ] && [ $waited -lt ${options.lock_timeout} ]; then
        sleep 3; waited=$((waited + 3)); continue
      fi
      n=$((n + 1)); [ $n -lt ${retries} ] && [ -z "$holder" ] || exit 100
      d=$((1 << (n - 1))); [ $d -gt ${maxDelay} ] && d=${maxDelay}; sleep $d
    done`);
}

/** Finishes what an interrupted dpkg left half-done. */
export function dpkgConfigure(options: AptOptions): Step {
  const dpkg = options.dpkg_options
    .split(",")
    .map((option) => option.trim())
    .filter(Boolean)
    .map((option) => `--${option}`);
  return packageStep(sh`attempt dpkg ${dpkg} --configure -a`);
}

/** Never killed half-way: a package operation that is cut short leaves a broken system behind. */
export function packageStep(script: Sh): Step {
  const options: Omit<Command, "script"> = { protect: true };
  return runCommand(shLines([prelude, script]), options);
}

const prelude = sh`DEBIAN_FRONTEND=noninteractive; DEBIAN_PRIORITY=critical; APT_LISTCHANGES_FRONTEND=none; LC_ALL=C
export DEBIAN_FRONTEND DEBIAN_PRIORITY APT_LISTCHANGES_FRONTEND LC_ALL
errors=$(mktemp) || exit
trap 'rm -f -- "$errors"' EXIT
attempt() {
  holder=
  "$@" 2>"$errors" && { cat -- "$errors" >&2; return 0; }
  r=$?
  cat -- "$errors" >&2
  holder=$(sed -n 's/.*held by process \([0-9][0-9]*\).*/\1/p' "$errors" | head -n 1)
  if [ -z "$holder" ] && grep -q 'another process using it' "$errors"; then
    for l in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock; do
      i=$(stat -c %i "$l") && holder=$(sed -n "s/^[0-9]*: [A-Z]* *ADVISORY *WRITE \([1-9][0-9]*\) [^ ]*:$i .*/\1/p" /proc/locks | head -n 1)
      [ -n "$holder" ] && break
    done
  fi
  [ -n "$holder" ] && printf 'the lock is held by process %s: %s\n' "$holder" "$(tr '\0' ' ' < "/proc/$holder/cmdline")" >&2
  return $r
}`;

function policyScript(code: number | undefined): Sh | undefined {
  if (code === undefined) return undefined;
  return sh`p=/usr/sbin/policy-rc.d
[ -e "$p" ] && { mv -f -- "$p" "$p.tsrun" || exit; }
trap 'rm -f -- "$errors" "$p"; [ -e "$p.tsrun" ] && mv -f -- "$p.tsrun" "$p"' EXIT
printf '#!/bin/sh\nexit %d\n' ${code} > "$p" && chmod 0755 "$p" || exit`;
}
