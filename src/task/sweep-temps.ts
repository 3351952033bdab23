import { sh } from "./sh.ts";

/**
 * Shell that takes away what dead runs left beside a file: `$dir` ends with a slash. Temporary files are named
 * `.tsrun-$boot-$PPID-…`, after the boot and the process of their run, and never follow a link. Sets `$boot`, and the umask to 077.
 */
export const sweepTemps = sh`umask 077
boot=x; { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
boot=\${boot%%-*}
for old in "$dir".tsrun-*; do
  [ -f "$old" ] && [ ! -L "$old" ] && [ -O "$old" ] || continue
  mark=\${old##*/.tsrun-}; pid=\${mark#*-}; pid=\${pid%%-*}
  if [ "\${mark%%-*}" != "$boot" ] || [ ! -d "/proc/$pid" ]; then rm -f -- "$old"; fi
done`;
