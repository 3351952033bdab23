import { sh } from "../../task/sh.ts";
import { type FactSource, linesOf } from "./fact-source.ts";

type Links = Record<"ids" | "uuids" | "labels" | "masters", Record<string, string[]>>;

/** Block devices with their partitions, from sysfs: no tool is needed. */
export const devices: FactSource = {
  name: "devices",
  gives: /^(devices|device_links)$/,
  aliases: ["hardware"],
  needs: ["platform"],
  script: sh`
    s devices
    v() { if [ -r "$1" ] && read -r x < "$1" 2>/dev/null; then echo "$2=$x"; fi; }
    for d in /sys/block/*; do
      [ -d "$d" ] || continue
      echo "device \${d##*/}"
      for k in vendor model sas_address sas_device_handle serial; do v "$d/device/$k" $k; done
      v "$d/removable" removable; v "$d/size" sectors
      for k in discard_granularity logical_block_size rotational scheduler; do v "$d/queue/$k" $k; done
      for h in "$d"/holders/*; do [ -e "$h" ] && echo "holder=\${h##*/}"; done
      for p in "$d/\${d##*/}"*; do
        [ -e "$p/partition" ] || continue
        echo "partition \${p##*/}"; v "$p/start" start; v "$p/size" sectors
        for h in "$p"/holders/*; do [ -e "$h" ] && echo "holder=\${h##*/}"; done
      done
    done
    s device_links
    for t in id uuid label; do [ -d /dev/disk/by-$t ] && find /dev/disk/by-$t -type l -printf "$t %l %f\n"; done
    for m in /sys/block/*/slaves/*; do [ -e "$m" ] && { d=\${m#/sys/block/}; echo "master \${m##*/} \${d%%/*}"; }; done`,
  parse(sections) {
    const links: Links = { ids: {}, uuids: {}, labels: {}, masters: {} };
    for (const line of linesOf(sections("device_links"))) {
      const [type = "", target = "", ...name] = line.split(" ");
      const list = links[`${type}s` as keyof Links];
      const device = target.slice(target.lastIndexOf("/") + 1);
      list[device] = [...(list[device] ?? []), name.join(" ")].sort();
    }
    return { devices: parseDevices(sections("devices"), links), device_links: links };
  },
};

function parseDevices(text: string, links: Links): Record<string, unknown> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const block of text.split(/^(?=device )/m).filter((part) => part.startsWith("device "))) {
    const [head = "", ...parts] = block.split(/^(?=partition )/m);
    const { name, values, holders } = parsePart(head);
    const sectors = values["sectors"] ?? "0";
    found[name] = {
      virtual: 1,
      links: linksOf(links, name),
      vendor: values["vendor"] ?? null,
      model: values["model"] ?? null,
      sas_address: values["sas_address"] ?? null,
      sas_device_handle: values["sas_device_handle"] ?? null,
      ...(values["serial"] !== undefined && { serial: values["serial"] }),
      removable: values["removable"] ?? null,
      support_discard: values["discard_granularity"] ?? null,
      rotational: values["rotational"] ?? null,
      scheduler_mode: /\[(.*)\]/.exec(values["scheduler"] ?? "")?.[1] ?? "",
      sectors,
      sectorsize: values["logical_block_size"] ?? "512",
      size: humanSize(Number(sectors) * 512),
      host: "",
      holders,
      partitions: Object.fromEntries(
        parts.map((part) => {
          const partition = parsePart(part);
          const count = partition.values["sectors"] ?? "0";
          return [
            partition.name,
            {
              start: partition.values["start"] ?? "0",
              sectors: count,
              sectorsize: 512,
              size: humanSize(Number(count) * 512),
              uuid: links.uuids[partition.name]?.[0] ?? null,
              links: linksOf(links, partition.name),
              holders: partition.holders,
            },
          ];
        }),
      ),
    };
  }
  return found;
}

function parsePart(text: string): { name: string; values: Record<string, string>; holders: string[] } {
  const [head = "", ...lines] = linesOf(text);
  const pairs = lines.map(
    (line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1).trim()] as const,
  );
  return {
    name: head.slice(head.indexOf(" ") + 1),
    values: Object.fromEntries(pairs),
    holders: pairs.filter(([key]) => key === "holder").map(([, value]) => value),
  };
}

function linksOf(links: Links, device: string): Record<string, string[]> {
  return Object.fromEntries(Object.entries(links).map(([type, targets]) => [type, targets[device] ?? []]));
}

/** `931.51 GB`, as Ansible's bytes_to_human. */
function humanSize(bytes: number): string {
  const units = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
  let power = 0;
  while (power < units.length - 1 && bytes >= 1024 ** (power + 1)) power += 1;
  return `${(bytes / 1024 ** power).toFixed(2)} ${units[power]}`;
}
