import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { facts } from "../../src/state/facts.ts";
import { factSources, selectSources, subsetFor } from "../../src/state/facts/sources.ts";
import setup from "../../tasks/setup.ts";
import { runAction } from "../tasks/run-action.ts";
import { runQuery } from "./run-query.ts";

/** Facts of a subset from sections as a host would print them. */
function factsFrom(subset: string, sections: Record<string, string>): Record<string, unknown> {
  const query = facts(["!all", "!min", subset], "/etc/ansible/facts.d");
  const stdout = `\0facts\0${Object.entries(sections)
    .map(([name, text]) => `\0${name}\0${text}`)
    .join("")}`;
  return query.kind.parse({ rc: 0, stdout: Buffer.from(stdout), stderr: Buffer.from("") }, [query.key])[0] as Record<
    string,
    unknown
  >;
}

describe("state: facts, from recorded output", () => {
  it("reads kernel, names and architecture", () => {
    const uname = "Linux web1 6.1.0-28-amd64 x86_64\n#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1\n";
    const found = factsFrom("platform", {
      uname,
      bits: "64\n",
      fqdn: "127.0.1.1  web1.example.org web1\n",
      machine_id: "abc\n",
    });
    expect(found).to.deep.equal({
      system: "Linux",
      kernel: "6.1.0-28-amd64",
      kernel_version: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1",
      machine: "x86_64",
      nodename: "web1",
      hostname: "web1",
      fqdn: "web1.example.org",
      domain: "example.org",
      architecture: "x86_64",
      userspace_bits: "64",
      userspace_architecture: "x86_64",
      machine_id: "abc",
    });
    const pi = factsFrom("platform", { uname: uname.replace("x86_64", "armv7l"), bits: "32\n" });
    expect(pi)
      .to.include({ architecture: "armv7l", fqdn: "web1", domain: "" })
      .and.to.not.have.property("userspace_architecture");
  });

  const systems: readonly [string, string, Record<string, string>][] = [
    [
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n',
      "12.5\n",
      {
        distribution: "Debian",
        distribution_version: "12",
        distribution_major_version: "12",
        distribution_minor_version: "5",
        distribution_release: "bookworm",
        os_family: "Debian",
      },
    ],
    [
      'PRETTY_NAME="Raspbian GNU/Linux 11 (bullseye)"\nNAME="Raspbian GNU/Linux"\nVERSION_ID="11"\nVERSION="11 (bullseye)"\nVERSION_CODENAME=bullseye\nID=raspbian\nID_LIKE=debian\n',
      "11.3\n",
      { distribution: "Debian", distribution_version: "11", distribution_release: "bullseye", os_family: "Debian" },
    ],
    [
      'PRETTY_NAME="Debian GNU/Linux trixie/sid"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=trixie\nID=debian\n',
      "trixie/sid\n",
      { distribution: "Debian", distribution_version: "trixie/sid", distribution_release: "trixie" },
    ],
    [
      'NAME="Ubuntu"\nVERSION_ID="22.04"\nVERSION="22.04.3 LTS (Jammy Jellyfish)"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\n',
      "bookworm/sid\n",
      {
        distribution: "Ubuntu",
        distribution_version: "22.04",
        distribution_major_version: "22",
        distribution_release: "jammy",
        os_family: "Debian",
      },
    ],
    [
      'NAME="Rocky Linux"\nVERSION="9.3 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"\n',
      "",
      { distribution: "Rocky", distribution_release: "Blue Onyx", os_family: "RedHat" },
    ],
    [
      'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.0\n',
      "",
      { distribution: "Alpine", distribution_version: "3.19.0", os_family: "Alpine" },
    ],
    ['NAME="Odd OS"\nID=odd\nID_LIKE="x ubuntu"\nVERSION_ID=1\n', "", { distribution: "Odd OS", os_family: "Debian" }],
  ];
  for (const [os_release, debian_version, expected] of systems) {
    it(`knows ${Object.values(expected).join(" ")}`, () => {
      expect(factsFrom("distribution", { os_release, debian_version })).to.include(expected);
    });
  }

  it("counts processors as Ansible does", () => {
    const core = (id: number) =>
      `processor\t: ${id}\nvendor_id\t: GenuineIntel\nmodel name\t: Core i7\nphysical id\t: 0\nsiblings\t: 4\ncore id\t\t: ${id % 2}\ncpu cores\t: 2\n\n`;
    const meminfo =
      "MemTotal:       8000000 kB\nMemFree:        1000000 kB\nBuffers:  100000 kB\nCached:         2000000 kB\nSwapCached: 0 kB\nSwapTotal: 1024 kB\nSwapFree: 512 kB\n";
    const found = factsFrom("processor", {
      cpuinfo: [0, 1, 2, 3].map(core).join(""),
      meminfo,
      nproc: "4\n",
      machine: "x86_64\n",
      uptime: "2843.55 5000.00\n",
      dmi: "product_name=KVM\nchassis_type=3\n",
    });
    expect(found).to.deep.include({
      processor_count: 1,
      processor_cores: 2,
      processor_threads_per_core: 2,
      processor_vcpus: 4,
      processor_nproc: 4,
      memtotal_mb: 7812,
      swapfree_mb: 0,
      uptime_seconds: 2843,
      product_name: "KVM",
      form_factor: "Desktop",
      bios_vendor: "NA",
    });
    expect(found["processor"]).to.have.length(12);
    const arm = factsFrom("processor", {
      cpuinfo: "processor\t: 0\nBogoMIPS\t: 38.40\n\nprocessor\t: 1\nBogoMIPS\t: 38.40\n\nHardware\t: BCM2711\n",
      machine: "armv7l\n",
    });
    expect(arm).to.include({ processor_count: 2, processor_cores: 1, processor_vcpus: 2, processor_nproc: 2 });
  });

  it("reads interfaces, addresses and routes", () => {
    const found = factsFrom("network", {
      interfaces:
        "interface br-lan.1\naddress=aa:bb:cc:dd:ee:ff\nmtu=1500\noperstate=up\ntype=1\nflags=0x1103\nbridge=1\nid=8000.aa\nstp=0\nport=eth1\ninterface lo\naddress=00:00:00:00:00:00\nmtu=65536\noperstate=unknown\ntype=772\nflags=0x9\n",
      addresses:
        "1: lo: <LOOPBACK,UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n    inet6 ::1/128 scope host \n" +
        "2: br-lan.1@if16: <BROADCAST> mtu 1500\n    inet 10.88.0.2/16 brd 10.88.255.255 scope global br-lan.1\n    inet 10.88.0.3/16 scope global secondary br-lan.1\n    inet6 fe80::1/64 scope link \n",
      route4: "8.8.8.8 via 10.88.0.1 dev br-lan.1 src 10.88.0.2 uid 0 \n    cache \n",
    });
    expect(found["default_ipv4"]).to.deep.equal({
      address: "10.88.0.2",
      alias: "br-lan.1",
      broadcast: "10.88.255.255",
      gateway: "10.88.0.1",
      interface: "br-lan.1",
      macaddress: "aa:bb:cc:dd:ee:ff",
      mtu: 1500,
      netmask: "255.255.0.0",
      network: "10.88.0.0",
      prefix: "16",
      type: "bridge",
    });
    expect(found["br_lan_1"]).to.deep.include({
      device: "br-lan.1",
      type: "bridge",
      interfaces: ["eth1"],
      stp: false,
      promisc: true,
      active: true,
    });
    expect(found).to.have.nested.property("br_lan_1.ipv4_secondaries[0].address", "10.88.0.3");
    expect(found["lo"]).to.not.have.property("macaddress");
    expect(found["all_ipv4_addresses"]).to.deep.equal(["10.88.0.2", "10.88.0.3"]);
    expect(found["all_ipv6_addresses"]).to.deep.equal(["fe80::1"]);
  });

  it("does without iproute2", () => {
    const found = factsFrom("network", {
      interfaces: "interface eth0\naddress=aa:bb:cc:dd:ee:ff\nmtu=1500\ntype=1\n",
      proc_route:
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\nWindow\tIRTT\neth0\t00000000\t0100580A\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
      proc_fib:
        "Main:\n  +-- 10.88.0.0/30 2 0 2\n        |-- 10.88.0.2\n           /32 host LOCAL\n     |-- 10.88.255.255\n        /32 link BROADCAST\n",
      proc_inet6: "fe800000000000000c1e24fffe3cc1a1 02 40 20 80     eth0\n",
    });
    expect(found["default_ipv4"]).to.include({
      interface: "eth0",
      gateway: "10.88.0.1",
      address: "10.88.0.2",
      netmask: "255.255.0.0",
      broadcast: "10.88.255.255",
    });
    expect(found["all_ipv6_addresses"]).to.deep.equal(["fe80::c1e:24ff:fe3c:c1a1"]);
  });

  it("reads mounts with odd names, sizes and binds", () => {
    const found = factsFrom("mounts", {
      mounts:
        "/dev/sda1 / ext4 rw,relatime 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/sda1 /mnt/a\\040b ext4 rw 0 0\nnas:/x /x nfs4 rw 0 0\n",
      mountinfo: "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n22 1 8:1 /data /mnt/a\\040b rw - ext4 /dev/sda1 rw\n",
      uuids: "/dev/sda1 11-22\n/dev/sda2 \n",
      sizes: "4096 4096 100 40 50 20 /\n4096 4096 100 40 50 20 /mnt/a b\n",
    });
    const list = found["mounts"] as Record<string, unknown>[];
    expect(list.map(({ mount, options, uuid }) => [mount, options, uuid])).to.deep.equal([
      ["/", "rw,relatime", "11-22"],
      ["/mnt/a b", "rw,bind", "11-22"],
      ["/x", "rw", "N/A"],
    ]);
    expect(list[0]).to.include({ size_total: 409600, size_available: 163840, block_used: 60, inode_used: 30 });
    expect(list[2]).to.not.have.property("size_total");
  });

  it("reads disks and their partitions", () => {
    const found = factsFrom("devices", {
      devices:
        "device sda\nvendor=ATA\nmodel=Disk\nremovable=0\nsectors=2048\nlogical_block_size=512\nrotational=1\nscheduler=[none] mq-deadline\npartition sda1\nstart=8\nsectors=1024\nholder=dm-0\n",
      device_links: "uuid ../../sda1 11-22\nid ../../sda ata-Disk\nmaster sda1 dm-0\n",
    });
    expect(found).to.have.nested.property("devices.sda.size", "1.00 MB");
    expect(found).to.have.nested.property("devices.sda.scheduler_mode", "none");
    expect(found).to.have.deep.nested.property("devices.sda.links.ids", ["ata-Disk"]);
    expect(found).to.have.deep.nested.property("devices.sda.partitions.sda1.holders", ["dm-0"]);
    expect(found).to.have.nested.property("devices.sda.partitions.sda1.uuid", "11-22");
  });

  const machines: readonly [string, Record<string, string>, string, string][] = [
    ["podman", { container: "container=podman\n\npodman" }, "podman", "guest"],
    ["docker", { cgroup: "1:name=systemd:/docker/abc\n", clues: "/.dockerenv\n" }, "docker", "guest"],
    ["a KVM guest", { clues: "product_name=Standard PC\nsys_vendor=QEMU\n" }, "kvm", "guest"],
    ["a KVM host", { modules: "kvm_intel\nkvm\n", clues: "/dev/kvm\nsys_vendor=Dell Inc.\n" }, "kvm", "host"],
    ["VirtualBox", { clues: "bios_vendor=innotek GmbH\n" }, "virtualbox", "guest"],
    ["plain metal", { clues: "sys_vendor=Raspberry Pi\n" }, "NA", "NA"],
  ];
  for (const [name, sections, type, role] of machines) {
    it(`recognises ${name}`, () => {
      expect(factsFrom("virtual", sections)).to.include({ virtualization_type: type, virtualization_role: role });
    });
  }

  it("reads the rest", () => {
    expect(
      factsFrom("dns", { dns: "# x\nnameserver 1.1.1.1\nnameserver ::1\nsearch a b\noptions ndots:5 rotate\n" }),
    ).to.deep.equal({
      dns: { nameservers: ["1.1.1.1", "::1"], search: ["a", "b"], options: { ndots: "5", rotate: true } },
    });
    expect(factsFrom("cmdline", { cmdline: "quiet root=UUID=1 console=a console=b\n" })).to.deep.equal({
      cmdline: { quiet: true, root: "UUID=1", console: "b" },
      proc_cmdline: { quiet: true, root: "UUID=1", console: ["a", "b"] },
    });
    expect(factsFrom("service_mgr", { init: "systemd\n" })).to.include({ service_mgr: "systemd" });
    expect(factsFrom("service_mgr", { init: "bash\n", init_hints: "sysvinit\n" })).to.include({
      service_mgr: "sysvinit",
    });
    expect(factsFrom("pkg_mgr", { pkg_mgr: "apt\ndnf\n" })).to.include({ pkg_mgr: "apt" });
    expect(
      factsFrom("selinux", { selinux: "enforce=1\npolicyvers=33\nSELINUX=enforcing\nSELINUXTYPE=targeted\n" }),
    ).to.have.deep.property("selinux", {
      status: "enabled",
      mode: "enforcing",
      policyvers: 33,
      config_mode: "enforcing",
      type: "targeted",
    });
    expect(factsFrom("env", { env: "A=1\0B=x=y\nz\0\0" })).to.deep.equal({ env: { A: "1", B: "x=y\nz" } });
    expect(
      factsFrom("lsb", {
        lsb: "Distributor ID:\tDebian\nDescription:\tDebian 12\nRelease:\t12\nCodename:\tbookworm\n",
      }),
    ).to.deep.equal({
      lsb: { id: "Debian", description: "Debian 12", release: "12", codename: "bookworm", major_release: "12" },
    });
  });

  it("reads what storage elsewhere knows the host by, and logical volumes", () => {
    expect(factsFrom("iscsi", { iscsi: "# x\nInitiatorName=iqn.1993-08.org.debian:01:4\n" })).to.deep.equal({
      iscsi_iqn: "iqn.1993-08.org.debian:01:4",
    });
    expect(factsFrom("nvme", { nvme: "nqn.2014-08.org.nvmexpress:uuid:2\n" })).to.deep.equal({
      hostnqn: "nqn.2014-08.org.nvmexpress:uuid:2",
    });
    expect(factsFrom("fibre_channel_wwn", { fibre_channel: "0x21000014ff52a9bb\n" })).to.deep.equal({
      fibre_channel_wwn: ["21000014ff52a9bb"],
    });
    expect(factsFrom("lvm", {})).to.include({ lvm: "N/A" });
    const told = {
      lvm: "asked\n",
      lvm_groups: "  vg,1,2,0,wz--n-,9.99,1.00\n",
      lvm_volumes: "  root,vg,-wi-ao----,8.00,,,,,,,,\n",
      lvm_disks: "  /dev/sda2,vg,lvm2,a--,9.99,1.00\n",
    };
    expect(factsFrom("lvm", told)["lvm"]).to.deep.equal({
      vgs: { vg: { size_g: "9.99", free_g: "1.00", num_lvs: "2", num_pvs: "1" } },
      lvs: { root: { size_g: "8.00", vg: "vg" } },
      pvs: { "/dev/sda2": { size_g: "9.99", free_g: "1.00", vg: "vg" } },
    });
  });

  it("takes names that mean something to JavaScript as names", () => {
    const { local } = factsFrom("local", {
      "local text __proto__": "[__proto__]\npolluted = yes\n[constructor]\npolluted = yes\n",
    });
    expect(JSON.stringify(local)).to.equal(
      '{"__proto__":{"__proto__":{"polluted":"yes"},"constructor":{"polluted":"yes"}}}',
    );
    expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
    expect((Object as unknown as Record<string, unknown>)["polluted"]).to.equal(undefined);
  });

  it("does not take a section for a fact of another", () => {
    expect(
      factsFrom("local", {
        "local text x": "[a]\nK = 1\n; c\nl: two\n more\n",
        "local run y": '{"z": 1}\n0',
        "local run bad": "no\n3",
        "local text odd": "text",
      }),
    ).to.deep.equal({
      local: {
        x: { a: { k: "1", l: "two\nmore" } },
        y: { z: 1 },
        bad: "Failure executing fact script (/etc/ansible/facts.d/bad.fact), rc: 3, err: ",
        odd: "error loading facts as JSON or ini - please check content: /etc/ansible/facts.d/odd.fact",
      },
    });
  });
});

describe("state: facts of this machine", () => {
  let directory = "";
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "tsrun facts-"));
    writeFileSync(join(directory, "a b.fact"), '{"x": [1, null]}');
    writeFileSync(join(directory, "run.fact"), "#!/bin/sh\necho '[s]'; echo k=v\n");
    chmodSync(join(directory, "run.fact"), 0o755);
  });
  after(() => rmSync(directory, { recursive: true }));

  it("come from one script, in any shell", () => {
    for (const shell of ["dash", "bash"]) {
      const [found] = runQuery([facts(["all"], directory)], [shell], { ODD: "a\nb\u00e9" });
      expect(found).to.include({ system: "Linux", nodename: hostname(), user_id: userInfo().username });
      expect(found).to.have.nested.property("env.ODD", "a\nb\u00e9");
      expect(found?.["local"]).to.deep.equal({ "a b": { x: [1, null] }, run: { s: { k: "v" } } });
      expect(found)
        .to.have.nested.property("date_time.epoch")
        .that.matches(/^\d{10}$/);
      expect(found?.["memtotal_mb"]).to.be.greaterThan(0);
    }
  });
});

describe("gather_subset", () => {
  const sources = factSources("/x");
  const names = (...subset: string[]) => selectSources(subset, sources).map(({ name }) => name);
  const minimal = sources.filter((source) => source.isMinimal).map(({ name }) => name);

  it("selects as Ansible does", () => {
    expect(names("all")).to.deep.equal(sources.map(({ name }) => name));
    expect(names("min")).to.deep.equal(minimal);
    expect(names("!all")).to.deep.equal(minimal);
    expect(names("!all", "!min")).to.deep.equal([]);
    expect(names("!all", "!min", "network")).to.deep.equal(["platform", "distribution", "network"]);
    expect(names("!hardware"))
      .to.include.members(["network", "env"])
      .and.not.include("hardware")
      .and.not.include("mounts");
    expect(names("network")).to.deep.equal(
      sources.filter(({ name, isMinimal }) => isMinimal || name === "network").map(({ name }) => name),
    );
    expect(names("network", "!env")).to.include("network").and.not.include("env");
    expect(names("os_family", "!all", "!min")).to.deep.equal(["distribution"]);
    expect(names("facter")).to.deep.equal(minimal);
    expect(() => names("nonsense")).to.throw(RangeError, "nonsense");
  });

  it("is told apart by the module setup", async () => {
    const all = { read: () => Promise.resolve({ hostname: "web1", domain: "x", date_time: {} } as never) };
    const result = await runAction(setup, { filter: "ansible_host*,dom*" }, { host: all });
    expect(result["ansible_facts"]).to.deep.equal({
      ansible_hostname: "web1",
      ansible_domain: "x",
    });
    const whole = await runAction(setup, {}, { host: all });
    expect(whole["ansible_facts"]).to.include({ module_setup: true, ansible_domain: "x" });
    expect(await runAction(setup, { gather_subset: "all,nonsense" }).catch(String)).to.include("Bad subset 'nonsense'");
  });
});

describe("state: the subset for facts by name", () => {
  it("selects for every fact the source that gives it", () => {
    for (const source of factSources("/etc/ansible/facts.d")) {
      const id = ["!all", "!min", source.name === "hardware" ? "processor" : source.name];
      for (const name of Object.keys(runQuery([facts(id)])[0] ?? {})) {
        const givers = factSources("").filter(({ gives }) => gives.test(name));
        const subset = subsetFor(new Set([name]));
        if (!subset) {
          expect([source.name, givers.length], name).to.deep.equal(["network", 0]);
          continue;
        }
        const chosen = selectSources(subset, factSources("")).map((each) => each.name);
        // The hardware comes along with what Ansible counts among it.
        const alone = ["mounts", "devices", "lvm"].includes(chosen.at(-1) as string)
          ? ["hardware", chosen.at(-1)]
          : [chosen[0]];
        expect(chosen, name).to.deep.equal(alone);
        expect(chosen, name).to.include(givers[0]?.name);
      }
    }
  });

  it("is all for a name that nobody knows", () => {
    expect(subsetFor(new Set(["kernel", "distribtion"]))).to.equal(undefined);
  });

  it("is empty for none", () => {
    expect(selectSources(subsetFor(new Set()) ?? ["all"], factSources(""))).to.deep.equal([]);
  });
});
