import { change, defineTask, sh, TaskFailure, z } from "tsrun";
import { timezone } from "tsrun/state";

export default defineTask({
  name: "timezone",
  summary: "Set the host's time zone",
  args: z.object({ name: z.string().describe("Name of the zone, such as `Europe/Berlin`") }),
  examples: [{ name: "Berlin", yaml: "timezone:\n  name: Europe/Berlin" }],
  observe: () => ({ current: timezone("host") }),
  plan({ name }, { current }) {
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
  },
});
