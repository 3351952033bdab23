import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";

/** An archive on the host, and how it is to be unpacked. */
export interface HostArchiveKey {
  readonly path: string;
  readonly dest: string;
  readonly options: readonly string[];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface HostArchive {
  readonly type: "tar" | "zip";
  /** Paths of the members, below `dest`. */
  readonly files: readonly string[];
  /** What differs from the archive below `dest`, as tar says it; for a zip archive the members that differ. */
  readonly differences: readonly string[];
  /** Why the archive cannot be read. */
  readonly error: string | undefined;
}

/** An archive compared with what lies in a directory; undefined when there is no such file. */
export const hostArchive = defineQuery<HostArchiveKey, HostArchive | undefined>({
  name: "host-archive",
  isCostly: true,
  // Sections end with a NUL: type, list, differences, errors.
  script: (keys) =>
    shLines([sh`LC_ALL=C; export LC_ALL; e=$(mktemp) || exit; trap 'rm -f -- "$e"' EXIT`, ...keys.map(compareScript)]),
  parse(output, keys) {
    const sections = decodeBytes(output.stdout).split("\0");
    return keys.map((_, index) => {
      const [type = "", list = "", differences = "", error = ""] = sections.slice(index * 4, index * 4 + 4);
      if (type !== "tar" && type !== "zip") return undefined;
      const lines = (text: string) => text.split("\n").filter(Boolean);
      return {
        type,
        files: lines(list)
          .map((path) => path.replace(/^\.\//, "").replace(/\/+$/, ""))
          .filter((path) => path !== "" && path !== "."),
        differences: lines(differences),
        error: error.trim() || undefined,
      };
    });
  },
});

/** Unpacks an archive of the host. */
export function unpackScript(
  { path, dest, options, include, exclude }: HostArchiveKey,
  type: "tar" | "zip",
  keepNewer: boolean,
): Sh {
  if (type === "zip")
    return sh`unzip -o ${keepNewer && "-u"} ${options} ${path} ${include} ${exclude.length > 0 && ["-x", exclude]} -d ${dest}`;
  return sh`tar --extract -C ${dest} ${options} ${keepNewer && "--keep-newer-files"} ${exclude.map((pattern) => `--exclude=${pattern}`)} -f ${path} ${include.length > 0 && ["--", include]}`;
}

function compareScript({ path, dest, options, include, exclude }: HostArchiveKey): Sh {
  const selected = [
    options.length > 0 && ["--show-transformed-names", options],
    exclude.map((pattern) => `--exclude=${pattern}`),
    "-f",
    path,
    include.length > 0 && ["--", include],
  ];
  return sh`
    : > "$e"; a=${path}; d=${dest}
    if ! [ -f "$a" ]; then printf 'none\0\0\0'
    elif [ "$(head -c 2 < "$a")" = PK ]; then
      printf 'zip\0'
      if command -v unzip >/dev/null; then
        unzip -Z1 "$a" ${include} ${exclude.length > 0 && ["-x", exclude]} 2>"$e" && : > "$e"; printf '\0'
        unzip -Z1 "$a" ${include} ${exclude.length > 0 && ["-x", exclude]} 2>/dev/null | while IFS= read -r n; do
          f=$d/$n; p=$(printf %s "$n" | sed 's/[][*?\\]/\\&/g')
          case $n in */) [ -d "$f" ] || printf '%s\n' "$n"; continue;; esac
          if [ -L "$f" ]; then [ "$(readlink -- "$f")" = "$(unzip -p "$a" "$p")" ] && continue
          elif [ -f "$f" ]; then unzip -p "$a" "$p" 2>/dev/null | cmp -s - "$f" && continue; fi
          printf '%s\n' "$n"
        done
      else printf '\0'; echo 'the host needs the package unzip to unpack a zip archive' > "$e"; fi
      printf '\0'
    else
      printf 'tar\0'
      tar --list -C "$d" ${selected} 2>"$e" && : > "$e"; printf '\0'
      [ -s "$e" ] || tar --diff -C "$d" ${selected} 2>&1
      printf '\0'
    fi
    cat -- "$e"; printf '\0'`;
}
