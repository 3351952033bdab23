import { expect } from "chai";
import { inventoryText, sshConfigText } from "../../src/lab/inventory-text.ts";
import { knownHostsLine } from "../../src/lab/lab-keys.ts";
import type { LabRecord } from "../../src/lab/lab-record.ts";

const record: LabRecord = {
  version: 1,
  image: "debian-12",
  tag: "localhost/tsrun-lab:debian-12-abc",
  python: false,
  engine: "podman",
  subnet: "10.70.1.0/24",
  mirror: "http://mirror.test/debian",
  hosts: [
    { name: "node1", address: "10.70.1.11" },
    { name: "pi", address: "10.70.1.12" },
  ],
};

describe("lab inventory", () => {
  it("says how each host is reached", () => {
    expect(inventoryText("/site/.tsrun/lab/x", record)).to.equal(`# Written by \`tsrun lab up\`; edits are lost.
all:
  vars:
    ansible_user: admin
    ansible_ssh_private_key_file: /site/.tsrun/lab/x/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile=/site/.tsrun/lab/x/known_hosts -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes
    lab_debian_mirror: http://mirror.test/debian
  hosts:
    node1:
      ansible_host: 10.70.1.11
    pi:
      ansible_host: 10.70.1.12
`);
  });

  it("quotes a folder with blanks for the shell and for ssh", () => {
    expect(inventoryText("/my site/x", record)).to.include(
      `-o 'UserKnownHostsFile="/my site/x/known_hosts"' -o GlobalKnownHostsFile=/dev/null`,
    );
    expect(sshConfigText("/my site/x", record)).to.include('  UserKnownHostsFile "/my site/x/known_hosts"\n');
  });

  it("names Ansible's Python only where there is one", () => {
    expect(inventoryText("/x", record)).not.to.include("python");
    expect(inventoryText("/x", { ...record, python: true })).to.include(
      "ansible_python_interpreter: /usr/bin/python3\n",
    );
  });

  it("pins a host key by address and name, without its comment", () => {
    expect(knownHostsLine({ name: "node1", address: "10.70.1.11" }, "ssh-ed25519 AAAA root@node1\n")).to.equal(
      "10.70.1.11,node1 ssh-ed25519 AAAA\n",
    );
  });
});
