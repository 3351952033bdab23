import { sh } from "../../task/sh.ts";
import { type FactSource, linesOf } from "./fact-source.ts";

/** Who the task runs as. */
export const account: FactSource = {
  name: "user",
  gives: /^(user_(id|uid|gid|gecos|dir|shell)|(real|effective)_(user|group)_ids?)$/,
  aliases: [
    "user_id",
    "user_uid",
    "user_gid",
    "user_gecos",
    "user_dir",
    "user_shell",
    "real_user_id",
    "effective_user_id",
    "effective_group_ids",
  ],
  isMinimal: true,
  script: sh`s ids; id -u; id -ru; id -g; id -rg
    s passwd; getent passwd "$(id -u)"`,
  parse(sections) {
    const [effective = 0, real = 0, effectiveGroup = 0, realGroup = 0] = linesOf(sections("ids")).map(Number);
    const [user_id = "", , uid, gid, user_gecos = "", user_dir = "", user_shell = ""] =
      sections("passwd").split("\n")[0]?.split(":") ?? [];
    return {
      user_id,
      user_uid: Number(uid ?? effective),
      user_gid: Number(gid ?? effectiveGroup),
      user_gecos,
      user_dir,
      user_shell,
      real_user_id: real,
      effective_user_id: effective,
      real_group_id: realGroup,
      effective_group_id: effectiveGroup,
    };
  },
};

export const environment: FactSource = {
  name: "env",
  gives: /^(env)$/,
  isMinimal: true,
  // The only section whose parts end with NULs: it must come last.
  script: sh`s env; env -0`,
  parse: (sections) => ({
    env: Object.fromEntries(
      sections("env")
        .split("\0")
        .filter((entry) => entry.includes("="))
        .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
    ),
  }),
};

export const commandLine: FactSource = {
  name: "cmdline",
  gives: /^(cmdline|proc_cmdline)$/,
  isMinimal: true,
  script: sh`s cmdline; cat /proc/cmdline`,
  parse(sections) {
    const cmdline: Record<string, unknown> = {};
    const proc_cmdline: Record<string, unknown> = {};
    for (const word of sections("cmdline").trim().split(/\s+/).filter(Boolean)) {
      const [name = "", value] = [word.split("=", 1)[0], word.includes("=") ? word.slice(word.indexOf("=") + 1) : true];
      cmdline[name] = value;
      const before = Object.hasOwn(proc_cmdline, name) ? proc_cmdline[name] : undefined;
      // A name that comes more than once keeps all its values here.
      proc_cmdline[name] =
        before === undefined || value === true ? value : [...(Array.isArray(before) ? before : [before]), value];
    }
    return { cmdline, proc_cmdline };
  },
};

export const dns: FactSource = {
  name: "dns",
  gives: /^(dns)$/,
  isMinimal: true,
  script: sh`s dns; cat /etc/resolv.conf`,
  parse(sections) {
    const facts: Record<string, unknown> = {};
    for (const line of linesOf(sections("dns"))) {
      const [word = "", ...values] = line.split(/[#;]/, 1)[0]?.trim().split(/\s+/) ?? [];
      if (word === "nameserver") facts["nameservers"] = [...((facts["nameservers"] as string[]) ?? []), ...values];
      else if (word === "domain" && values.length > 0) facts["domain"] = values[0];
      else if (word === "search" || word === "sortlist") facts[word] = values;
      else if (word === "options") {
        facts["options"] = Object.fromEntries(
          values.map((option) => [
            option.split(":")[0],
            option.includes(":") ? option.slice(option.indexOf(":") + 1) : true,
          ]),
        );
      }
    }
    return { dns: facts };
  },
};

export const dateTime: FactSource = {
  name: "date_time",
  gives: /^(date_time)$/,
  isMinimal: true,
  // tz_dst is the zone's name in summer: the one of January or July that is farther east.
  script: sh`s date; t=$(date +%s.%N); echo "$t"
    l=$(date -d "@\${t%%.*}" '+%Y|%m|%A|%w|%W|%d|%H|%M|%S|%Z|%z'); echo "$l"; y=\${l%%|*}
    date -d "$y-01-01" '+%z %Z'; date -d "$y-07-01" '+%z %Z'`,
  parse(sections) {
    const [stamp = "", local = "", january = "", july = ""] = linesOf(sections("date"));
    const [year, month, weekday, weekday_number, weeknumber, day, hour, minute, second, tz, tz_offset] =
      local.split("|");
    const [epoch = "", fraction = ""] = stamp.split(".");
    const utc = /^\d+$/.test(epoch) ? new Date(Number(epoch) * 1000).toISOString().slice(0, -".000Z".length) : "";
    const micros = /^\d+$/.test(fraction) ? fraction.slice(0, 6).padEnd(6, "0") : "000000";
    const summer = Number(july.split(" ")[0]) > Number(january.split(" ")[0]) ? july : january;
    return {
      date_time: {
        year,
        month,
        weekday,
        weekday_number,
        weeknumber,
        day,
        hour,
        minute,
        second,
        epoch,
        epoch_int: epoch,
        date: `${year}-${month}-${day}`,
        time: `${hour}:${minute}:${second}`,
        iso8601_micro: `${utc}.${micros}Z`,
        iso8601: `${utc}Z`,
        iso8601_basic: `${year}${month}${day}T${hour}${minute}${second}${micros}`,
        iso8601_basic_short: `${year}${month}${day}T${hour}${minute}${second}`,
        tz,
        tz_dst: summer.split(" ")[1] ?? tz,
        tz_offset,
      },
    };
  },
};

export const loadAverage: FactSource = {
  name: "loadavg",
  gives: /^(loadavg)$/,
  script: sh`s loadavg; cat /proc/loadavg`,
  parse(sections) {
    const [one, five, fifteen] = sections("loadavg").split(" ").map(Number);
    return { loadavg: { "1m": one, "5m": five, "15m": fifteen } };
  },
};

export const chroot: FactSource = {
  name: "chroot",
  gives: /^(is_chroot)$/,
  aliases: ["is_chroot"],
  // Only root may look at process 1's root; others tell by the root directory's usual inodes, as Ansible does.
  script: sh`s chroot
    if [ -n "$debian_chroot" ]; then echo yes
    elif [ -e /proc/1/root/. ]; then [ / -ef /proc/1/root/. ] || echo yes
    else case $(stat -f -c %T /) in btrfs) r=256;; xfs) r=128;; *) r=2;; esac; i=$(stat -c %i /); [ "$i" = "$r" ] || [ -d /run/systemd/system ] || echo yes; fi`,
  parse: (sections) => ({ is_chroot: sections("chroot").trim() === "yes" }),
};
