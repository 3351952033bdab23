import { sh } from "../../task/sh.ts";
import { type FactSource, linesOf, type Sections } from "./fact-source.ts";

/** Memory, processors, firmware and uptime. */
export const hardware: FactSource = {
  name: "hardware",
  gives:
    /^((mem|swap)(total|free)_mb|memory_mb|processor(_\w+)?|(bios|board|chassis|product)_\w+|system_vendor|form_factor|uptime_seconds)$/,
  aliases: [
    "processor",
    "processor_cores",
    "processor_count",
    "memory",
    "devices",
    "mounts",
    "lvm",
    "dmi",
    "uptime_seconds",
  ],
  needs: ["platform"],
  script: sh`
    s meminfo; cat /proc/meminfo
    s cpuinfo; cat /proc/cpuinfo
    s nproc; nproc
    s machine; uname -m
    s uptime; cat /proc/uptime
    s dmi; for f in /sys/devices/virtual/dmi/id/*; do [ -f "$f" ] && [ -r "$f" ] && read -r v < "$f" && echo "\${f##*/}=$v"; done`,
  parse: (sections) => ({
    ...memory(sections("meminfo")),
    ...processors(sections),
    ...firmware(sections("dmi")),
    uptime_seconds: Math.floor(Number(sections("uptime").split(" ")[0] ?? 0)),
  }),
};

function memory(text: string): Record<string, unknown> {
  const mb = (name: string) => Math.floor(Number(new RegExp(`^${name}: *(\\d+)`, "m").exec(text)?.[1] ?? 0) / 1024);
  const [total, free, swapTotal, swapFree] = [mb("MemTotal"), mb("MemFree"), mb("SwapTotal"), mb("SwapFree")];
  const uncached = mb("Cached") + free + mb("Buffers");
  return {
    memtotal_mb: total,
    memfree_mb: free,
    swaptotal_mb: swapTotal,
    swapfree_mb: swapFree,
    memory_mb: {
      real: { total, free, used: total - free },
      nocache: { free: uncached, used: total - uncached },
      swap: { total: swapTotal, free: swapFree, used: swapTotal - swapFree, cached: mb("SwapCached") },
    },
  };
}

/** Counts as Ansible does, whose rules go back to what each architecture prints. */
function processors(sections: Sections): Record<string, unknown> {
  const processor: string[] = [];
  const counts = { vendor: 0, model: 0, processor: 0 };
  const sockets = new Map<string, number>();
  const cores = new Map<string, number>();
  let [physicalId, coreId] = ["0", "0"];
  for (const line of linesOf(sections("cpuinfo"))) {
    const colon = line.indexOf(":");
    const key = (colon < 0 ? line : line.slice(0, colon)).trim();
    const value = colon < 0 ? "" : line.slice(colon + 1).trim();
    if (["model name", "Processor", "vendor_id", "cpu", "Vendor", "processor"].includes(key)) {
      processor.push(value);
      if (key === "vendor_id") counts.vendor += 1;
      if (key === "model name") counts.model += 1;
      if (key === "processor") counts.processor += 1;
    } else if (key === "physical id") {
      physicalId = value;
      if (!sockets.has(value)) sockets.set(value, 1);
    } else if (key === "core id") {
      coreId = value;
      if (!cores.has(value)) cores.set(value, 1);
    } else if (key === "cpu cores") sockets.set(physicalId, Number(value));
    else if (key === "siblings") cores.set(coreId, Number(value));
  }
  const isArm = /^(armv|aarch|ppc)/.test(sections("machine"));
  const listed = counts.vendor > 0 && counts.vendor === counts.model ? counts.vendor : processor.length;
  const processor_count = sockets.size || (isArm ? counts.processor : listed);
  const processor_cores = [...sockets.values()][0] || 1;
  const threads = Math.floor(([...cores.values()][0] ?? 1) / processor_cores);
  return {
    processor,
    processor_count,
    processor_cores,
    processor_threads_per_core: threads,
    processor_vcpus: threads * processor_count * processor_cores,
    processor_nproc: Number(sections("nproc").trim()) || counts.processor,
  };
}

const formFactors =
  "Unknown,Other,Unknown,Desktop,Low Profile Desktop,Pizza Box,Mini Tower,Tower,Portable,Laptop,Notebook,Hand Held,Docking Station,All In One,Sub Notebook,Space-saving,Lunch Box,Main Server Chassis,Expansion Chassis,Sub Chassis,Bus Expansion Chassis,Peripheral Chassis,RAID Chassis,Rack Mount Chassis,Sealed-case PC,Multi-system,CompactPCI,AdvancedTCA,Blade,Blade Enclosure,Tablet,Convertible,Detachable,IoT Gateway,Embedded PC,Mini PC,Stick PC".split(
    ",",
  );

function firmware(text: string): Record<string, unknown> {
  const values = new Map(
    linesOf(text).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1).trim()]),
  );
  const names = (
    "bios_date bios_vendor bios_version board_asset_tag board_name board_serial board_vendor board_version chassis_asset_tag " +
    "chassis_serial chassis_vendor chassis_version product_name product_serial product_uuid product_version"
  ).split(" ");
  const type = values.get("chassis_type");
  return {
    ...Object.fromEntries(names.map((name) => [name, values.get(name) ?? "NA"])),
    system_vendor: values.get("sys_vendor") ?? "NA",
    form_factor: type === undefined ? "NA" : (formFactors[Number(type)] ?? `unknown (${type})`),
  };
}
