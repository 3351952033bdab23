import { sh } from "../../task/sh.ts";
import { type FactSource, linesOf } from "./fact-source.ts";

/** File systems on devices and network shares. A share whose server is gone must not hold up the rest: `stat` gets 5 seconds. */
export const mounts: FactSource = {
  name: "mounts",
  gives: /^(mounts)$/,
  aliases: ["hardware"],
  needs: ["platform"],
  script: sh`
    s mounts; cat /proc/mounts
    s mountinfo; cat /proc/self/mountinfo
    s uuids; lsblk --list --noheadings --paths --output NAME,UUID --exclude 2
    s sizes; set --
    while read -r d m x; do
      case $d in /* | *:/*) case $m in *\\*) m=$(printf '%b' "$(printf '%s' "$m" | sed 's/\\\([0-7]\)/\\0\1/g')");; esac; set -- "$@" "$m";; esac
    done < /proc/mounts
    [ $# = 0 ] || timeout 5 stat -f -c '%S %s %b %a %c %d %n' -- "$@"`,
  parse(sections) {
    const uuids = new Map(linesOf(sections("uuids")).map((line) => line.trim().split(/\s+/) as [string, string]));
    const sizes = new Map(
      linesOf(sections("sizes")).map((line) => [
        line.split(" ").slice(6).join(" "),
        line.split(" ").slice(0, 6).map(Number),
      ]),
    );
    // The root of a bind mount (and of a btrfs subvolume) is not the file system's own.
    const bound = new Set(
      linesOf(sections("mountinfo"))
        .filter((line) => line.split(" ")[3] !== "/")
        .map((line) => line.split(" ")[4]),
    );
    const found = linesOf(sections("mounts"))
      .map((line) => line.split(" ") as [string, string, string, string])
      .filter(([device, , fstype]) => (device.startsWith("/") || device.includes(":/")) && fstype !== "none")
      .map(([device, place, fstype, options]) => {
        const mount = unescape(place);
        return {
          mount,
          device: unescape(device),
          fstype,
          options: bound.has(place) ? `${options},bind` : options,
          ...sizeFacts(sizes.get(mount)),
          uuid: uuids.get(unescape(device)) ?? "N/A",
        };
      });
    return { mounts: found };
  },
};

function sizeFacts(size: readonly number[] | undefined): Record<string, number> {
  if (size === undefined || size.length < 6) return {};
  const [fragment, block_size, block_total, block_available, inode_total, inode_available] = size as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    size_total: fragment * block_total,
    size_available: fragment * block_available,
    block_size,
    block_total,
    block_available,
    block_used: block_total - block_available,
    inode_total,
    inode_available,
    inode_used: inode_total - inode_available,
  };
}

/** The kernel writes blanks and backslashes in paths as three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
