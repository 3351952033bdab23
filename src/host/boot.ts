import { remoteProgram } from "./remote-program.ts";

/** What the login shell is asked to start. No character here is special within single quotes in sh, fish or csh. */
export const stubScript = 'IFS= read -r l&&eval "$l"';

/** As {@link stubScript}, but says first that it is there: needed when something before it may ask for a password. */
export function announcedStubScript(nonce: string): string {
  return `echo ${nonce};${stubScript}`;
}

export interface BootOptions {
  /** Random hexadecimal text; it starts every line that the host sends back and names the spool directory. */
  readonly nonce: string;
  /** The shell for the program and for bodies: `/bin/sh`. */
  readonly shell: string;
  /** Search path on the host. */
  readonly path: string;
}

/** Memory before disk; a directory that cannot be written is passed over. */
const spoolPlaces = '/dev/shm "$XDG_RUNTIME_DIR" /tmp /var/tmp "$HOME" /run';

/**
 * The first bytes on the wire: one line for {@link stubScript}, then the program. The line finds a command that takes
 * exactly N bytes from a pipe (GNU `head -c` does, busybox `head` reads ahead and swallows the next frame), makes the
 * spool directory and starts the program in a clean environment.
 */
export function bootBytes({ nonce, shell, path }: BootOptions): Uint8Array {
  const program = Buffer.from(remoteProgram, "utf8");
  const size = program.length;
  const line = [
    "umask 077",
    `PATH=${path}:$PATH`,
    'p() { printf "a\\nb\\n"|{ "$@" >/dev/null 2>&1;read -r x;[ "$x" = b ]; }; }',
    "m=b",
    "if p head -c 2;then m=h;elif p dd bs=2 count=1 iflag=fullblock;then m=f;fi",
    `for t in ${spoolPlaces};do [ "$t" ]&&d=$t/.tsrun-${nonce}&&mkdir "$d" 2>/dev/null||continue`,
    '{ echo $$ >"$d/pid"; } 2>/dev/null&&[ -s "$d/pid" ]&&break;rm -rf "$d";d=;done',
    `[ "$d" ]&&[ -d "$d" ]||{ echo "${nonce} no-spool";exit 1; }`,
    `case $m in h)head -c ${size};;f)dd bs=${size} count=1 iflag=fullblock 2>/dev/null;;b)dd bs=1 count=${size} 2>/dev/null;;esac >"$d/main"`,
    "c=C;[ -d /usr/lib/locale/C.utf8 ]||[ -d /usr/lib/locale/C.UTF-8 ]&&c=C.UTF-8",
    `exec env -i PATH=${path} HOME="$HOME" LC_ALL=$c LANG=$c XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" ` +
      `http_proxy="$http_proxy" https_proxy="$https_proxy" no_proxy="$no_proxy" ${shell} "$d/main" "$d" ${nonce} $m ${shell}`,
  ].join(";");
  return Buffer.concat([Buffer.from(`${line}\n`, "utf8"), program]);
}
