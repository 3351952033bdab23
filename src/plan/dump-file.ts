import type { FileState } from "../state/file.ts";
import { directoryOf } from "../state/host-path.ts";
import { type Sh, sh } from "../task/sh.ts";
import { sweepTemps } from "../task/sweep-temps.ts";
import { openBeside } from "./open-beside.ts";
import { refusePlantedLink } from "./planted-link.ts";

/** How a file's name says that it is packed. */
const packers: Readonly<Record<string, { readonly pack: Sh; readonly unpack: Sh }>> = {
  gz: { pack: sh`if command -v pigz >/dev/null; then pigz -c; else gzip -c; fi`, unpack: sh`gzip -dc` },
  bz2: { pack: sh`bzip2 -c`, unpack: sh`bzip2 -dc` },
  xz: { pack: sh`xz -c`, unpack: sh`xz -dc` },
};

/** What follows the last dot of a path. */
export function endingOf(path: string): string {
  return /\.([^./]+)$/.exec(path)?.[1] ?? "";
}

/** The file that a dump replaces: what a link leads to, if nobody else can have planted it. */
export function dumpPath(path: string, current: FileState | undefined): string {
  if (current?.type !== "link" || !current.followed) return path;
  refusePlantedLink(path, current);
  return current.realPath ?? path;
}

/** Keeps what a command prints, packed as the file's name says. The old file stays until the new one is whole, and gives it its mode. */
export function dumpInto(path: string, command: Sh): Sh {
  const pack = packers[endingOf(path)]?.pack ?? sh`cat`;
  return sh`${openBeside(directoryOf(path))}
trap 'rm -f -- "$t"' EXIT
r=$({ { ${command}; echo $? >&4; } | { { ${pack}; } >&3 || echo 1 >&4; }; } 4>&1)
[ "$r" = 0 ] || exit 1
if [ -f ${path} ] && [ ! -L ${path} ]; then chown --reference=${path} -- "$o" && chmod --reference=${path} -- "$o"; else chmod 644 -- "$o"; fi || exit
mv -fT -- "$t" ${path}`;
}

/**
 * Keeps what a command writes into the directory that it runs in. It is another one until all is there: nobody can put a link in its
 * place meanwhile. An empty directory gives it owner and mode; one with anything in it is left.
 */
export function dumpIntoDirectory(path: string, command: Sh): Sh {
  return sh`p=${path}; if [ -n "$(ls -A -- "$p" 2>/dev/null)" ]; then printf '%s is not empty\n' "$p" >&2; exit 1; fi
d=${directoryOf(path)}; dir=$d/
${sweepTemps}
trap ${"exit 143"} TERM INT HUP
t=$(mktemp -d "$dir.tsrun-$boot-$PPID-XXXXXXXX") || exit
trap 'cd /; rm -rf -- "$t"' EXIT
(cd "$t" && [ -O . ] && ${command}) || exit
if [ -d "$p" ]; then chown --reference="$p" -- "$t" && chmod --reference="$p" -- "$t" || exit; fi
mv -fT -- "$t" "$p"`;
}

/** Gives a command the content of a file, unpacked as its name says. Fails when either does. */
export function restoreFrom(path: string, command: Sh): Sh {
  const unpack = packers[endingOf(path)]?.unpack;
  if (unpack === undefined) return sh`{ ${command}; } <${path}`;
  return sh`{ r=$({ { ${unpack} <${path} || echo 1 >&4; } | { ${command}; echo $? >&4; } >&3; } 4>&1); } 3>&1; [ "$r" = 0 ]`;
}
