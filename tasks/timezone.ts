import { type Change, change, defineTask, sh, TaskFailure, z } from "tsrun";
import { type TimezoneState, timezone } from "tsrun/state";

export default defineTask({
  name: "timezone",
  summary: "Set the host's time zone",
  args: z.object({
    name: z.string().optional().describe("Name of the zone, such as `Europe/Berlin`"),
    hwclock: z
      .enum(["local", "UTC"])
      .optional()
      .describe("Whether the hardware clock is in UTC or in the zone's time")
      .meta({ aliases: ["rtc"] }),
  }),
  examples: [{ name: "Berlin", yaml: "timezone:\n  name: Europe/Berlin" }],
  observe: () => ({ current: timezone("host") }),
  plan({ name, hwclock }, { current }) {
    if (name === undefined && hwclock === undefined)
      throw new TaskFailure("one of the following is required: hwclock, name");
    return [
      ...(name === undefined ? [] : planZone(name, current)),
      ...(hwclock === undefined || hwclock === current.hwclock ? [] : [planClock(hwclock, current)]),
    ];
  },
});

function planZone(name: string, current: TimezoneState): readonly Change[] {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name))
    throw new TaskFailure(`\`${name}\` is no name of a time zone`);
  const isWritten = current.written === undefined || current.written === name;
  if (current.name === name && isWritten) return [];
  // Both files are replaced by a rename: programs read them at any time.
  const script = sh`z=${`/usr/share/zoneinfo/${name}`}
      [ -f "$z" ] || { echo ${`there is no time zone ${name} on the host${current.hasZones ? "" : ": install tzdata"}`} >&2; exit 1; }
      t=$(mktemp -u /etc/.tsrun-XXXXXX) && ln -s -- "..$z" "$t" && mv -fT -- "$t" /etc/localtime || exit
      [ ! -e /etc/timezone ] || { t=$(mktemp /etc/.tsrun-XXXXXX) && echo ${name} > "$t" && chmod 644 "$t" && mv -f -- "$t" /etc/timezone; }`;
  const diff = { before: `${current.name}\n`, after: `${name}\n` };
  const after = { name, ...(current.written !== undefined && { written: name }) };
  return [change(timezone("host"), after, script, { diff, mayAlter: ["facts"] })];
}

function planClock(hwclock: "local" | "UTC", current: TimezoneState): Change {
  const isLocal = hwclock === "local";
  const script = sh`if [ -d /run/systemd/system ] && command -v timedatectl >/dev/null; then timedatectl set-local-rtc ${isLocal ? 1 : 0}
    else hwclock --systohc ${isLocal ? "--localtime" : "--utc"}; fi`;
  const diff = { before: `hwclock = ${current.hwclock}\n`, after: `hwclock = ${hwclock}\n` };
  return change(timezone("host"), { hwclock }, script, { diff });
}
