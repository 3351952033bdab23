import { sh } from "../../task/sh.ts";
import { type FactSource, linesOf, parseShellValues } from "./fact-source.ts";

export const selinux: FactSource = {
  name: "selinux",
  gives: /^(selinux(_\w+)?)$/,
  isMinimal: true,
  script: sh`s selinux
    if [ -e /sys/fs/selinux/enforce ]; then
      read -r e < /sys/fs/selinux/enforce; read -r v < /sys/fs/selinux/policyvers
      echo "enforce=$e"; echo "policyvers=$v"; cat /etc/selinux/config
    fi`,
  parse(sections) {
    const values = parseShellValues(sections("selinux"));
    if (values["enforce"] === undefined) return { selinux: { status: "disabled" }, selinux_python_present: true };
    const selinux = {
      status: "enabled",
      mode: values["enforce"] === "1" ? "enforcing" : "permissive",
      policyvers: Number(values["policyvers"] ?? 0),
      config_mode: values["SELINUX"] ?? "unknown",
      type: values["SELINUXTYPE"] ?? "unknown",
    };
    return { selinux, selinux_python_present: true };
  },
};

export const apparmor: FactSource = {
  name: "apparmor",
  gives: /^(apparmor)$/,
  isMinimal: true,
  script: sh`s apparmor; [ -e /sys/kernel/security/apparmor ] && echo enabled`,
  parse: (sections) => ({ apparmor: { status: sections("apparmor").trim() || "disabled" } }),
};

export const fips: FactSource = {
  name: "fips",
  gives: /^(fips)$/,
  isMinimal: true,
  script: sh`s fips; cat /proc/sys/crypto/fips_enabled`,
  parse: (sections) => ({ fips: sections("fips").trim() === "1" }),
};

export const capabilities: FactSource = {
  name: "caps",
  gives: /^(system_capabilities(_\w+)?)$/,
  aliases: ["system_capabilities", "system_capabilities_enforced"],
  isMinimal: true,
  script: sh`s caps; capsh --print`,
  parse(sections) {
    const current = /^Current: *(.*)$/m.exec(sections("caps"))?.[1];
    if (current === undefined) return { system_capabilities: "N/A", system_capabilities_enforced: "N/A" };
    return {
      system_capabilities_enforced: current === "=ep" ? "False" : "True",
      system_capabilities: current.match(/cap_\w+/g) ?? [],
    };
  },
};

export const sshKeys: FactSource = {
  name: "ssh_pub_keys",
  gives: /^(ssh_host_key_\w+)$/,
  aliases: [
    "ssh_host_pub_keys",
    "ssh_host_key_dsa_public",
    "ssh_host_key_rsa_public",
    "ssh_host_key_ecdsa_public",
    "ssh_host_key_ed25519_public",
  ],
  isMinimal: true,
  script: sh`s ssh_keys; for a in dsa rsa ecdsa ed25519; do
      for d in /etc/ssh /etc/openssh /etc; do f=$d/ssh_host_\${a}_key.pub; [ -r "$f" ] && { echo "$a $(cat "$f")"; break; }; done
    done`,
  parse: (sections) =>
    Object.fromEntries(
      linesOf(sections("ssh_keys")).flatMap((line) => {
        const [algorithm, type, key] = line.split(" ");
        return [
          [`ssh_host_key_${algorithm}_public`, key],
          [`ssh_host_key_${algorithm}_public_keytype`, type],
        ];
      }),
    ),
};
