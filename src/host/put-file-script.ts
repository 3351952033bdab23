import { createHash, randomBytes } from "node:crypto";
import { type Sh, sh, userShell } from "../task/sh.ts";
import { sweepTemps } from "../task/sweep-temps.ts";

export interface PutFileTarget {
  /** Absolute, or relative to the user's home. */
  readonly path: string;
  /** As chmod takes it; a number is the bits themselves. An existing file keeps its own when none is given, a new one gets 0644. */
  readonly mode?: string | number | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Keep the old file as `PATH.PID.YYYY-MM-DD@HH:MM:SS~`, Ansible's name for it. */
  readonly backup?: boolean | undefined;
  /** Command that must succeed on the new content before it appears; `%s` is its path. */
  readonly validate?: string | undefined;
  /** Rewrite in place also when the directory does not let us make or rename a file. */
  readonly unsafeWrites?: boolean | undefined;
  /** Write to the file that a symbolic link at `path` points to; without it the link itself is replaced. */
  readonly followSymlink?: boolean | undefined;
}

/** From this size on openssl, several times faster where it is at hand, makes good for its longer start. */
const opensslBytes = 16 * 1024 * 1024;

/** How the script ends when the `validate` command refuses the content. */
export const validateExitCode = 77;

/**
 * Shell that takes a file's content, gzipped perhaps, from stdin and puts it in place. It is a subshell, so that it can stand in a longer
 * script; its exit code is 0 when the file is there as asked. It prints `backup PATH` and `in-place` where that is so.
 *
 * - The temp file stands in the same directory under a name that nobody can guess, made with `O_EXCL` by `set -C`, and
 *   stays 0600 until its owner is set. Owner, mode, checksum and fsync go through its descriptor, so that a user who owns
 *   the directory cannot turn root's chown onto another file by swapping names.
 * - `mv -T`, since a planted link to a directory would otherwise take the file in.
 * - Temp files carry the boot-id and the process of their run: those of dead runs are swept.
 */
export function putFileScript(target: PutFileTarget, size: number, sha256: string, isCompressed = false): Sh {
  const path = target.path.startsWith("/") ? target.path : `./${target.path}`;
  return sh`(
${locate(path, target.followSymlink === true)}
${sweepTemps}
${makeTemp(target.unsafeWrites === true)}
sum=$(${isCompressed && sh`gzip -dc |`} tee /proc/self/fd/3 | { ${size >= opensslBytes && sh`openssl dgst -r -sha256 ||`} sha256sum || openssl dgst -r -sha256 || cat >/dev/null; } 2>/dev/null)
[ "$(wc -c </proc/self/fd/3)" -eq ${size} ] || { echo "the content did not arrive whole; is the file system full?" >&2; exit 1; }
[ "\${sum%% *}" = ${sha256} ] || [ -z "$sum" ] || { echo "the content arrived with another checksum" >&2; exit 1; }
${ownerAndMode(target)}
${target.validate !== undefined && validation(target.validate)}
${target.backup && keepBackup}
sync /proc/self/fd/3 2>/dev/null || sync
${moveIntoPlace(target.unsafeWrites === true)}
)`;
}

/** SHA-256 of bytes, as the host's `sha256sum` prints it. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function locate(path: string, followSymlink: boolean): Sh {
  return sh`target=${path}
${followSymlink && followLink}
case $target in */) echo "$target: Is a directory" >&2; exit 1 ;; esac
if [ -d "$target" ] && [ ! -L "$target" ]; then echo "$target: Is a directory" >&2; exit 1; fi
dir=\${target%/*}/`;
}

const followLink = sh`if [ -L "$target" ]; then target=$(readlink -f -- "$target"; echo .); target=\${target%??}; fi`;

function makeTemp(unsafeWrites: boolean): Sh {
  return sh`word=${randomBytes(12).toString("hex")}
temp=$dir.tsrun-$boot-$PPID-$word here=1
trap ${'rm -f -- "$temp" "$temp-b"'} EXIT
trap ${"exit 143"} TERM INT HUP
${unsafeWrites && spoolInstead}
set -C; exec 3>"$temp"; set +C`;
}

/** A directory that cannot be written, but a file in it that can: the content waits in the shell's own directory. */
const spoolInstead = sh`if ( : >"$temp" ) 2>/dev/null; then rm -f -- "$temp"; else temp=\${0%/*}/put-$word here=; fi`;

function ownerAndMode({ owner, group, mode }: PutFileTarget): Sh {
  const spec = `${owner ?? ""}${group === undefined ? "" : `:${group}`}`;
  const bits = typeof mode === "number" ? mode.toString(8).padStart(4, "0") : mode;
  return sh`set -- "" "" 0644
if [ -f "$target" ] && [ ! -L "$target" ]; then
  set -- $(stat -c "%u %g %a" -- "$target")
  chown "$1:$2" /proc/self/fd/3 2>/dev/null || chgrp "$2" /proc/self/fd/3 2>/dev/null
fi
${spec !== "" && sh`chown -- ${spec} /proc/self/fd/3 || exit`}
${bits !== undefined && finalMode(bits)}
chmod -- "$3" /proc/self/fd/3 || exit`;
}

/** The mode is set once and never wider in between, so what symbols make of the old mode is tried on an empty file first. */
function finalMode(mode: string): Sh {
  if (/^0?[0-7]{3,4}$/.test(mode)) return sh`set -- "$1" "$2" ${mode}`;
  return sh`( set -C; : >"\${0%/*}/$word" ) && chmod "$3" "\${0%/*}/$word" && chmod -- ${mode} "\${0%/*}/$word" || exit
set -- "$1" "$2" "$(stat -c %a "\${0%/*}/$word")"
rm -f "\${0%/*}/$word"`;
}

function validation(command: string): Sh {
  return sh`( exec 3<&- </dev/null; ${userShell(command.replaceAll("%s", '"$temp"'))} ) >&2 || exit ${validateExitCode}`;
}

const keepBackup = sh`if [ -f "$target" ] && [ ! -L "$target" ]; then
  saved=$target.$$.$(date +%Y-%m-%d@%H:%M:%S)~
  cp -pP -- "$target" "$temp-b" && mv -f -- "$temp-b" "$saved" || exit
  echo "backup $saved"
fi`;

function moveIntoPlace(unsafeWrites: boolean): Sh {
  const acceptable = unsafeWrites ? sh`*busy*|*"not permitted"*|*"ermission denied"*` : sh`*busy*`;
  return sh`if [ "$here" ]; then
  why=$(mv -fT -- "$temp" "$target" 2>&1) && { trap - EXIT; exit 0; }
  case $(mv -T 2>&1) in *nvalid*|*nrecognized*) why=$(mv -f -- "$temp" "$target" 2>&1) && { trap - EXIT; exit 0; } ;; esac
  case $why in ${acceptable}) ;; *) printf "%s\n" "$why" >&2; exit 1 ;; esac
fi
cat /proc/self/fd/3 >"$target" || exit
sync "$target" 2>/dev/null
set -- $(stat -Lc "%u %g %a" /proc/self/fd/3)
chown "$1:$2" "$target" 2>/dev/null
chmod "$3" "$target" 2>/dev/null
echo in-place`;
}
