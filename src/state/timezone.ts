import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

export interface TimezoneState {
  /** Where /etc/localtime leads, such as `Europe/Berlin`; empty without such a link. */
  readonly name: string;
  /** What Debian's /etc/timezone says; undefined without that file. */
  readonly written: string | undefined;
  readonly hasZones: boolean;
  /** What the hardware clock is set to (hwclock(8)): `UTC` unless /etc/adjtime says otherwise. */
  readonly hwclock: "local" | "UTC";
}

/** The host's time zone; its key is always `host`. */
export const timezone = defineQuery<"host", TimezoneState>({
  name: "timezone",
  script: () =>
    sh`readlink /etc/localtime; printf '\0'; [ -e /etc/timezone ] && { printf 1; cat /etc/timezone; }; printf '\0'; [ -d /usr/share/zoneinfo ] && printf 1; printf '\0'; sed -n 3p /etc/adjtime 2>/dev/null; exit 0`,
  parse(output, keys) {
    const [link = "", written = "", zones = "", adjtime = ""] = answerText(output).split("\0");
    const name = /zoneinfo\/(.*)/.exec(link)?.[1] ?? "";
    return keys.map(() => ({
      name,
      written: written === "" ? undefined : written.slice(1).trim(),
      hasZones: zones === "1",
      hwclock: adjtime.trim() === "LOCAL" ? "local" : "UTC",
    }));
  },
});
