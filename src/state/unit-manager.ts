import { answerText, defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";
import { systemctl, type UnitScope } from "./unit.ts";

export interface UnitManagerState {
  /** Something in its unit directories or in /etc, which generators read, is newer than what it loaded. */
  readonly isStale: boolean;
}

/** The manager of a scope's units: has it loaded what lies on disk? A host that cannot tell is stale. */
export const unitManager = defineQuery<UnitScope, UnitManagerState>({
  name: "unit_manager",
  // Generators and transient units are written by the manager itself. UnitsLoadTimestamp is empty until the first reload.
  script: (scopes) =>
    shLines(
      scopes.map(
        (scope) => sh`(
      TZ=UTC; export TZ
      s=$(${systemctl(scope)} show --timestamp=us -p UnitPath,UnitsLoadTimestamp,UnitsLoadStartTimestamp 2>/dev/null) || { echo stale; exit; }
      value() { printf '%s\n' "$s" | sed -n "s/^$1=//p"; }
      t=$(value UnitsLoadTimestamp); t=\${t:-$(value UnitsLoadStartTimestamp)}
      set -- /etc
      for d in $(value UnitPath); do
        case $d in /etc/* | /run/systemd/generator* | /run/systemd/transient | /run/systemd/system.control | /run/user/*) ;; *) [ -d "$d" ] && set -- "$@" "$d";; esac
      done
      n=$(find "$@" -newerct "$t" -print 2>/dev/null -quit); [ $? -le 1 ] && [ -n "$t" ] && [ -z "$n" ] && echo loaded || echo stale
    )`,
      ),
    ),
  parse(output, scopes) {
    const words = answerText(output).split("\n");
    return scopes.map((_, index) => ({ isStale: words[index] !== "loaded" }));
  },
});
