import { databasesPicture } from "../databases/databases-host.ts";
import { dockerPicture } from "../docker/docker-host.ts";
import type { LawHost } from "./law-host.ts";

/**
 * Everything about a host that a run could alter: each file's type, mode, owner, size, times of content and of inode, link; mounts,
 * processes, units, settings of the kernel. By line, so that two pictures can be compared.
 *
 * Left out: `/proc` and `/sys` (the kernel's), logs and the journal (every login writes them), the times of directories into
 * which each connection's own temporary directory comes and goes, and the processes and units of logins. Servers of databases
 * and Docker write at all times: what they hold is compared instead.
 */
export async function takePicture(host: LawHost): Promise<ReadonlySet<string>> {
  const further = { databases: databasesPicture, docker: dockerPicture, plain: "" }[host.kind ?? "plain"];
  const listing = await host.root(script + further);
  return new Set(listing.split("\n").filter((line) => line !== "" && !ignored.some((pattern) => pattern.test(line))));
}

/** Lines that one picture has and the other has not. */
export function differences(before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] {
  return [
    ...[...before].filter((line) => !after.has(line)).map((line) => `- ${line}`),
    ...[...after].filter((line) => !before.has(line)).map((line) => `+ ${line}`),
  ];
}

const script = `
find / /run /dev/shm /tmp /etc/hosts /etc/hostname /etc/resolv.conf -xdev \\( -path /proc -o -path /sys -o -path /var/log -o -path /var/lib/mysql -o -path /var/lib/postgresql -o -path /var/lib/docker -o -path /var/lib/containerd -o -path /run/docker -o -path /run/containerd -o -path /run/log -o -path /run/systemd/sessions -o -path /run/systemd/users -o -path /run/systemd/transient -o -path /run/systemd/units -o -path /run/user -o -path /run/sudo -o -path '/var/lib/sudo' -o -path /var/lib/systemd/timers \\) -prune -o \\
  -type d -printf 'file %p %y %m %U %G\\n' -o -printf 'file %p %y %m %U %G %s %T@ %C@ %l\\n'
sed 's/^/mount /' /proc/self/mountinfo | grep -v ' /run/user/'
systemctl list-units --all --plain --no-legend --type service,timer,socket,mount | sed 's/^/unit /'
systemctl list-unit-files --plain --no-legend | sed 's/^/unit-file /'
ps -eo user,args --no-headers | sed 's/^/process /'
sysctl -a 2>/dev/null | sed 's/^/kernel /'
`;

const ignored: readonly RegExp[] = [
  // The login of the run and the one of the picture itself.
  /^process .*(sshd:|sh -s|sudo|ps -eo|sed s|sleep|systemd --user|\(sd-pam\)|[.]tsrun|systemd-(logind|hostnamed|timedated)|tail -f)/,
  /^unit(-file)? (session-|user@|user-runtime-dir@|systemd-(hostnamed|timedated)|run-user)/,
  /^file \/run\/(motd|utmp|systemd\/(seats|inaccessible|journal|propagate|inhibit)|dbus)/,
  // ufw and iptables lock, also to look.
  /^file \/run\/(ufw\.lock|xtables\.lock)/,
  /^file \/(run\/lock\/tsrun|run\/tsrun|dev\/shm\/\.tsrun)/,
  // apt's map of its lists: any look by root brings it up to date.
  /^file \/var\/cache\/apt\/(src)?pkgcache\.bin /,
  // Servers of PostgreSQL look after themselves now and then, and share memory.
  /^process postgres postgres: /,
  /^file \/dev\/shm\/PostgreSQL\./,
  // The time of the last login; the kernel's own counters.
  /^file \/var\/(log|lib\/(lastlog|wtmpdb))/,
  /^kernel (fs\.(dentry-state|file-nr|inode-(nr|state)|quota)|kernel\.(random|ns_last_pid|pty\.nr|hotplug|tainted)|net\.netfilter\.nf_conntrack_count|vm\.)/,
];
