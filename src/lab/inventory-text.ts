import { join } from "node:path";
import { dump } from "js-yaml";
import { adminUser } from "./image-recipe.ts";
import { userKeyPath } from "./lab-keys.ts";
import type { LabRecord } from "./lab-record.ts";

export function knownHostsPath(directory: string): string {
  return join(directory, "known_hosts");
}

export function inventoryPath(directory: string): string {
  return join(directory, "inventory.yaml");
}

/** An inventory of a lab that tsrun and Ansible both read. */
export function inventoryText(directory: string, lab: LabRecord): string {
  const inventory = {
    all: {
      vars: {
        ansible_user: adminUser,
        ansible_ssh_private_key_file: userKeyPath(directory),
        ansible_ssh_common_args: sshOptions(directory)
          .map((option) => `-o ${argumentWord(option)}`)
          .join(" "),
        ...(lab.python && { ansible_python_interpreter: "/usr/bin/python3" }),
        ...(lab.mirror !== undefined && { lab_debian_mirror: lab.mirror }),
      },
      hosts: Object.fromEntries(lab.hosts.map(({ name, address }) => [name, { ansible_host: address }])),
    },
  };
  return `# Written by \`tsrun lab up\`; edits are lost.\n${dump(inventory, { lineWidth: -1 })}`;
}

/** A configuration for the system's ssh: `ssh -F .tsrun/lab/default/ssh_config node1`. */
export function sshConfigText(directory: string, lab: LabRecord): string {
  const blocks = lab.hosts.map(({ name, address }) => `Host ${name}\n  HostName ${address}\n`);
  const common = [`User ${adminUser}`, `IdentityFile "${userKeyPath(directory)}"`].concat(
    sshOptions(directory).map((option) => option.replace("=", " ")),
  );
  return `${blocks.join("")}Host *\n${common.map((line) => `  ${line}\n`).join("")}`;
}

/** Nothing of the person's own ssh set-up may decide whether a lab host is reached. */
export function sshOptions(directory: string): readonly string[] {
  return [
    // ssh splits this option at blanks unless it is quoted (ssh_config(5)).
    `UserKnownHostsFile="${knownHostsPath(directory)}"`,
    "GlobalKnownHostsFile=/dev/null",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
  ];
}

/** A word of `ansible_ssh_common_args`, which is split like a POSIX shell would (Python's shlex). */
function argumentWord(word: string): string {
  if (!word.includes(" ")) return word.replaceAll('"', "");
  return `'${word}'`;
}
