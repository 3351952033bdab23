import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery, type Query } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";
import { systemctl, type UnitScope } from "./unit.ts";

/** How a unit that was started has ended: what systemd says of it and the last lines of its journal. Undefined while it lives or was stopped. */
export function unitDeath(name: string, scope: UnitScope): Query<string | undefined> {
  return deathByKey({ name, scope });
}

const deathByKey = defineQuery<{ readonly name: string; readonly scope: UnitScope }, string | undefined>({
  name: "unit-death",
  freshMs: 0,
  script: (units) =>
    shLines(
      units.map(
        ({ name, scope }) => sh`u=${name}
        show() { ${systemctl(scope)} show -p "$1" --value -- "$u" 2>/dev/null; }
        case $(show ActiveState):$(show SubState) in
          failed:* | *:auto-restart*)
            journalctl ${scope === "user" && "--user"} --no-pager -q -n 10 -o short-iso ${scope === "user" ? "--user-unit" : "-u"} "$u" 2>&1
            echo "service $u has ended since it was started ($(show ActiveState), Result=$(show Result), ExecMainStatus=$(show ExecMainStatus))";;
        esac
        printf '\0'`,
      ),
    ),
  parse(output, units) {
    const said = decodeBytes(output.stdout).split("\0");
    return units.map((_, index) => said[index]?.trim() || undefined);
  },
});
