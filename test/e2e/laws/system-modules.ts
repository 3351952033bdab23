import type { ModuleLaws } from "./law.ts";

const noFiles = "writes no file of a mode of its own";
const noPath = "takes no path";
const noSecret = "takes no secret";
const noPathNorMode = { planted: noPath, modes: noFiles, secrets: noSecret } as const;
const byDpkg = {
  ...noPathNorMode,
  cut: "package managers are left to finish; killed half-way, the next run mends (packages-and-files.test.ts)",
} as const;
const unitFile = `printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/law.service; systemctl daemon-reload`;

/** Package managers of other distributions. */
const elsewhere = (why: string): ModuleLaws => ({
  cases: [],
  exempt: {
    settled: why,
    predicted: why,
    checkWritesNothing: why,
    diff: why,
    names: why,
    cut: why,
    ...noPathNorMode,
  },
});

/** Modules about packages, accounts, units and the kernel. */
export const systemModules: Readonly<Record<string, ModuleLaws>> = {
  alternatives: {
    cases: [
      {
        name: "a choice",
        args: { name: "lawtool", link: "/usr/local/bin/lawtool", path: "/bin/true", priority: 10 },
        before: "update-alternatives --quiet --remove-all lawtool 2>/dev/null; :",
        probe: "readlink -f /usr/local/bin/lawtool || :",
      },
    ],
    named: (name) => ({ name: "lawname", link: "/usr/local/bin/lawname", path: `/srv/laws/${name}` }),
    exempt: noPathNorMode,
  },
  apache2_module: {
    cases: [
      {
        name: "a module",
        args: { name: "rewrite" },
        before:
          "apache2ctl -v >/dev/null 2>&1 || apt-get -qq -y install --no-install-recommends apache2 >/dev/null 2>&1; a2dismod -q rewrite; :",
        probe: "ls /etc/apache2/mods-enabled | grep rewrite || :",
      },
    ],
    exempt: { ...noPathNorMode, names: "a module's name has neither blanks nor quotes, and others are refused" },
  },
  apk: elsewhere("tested from recorded output: there are no such hosts here"),
  apt: {
    cases: [
      {
        name: "a package",
        args: { name: "sl", state: "present" },
        before: "dpkg -s sl >/dev/null 2>&1 && apt-get -qq -y purge sl; :",
        probe: "dpkg-query -W -f '${Status}\\n' sl 2>/dev/null; :",
      },
      {
        name: "no package",
        args: { name: "hello", state: "absent" },
        before: "apt-get -qq -y install hello >/dev/null",
        probe: "dpkg-query -W -f '${Status}\\n' hello 2>/dev/null; :",
      },
    ],
    named: (name) => ({ name }),
    exempt: byDpkg,
  },
  apt_repository: {
    cases: [
      {
        name: "a source",
        args: { repo: "deb [trusted=yes] file:/srv/laws/archive ./", filename: "laws", update_cache: false },
        before: "rm -f /etc/apt/sources.list.d/laws.list",
        probe: "cat /etc/apt/sources.list.d/laws.list 2>/dev/null; :",
      },
    ],
    named: (name) => ({ repo: "deb http://127.0.0.1/x ./", filename: name, update_cache: false }),
    exempt: { planted: noPath, modes: noFiles, secrets: "an address with a password is apt's to keep" },
  },
  deb822_repository: {
    cases: [
      {
        name: "a source",
        args: {
          name: "laws",
          types: "deb",
          uris: "http://127.0.0.1/laws",
          suites: "./",
          trusted: true,
          enabled: false,
        },
        before: "rm -f /etc/apt/sources.list.d/laws.sources",
        probe: "cat /etc/apt/sources.list.d/laws.sources 2>/dev/null; :",
      },
    ],
    named: (name) => ({ name, uris: "http://127.0.0.1/laws", suites: "./", enabled: false }),
    exempt: { planted: noPath, modes: noFiles, secrets: noSecret },
  },
  debconf: {
    cases: [
      {
        name: "an answer",
        args: { name: "law", question: "law/one", vtype: "string", value: "new" },
        before: "echo 'law law/one string old' | debconf-set-selections",
        probe: "debconf-show law | grep law/one",
      },
    ],
    named: (name) => ({ name: "law", question: "law/name", vtype: "string", value: name }),
    holding: {
      args: (secret) => ({ name: "law", question: "law/secret", vtype: "password", value: secret }),
      isNoLog: true,
    },
    exempt: { planted: noPath, modes: noFiles },
  },
  dnf: elsewhere("a Debian host with dnf is tested by test/e2e/rpm.test.ts"),
  dpkg_divert: {
    cases: [
      {
        name: "a diversion",
        args: { path: "/usr/share/law", divert: "/usr/share/law.packaged" },
        before: "dpkg-divert --quiet --no-rename --remove /usr/share/law",
        probe: "dpkg-divert --list /usr/share/law",
      },
    ],
    named: (name) => ({ path: `/srv/laws/${name}` }),
    exempt: { ...byDpkg, planted: "dpkg-divert renames" },
  },
  dpkg_selections: {
    cases: [
      {
        name: "a hold",
        args: { name: "tar", selection: "hold" },
        before: "echo tar install | dpkg --set-selections",
        probe: "dpkg --get-selections tar",
      },
    ],
    named: (name) => ({ name, selection: "hold" }),
    exempt: byDpkg,
  },
  group: {
    cases: [
      {
        name: "a new group",
        args: { name: "lawgroup", gid: 4801 },
        before: "groupdel lawgroup 2>/dev/null; :",
        probe: "getent group lawgroup || :",
      },
      {
        name: "another id",
        args: { name: "lawother", gid: 4803 },
        before: "groupdel lawother 2>/dev/null; groupadd -g 4802 lawother",
        probe: "getent group lawother || :",
      },
    ],
    named: (name) => ({ name }),
    exempt: noPathNorMode,
  },
  hostname: {
    cases: [
      {
        name: "a name",
        args: { name: "law.example" },
        before: "hostnamectl hostname node1 2>/dev/null || { hostname node1; echo node1 >/etc/hostname; }",
        probe: "hostname",
      },
    ],
    named: (name) => ({ name }),
    exempt: { ...noPathNorMode, cut: "two names, of the kernel and of the boot: one after the other" },
  },
  iptables: {
    cases: [
      {
        name: "a rule",
        args: {
          chain: "LAWS",
          chain_management: true,
          protocol: "tcp",
          destination_port: "4",
          jump: "DROP",
          comment: "a; $(law)",
        },
        before: "iptables -F LAWS 2>/dev/null; iptables -X LAWS 2>/dev/null; :",
        probe: "iptables -S LAWS 2>/dev/null; :",
      },
      {
        name: "no rule",
        args: { chain: "OUTPUT", ip_version: "ipv6", destination: "2001:db8::/32", jump: "DROP", state: "absent" },
        before:
          "ip6tables -D OUTPUT -d 2001:db8::/32 -j DROP 2>/dev/null; ip6tables -A OUTPUT -d 2001:db8::/32 -j DROP",
        probe: "ip6tables -S OUTPUT",
      },
    ],
    named: (name) => ({ chain: "OUTPUT", destination: "192.0.2.1", jump: "ACCEPT", comment: name }),
    exempt: noPathNorMode,
  },
  locale_gen: {
    cases: [
      {
        name: "a locale",
        args: { name: "da_DK.UTF-8" },
        before: "sed -i 's/^da_DK.UTF-8/# &/' /etc/locale.gen; locale-gen >/dev/null",
        probe: "localedef --list-archive 2>/dev/null | grep da_ || :",
      },
    ],
    named: (name) => ({ name }),
    exempt: { ...noPathNorMode, cut: "locale-gen's own work, seconds long" },
  },
  modprobe: {
    cases: [
      {
        name: "at boot",
        args: { name: "loop", state: "present", persistent: "present" },
        before:
          'rm -f /etc/modules-load.d/loop.conf; k=/lib/modules/$(uname -r); mkdir -p "$k"; echo kernel/drivers/block/loop.ko >"$k/modules.builtin"',
        probe: "cat /etc/modules-load.d/loop.conf 2>/dev/null; :",
      },
    ],
    named: (name) => ({ name }),
    exempt: noPathNorMode,
  },
  mount: {
    cases: [
      {
        name: "an entry",
        args: { path: "$own/m", src: "tmpfs", fstype: "tmpfs", opts: "size=1m", state: "present", fstab: "$own/fstab" },
        before: "echo '# table' >fstab",
        probe: "cat fstab",
      },
      {
        name: "a mount",
        args: { path: "$own/m", src: "tmpfs", fstype: "tmpfs", opts: "size=1m", state: "mounted" },
        before: "umount m 2>/dev/null; sed -i '/laws.mount/d' /etc/fstab; rm -rf m",
        probe: "findmnt -n -o TARGET,FSTYPE m || :; grep laws /etc/fstab || :",
      },
    ],
    named: (name) => ({
      path: `$own/${name}`,
      src: "tmpfs",
      fstype: "tmpfs",
      state: "present",
      fstab: "/srv/laws/fstab",
    }),
    exempt: { ...noPathNorMode, cut: "an entry and a mount: one after the other" },
  },
  package: {
    cases: [
      {
        name: "a package",
        args: { name: "cowsay", state: "present" },
        before: "dpkg -s cowsay >/dev/null 2>&1 && apt-get -qq -y purge cowsay; :",
        probe: "dpkg-query -W -f '${Status}\\n' cowsay 2>/dev/null; :",
      },
    ],
    named: (name) => ({ name, state: "present" }),
    exempt: byDpkg,
  },
  pacman: elsewhere("tested from recorded output: there are no such hosts here"),
  service: {
    cases: [
      {
        name: "started and enabled",
        args: { name: "law", state: "started", enabled: true },
        before: `${unitFile}; systemctl disable -q --now law`,
        probe: "systemctl is-active law; systemctl is-enabled law; :",
      },
    ],
    named: (name) => ({ name, state: "started" }),
    exempt: { ...noPathNorMode, cut: "enabling and starting: one after the other" },
  },
  sysctl: {
    cases: [
      {
        name: "in a file",
        args: { name: "net.ipv4.ip_default_ttl", value: "65", sysctl_file: "$own/f", reload: false },
        before: "echo 'net.ipv4.ip_default_ttl = 63' >f",
        probe: "cat f",
      },
    ],
    at: (path) => ({ name: "net.ipv4.ip_default_ttl", value: "64", sysctl_file: path, reload: false }),
    named: (name) => ({ name, value: "1", sysctl_file: "/srv/laws/sysctl" }),
    exempt: { modes: "modes are sysctl.d's", secrets: noSecret },
  },
  systemd: {
    cases: [
      {
        name: "masked",
        args: { name: "lawmasked.service", masked: true },
        before: "systemctl -q unmask lawmasked.service",
        probe: "systemctl is-enabled lawmasked.service; :",
      },
      {
        name: "stopped and disabled",
        args: { name: "law2", state: "stopped", enabled: false },
        before: `${unitFile.replace("law.service", "law2.service")}; systemctl enable -q --now law2`,
        probe: "systemctl is-active law2; systemctl is-enabled law2; :",
      },
    ],
    named: (name) => ({ name, enabled: true }),
    exempt: { ...noPathNorMode, cut: "enabling and starting: one after the other" },
  },
  timezone: {
    cases: [
      {
        name: "a zone",
        args: { name: "Europe/Berlin" },
        // Not by timedatectl: its service remembers for some seconds what it set last, and then does nothing.
        before: "ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime; echo Etc/UTC >/etc/timezone",
        probe: "date -d '2020-01-01 UTC' +%Z",
      },
    ],
    named: (name) => ({ name }),
    exempt: noPathNorMode,
  },
  ufw: {
    cases: [
      {
        name: "a rule",
        args: { rule: "allow", port: "4811", proto: "tcp", comment: "a; $(law)" },
        before: "ufw delete allow from any to any port 4811 proto tcp >/dev/null",
        probe: "grep '^### tuple' /etc/ufw/user.rules; :",
      },
      {
        name: "no rule",
        args: { rule: "deny", from_ip: "192.0.2.0/24", delete: true },
        before: "ufw deny from 192.0.2.0/24 to any >/dev/null",
        probe: "grep '^### tuple' /etc/ufw/user.rules; :",
      },
      {
        name: "a policy",
        args: { default: "reject", direction: "routed", logging: "medium" },
        before: "ufw default deny routed >/dev/null; ufw logging low >/dev/null",
        probe: "cat /etc/default/ufw /etc/ufw/ufw.conf",
      },
    ],
    named: (name) => ({ rule: "allow", port: "4812", comment: name }),
    exempt: { ...noPathNorMode, cut: "ufw writes its files one after another" },
  },
  user: {
    cases: [
      {
        name: "a new account",
        args: { name: "lawnew", uid: 4811, shell: "/bin/sh", comment: "Law, a; $(user)", groups: "daemon" },
        before: "userdel -r lawnew 2>/dev/null; :",
        probe: "getent passwd lawnew; id lawnew 2>/dev/null; stat -c '%a %U' /home/lawnew 2>/dev/null; :",
      },
      {
        name: "another shell",
        args: { name: "lawuser", shell: "/bin/sh" },
        before: "usermod -s /bin/bash lawuser",
        probe: "getent passwd lawuser",
      },
      {
        name: "no account",
        args: { name: "lawgone", state: "absent", remove: true },
        before: "id lawgone >/dev/null 2>&1 || useradd -m lawgone",
        probe: "getent passwd lawgone || :",
      },
    ],
    named: (name) => ({ name, create_home: false }),
    holding: { args: (secret) => ({ name: "lawsecret", password: secret, create_home: false }), isNoLog: false },
    exempt: { planted: "useradd makes homes below /home", modes: "modes are useradd's" },
  },
  zypper: elsewhere("a Debian host with zypper is tested by test/e2e/rpm.test.ts"),
};
