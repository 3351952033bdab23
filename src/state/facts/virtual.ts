import { sh } from "../../task/sh.ts";
import { type FactSource, linesOf } from "./fact-source.ts";

/** Whether the host is a guest or a host of virtual machines or containers: Ansible's clues, in Ansible's order. */
export const virtual: FactSource = {
  name: "virtual",
  gives: /^(virtualization_\w+)$/,
  aliases: ["virtualization_type", "virtualization_role", "virtualization_tech_guest", "virtualization_tech_host"],
  script: sh`
    s cgroup; cat /proc/1/cgroup
    s container; tr '\0' '\n' < /proc/1/environ | grep '^container='; echo; cat /run/systemd/container
    s clues; for f in /.dockerenv /.dockerinit /proc/vz /proc/lve /proc/bc /proc/xen /dev/kvm; do [ -e $f ] && echo $f; done
    grep -q control_d /proc/xen/capabilities && echo xen_host
    for f in product_name sys_vendor product_family bios_vendor; do read -r x < /sys/devices/virtual/dmi/id/$f && echo "$f=$x"; done
    grep -E -m 4 '^(model name.*(QEMU Virtual CPU|UML)|vendor_id.*(User Mode Linux|PowerVM Lx86|IBM/S390))' /proc/cpuinfo
    s modules; cut -d ' ' -f 1 /proc/modules`,
  parse(sections) {
    const clues = linesOf(sections("clues"));
    const has = (word: string) => clues.includes(word);
    const dmi = (name: string) =>
      clues
        .find((clue) => clue.startsWith(`${name}=`))
        ?.slice(name.length + 1)
        .trim();
    const modules = linesOf(sections("modules"));
    const guests = new Set<string>();
    const hosts = new Set<string>();
    let first: { type: string; role: string } | undefined;
    const guest = (tech: string, type = tech) => {
      guests.add(tech);
      first ??= { type, role: "guest" };
    };
    const host = (tech: string) => {
      hosts.add(tech);
      first ??= { type: tech, role: "host" };
    };

    for (const line of linesOf(sections("cgroup"))) {
      if (/\/docker(\/|-[0-9a-f]+\.scope)/.test(line)) guest("docker");
      if (/\/lxc\/|\/machine\.slice\/machine-lxc/.test(line)) guest("lxc");
      if (line.includes("/system.slice/containerd.service")) guest("containerd");
    }
    const [environ = "", manager = ""] = sections("container")
      .split("\n\n")
      .map((text) => text.trim());
    if (/^container=lxc/m.test(environ)) guest("lxc");
    if (/^container=podman/m.test(environ)) guest("podman");
    if (/^container=./m.test(environ)) guest("container");
    if (has("/proc/vz") && !has("/proc/lve")) (has("/proc/bc") ? host : guest)("openvz");
    if (manager !== "") guest(manager);
    if (has("/.dockerenv") || has("/.dockerinit")) guest("docker");
    if (manager !== "" || ["docker", "lxc", "podman", "openvz", "containerd"].some((tech) => guests.has(tech)))
      guests.add("container");
    if (has("/proc/xen")) (has("xen_host") ? host : guest)("xen");

    const [product = "", vendor = "", family = "", bios = ""] = [
      "product_name",
      "sys_vendor",
      "product_family",
      "bios_vendor",
    ].map(dmi);
    if (["KVM", "KVM Server", "Bochs", "AHV"].includes(product)) guest("kvm");
    if (vendor === "oVirt") guest("oVirt");
    if (vendor === "Red Hat" && family === "RHV") guest("RHV");
    if (["VMware Virtual Platform", "VMware7,1", "VMware20,1"].includes(product)) guest("VMware");
    if (["OpenStack Compute", "OpenStack Nova"].includes(product)) guest("openstack");
    if (bios === "Xen") guest("xen");
    if (bios === "innotek GmbH") guest("virtualbox");
    if (["Amazon EC2", "DigitalOcean", "Hetzner"].includes(bios)) guest("kvm");
    if (["QEMU", "Amazon EC2", "DigitalOcean", "Google", "Scaleway", "Nutanix"].includes(vendor)) guest("kvm");
    if (vendor === "KubeVirt") guest("KubeVirt");
    if (vendor === "Microsoft Corporation") guest("VirtualPC");
    if (vendor === "Parallels Software International Inc.") guest("parallels");
    if (vendor === "OpenStack Foundation") guest("openstack");

    if (clues.some((clue) => /^model name.*QEMU/.test(clue))) guest("kvm");
    if (clues.some((clue) => /User Mode Linux|^model name.*UML/.test(clue))) guest("uml");
    if (modules.includes("kvm")) host("kvm");
    if (modules.includes("vboxdrv")) host("virtualbox");
    if (modules.includes("virtio")) guest("kvm");
    if (has("/dev/kvm")) host("kvm");
    return {
      virtualization_type: first?.type ?? "NA",
      virtualization_role: first?.role ?? "NA",
      virtualization_tech_guest: [...guests].sort(),
      virtualization_tech_host: [...hosts].sort(),
    };
  },
};
