import { sh } from "../../task/sh.ts";
import type { FactSource } from "./fact-source.ts";

/** The init system, found as Ansible finds it: by the name of process 1, else by what is installed. */
export const serviceManager: FactSource = {
  name: "service_mgr",
  gives: /^(service_mgr)$/,
  isMinimal: true,
  needs: ["distribution", "platform"],
  script: sh`s init; cat /proc/1/comm || readlink /sbin/init
    s init_hints
    for d in /run/systemd/system /dev/.run/systemd /dev/.systemd; do [ -e $d ] && echo systemd; done
    command -v initctl >/dev/null && [ -e /etc/init ] && echo upstart
    [ -e /sbin/openrc ] && echo openrc
    case $(readlink /sbin/init) in *systemd) echo systemd;; esac
    [ -e /etc/init.d ] && echo sysvinit`,
  parse(sections) {
    const init = sections("init").trim().split("/").at(-1) ?? "";
    const known: Readonly<Record<string, string>> = {
      procd: "openwrt_init",
      "runit-init": "runit",
      svscan: "svc",
      "openrc-init": "openrc",
    };
    if (init !== "" && init !== "init" && !init.endsWith("sh")) return { service_mgr: known[init] ?? init };
    return { service_mgr: sections("init_hints").split("\n")[0] || "service" };
  },
};

/** Where package managers lie. On a family of distributions its own wins over others that are installed too. */
export const packageManager: FactSource = {
  name: "pkg_mgr",
  gives: /^(pkg_mgr)$/,
  isMinimal: true,
  needs: ["distribution"],
  script: sh`s pkg_mgr
    while read -r p n; do [ -e "$p" ] && echo "$n"; done <<'list'
/usr/bin/apt-get apt
/usr/bin/dnf dnf
/usr/bin/microdnf dnf
/usr/bin/dnf5 dnf5
/usr/bin/yum yum
/usr/bin/zypper zypper
/usr/bin/pacman pacman
/sbin/apk apk
/usr/bin/rpm-ostree atomic_container
/usr/sbin/swupd swupd
/usr/bin/emerge portage
/usr/bin/xbps-install xbps
/bin/opkg opkg
/usr/sbin/urpmi urpmi
list`,
  parse: (sections) => ({ pkg_mgr: sections("pkg_mgr").split("\n")[0] || "unknown" }),
};
