import { sh } from "../../task/sh.ts";
import type { FactSource } from "./fact-source.ts";

/** Kernel, names and architecture. */
export const platform: FactSource = {
  name: "platform",
  gives: /^(system|kernel|kernel_version|machine|machine_id|nodename|hostname|fqdn|domain|architecture|userspace_\w+)$/,
  aliases: [
    "system",
    "kernel",
    "kernel_version",
    "machine",
    "architecture",
    "machine_id",
    "hostname",
    "fqdn",
    "domain",
  ],
  isMinimal: true,
  // As Python's getfqdn: the name's address, and that address's names.
  script: sh`
    s uname; u=$(uname -snrm); echo "$u"; uname -v
    s bits; getconf LONG_BIT
    n=\${u#* }; n=\${n%% *}; a=$(getent hosts -- "$n"); a=\${a%% *}
    s fqdn; [ -n "$a" ] && getent hosts -- "$a"
    s machine_id; [ -s /var/lib/dbus/machine-id ] && cat /var/lib/dbus/machine-id || cat /etc/machine-id`,
  parse(sections) {
    const [first = "", kernel_version = ""] = sections("uname").split("\n");
    const [system = "", nodename = "", kernel = "", machine = ""] = first.split(" ");
    const [, ...names] = sections("fqdn").trim().split(/\s+/);
    const fqdn = names.find((name) => name.includes(".")) ?? nodename;
    const userspace_bits = sections("bits").trim() || (machine.endsWith("64") ? "64" : "32");
    const isIntel = /^(x86_64|i[3456]86|i86pc)$/.test(machine);
    const [machine_id = ""] = sections("machine_id").split("\n");
    return {
      system,
      kernel,
      kernel_version,
      machine,
      nodename,
      hostname: nodename.split(".")[0],
      fqdn,
      domain: fqdn.split(".").slice(1).join("."),
      architecture: machine === "x86_64" || !isIntel ? machine : "i386",
      userspace_bits,
      ...(isIntel && { userspace_architecture: userspace_bits === "64" ? "x86_64" : "i386" }),
      ...(machine_id !== "" && { machine_id }),
    };
  },
};
