import { sh } from "../../task/sh.ts";
import { type FactSource, parseShellValues, type Sections } from "./fact-source.ts";

/** Ansible's names of families, by what os-release calls itself (`ID`). */
const families: Readonly<Record<string, string>> = {
  ...of("Debian", "debian ubuntu raspbian neon linuxmint steamos devuan kali pop parrot pardus uos deepin osmc"),
  ...of("RedHat", "rhel fedora centos rocky almalinux ol scientific amzn virtuozzo eurolinux openeuler"),
  ...of("Suse", "sles sled opensuse-leap opensuse-tumbleweed sles_sap suse"),
  ...of("Archlinux", "arch archarm manjaro antergos endeavouros"),
  ...of("Alpine", "alpine"),
  ...of("Gentoo", "gentoo"),
  ...of("ClearLinux", "clear-linux-os"),
};

/** Ansible's names of distributions where they differ from os-release's `NAME`. */
const distributions: Readonly<Record<string, string>> = {
  debian: "Debian",
  raspbian: "Debian",
  ubuntu: "Ubuntu",
  rhel: "RedHat",
  fedora: "Fedora",
  centos: "CentOS",
  rocky: "Rocky",
  almalinux: "AlmaLinux",
  ol: "OracleLinux",
  amzn: "Amazon",
  sles: "SLES",
  "opensuse-leap": "openSUSE Leap",
  "opensuse-tumbleweed": "openSUSE Tumbleweed",
  arch: "Archlinux",
  archarm: "Archlinux",
  manjaro: "Archlinux",
  alpine: "Alpine",
  linuxmint: "Linux Mint",
  kali: "Kali",
  devuan: "Devuan",
  gentoo: "Gentoo",
  pop: "Pop!_OS",
};

export const distribution: FactSource = {
  name: "distribution",
  gives: /^(distribution(_\w+)?|os_family)$/,
  aliases: ["distribution_version", "distribution_release", "distribution_major_version", "os_family"],
  isMinimal: true,
  script: sh`
    s os_release; cat /etc/os-release || cat /usr/lib/os-release
    s debian_version; cat /etc/debian_version`,
  parse: (sections) => distributionFacts(sections),
};

/** The Linux Standard Base's idea of the same. */
export const lsb: FactSource = {
  name: "lsb",
  gives: /^(lsb)$/,
  isMinimal: true,
  script: sh`s lsb; if command -v lsb_release >/dev/null; then lsb_release -a; else cat /etc/lsb-release; fi`,
  parse(sections) {
    const text = sections("lsb");
    const labelled = Object.fromEntries(
      [...text.matchAll(/^([A-Za-z ]+):\t(.*)$/gm)].map(([, label, value]) => [
        (label as string).toLowerCase(),
        (value as string).trim(),
      ]),
    );
    const file = parseShellValues(text);
    const found = {
      id: labelled["distributor id"] ?? file["DISTRIB_ID"],
      description: labelled["description"] ?? file["DISTRIB_DESCRIPTION"],
      release: labelled["release"] ?? file["DISTRIB_RELEASE"],
      codename: labelled["codename"] ?? file["DISTRIB_CODENAME"],
    };
    const values = Object.fromEntries(Object.entries(found).filter(([, value]) => value));
    return { lsb: { ...values, ...(found.release && { major_release: found.release.split(".")[0] }) } };
  },
};

function distributionFacts(sections: Sections): Record<string, unknown> {
  const release = parseShellValues(sections("os_release"));
  const id = release["ID"] ?? "";
  const debianVersion = sections("debian_version").trim();
  const family =
    [id, ...(release["ID_LIKE"] ?? "").split(" ")].map((word) => families[word]).find(Boolean) ??
    distributions[id] ??
    release["NAME"] ??
    "Linux";
  const isDebian = distributions[id] === "Debian";
  const version = release["VERSION_ID"] ?? (isDebian ? debianVersion : "NA");
  const minor = /(\d+)\.(\d+)/.exec(isDebian ? debianVersion : version)?.[2];
  const codename =
    release["VERSION_CODENAME"] ||
    /\(([^)]+)\)/.exec(release["VERSION"] ?? "")?.[1] ||
    /\(([^)]+)\)|\w+ (\w+)\/sid/.exec(release["PRETTY_NAME"] ?? "")?.[1];
  return {
    distribution: distributions[id] ?? release["NAME"] ?? "Linux",
    distribution_version: version,
    distribution_major_version: version.split(".")[0] || "NA",
    ...(isDebian && minor !== undefined && { distribution_minor_version: minor }),
    distribution_release: codename ?? "NA",
    distribution_file_parsed: id !== "",
    distribution_file_path: "/etc/os-release",
    distribution_file_variety: family,
    os_family: family,
  };
}

function of(family: string, ids: string): Record<string, string> {
  return Object.fromEntries(ids.split(" ").map((id) => [id, family]));
}
