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
  // Generators and transient units are written by the manager itself. UnitsLoadTimestamp is empty until the first reload, and systemd has
  // it since 248: before that, the directories that each load makes anew for the generators tell the time.
  script: (scopes) =>
    shLines(
      scopes.map(
        (scope) => sh`(
      TZ=UTC; export TZ
      show() { ${systemctl(scope)} show "$@" -p UnitPath,UnitsLoadTimestamp,UnitsLoadStartTimestamp 2>/dev/null; }
      s=$(show --timestamp=us || show) || { echo stale; exit; }
      value() { printf '%s\n' "$s" | sed -n "s/^$1=//p"; }
      g=; set -- /etc
      for d in $(value UnitPath); do
        [ -d "$d" ] || continue
        case $d in
          */generator | */generator.*) g=$d;;
          /etc/* | /run/systemd/transient | /run/systemd/system.control | /run/user/*) ;;
          *) set -- "$@" "$d";;
        esac
      done
      t=$(value UnitsLoadTimestamp); t=\${t:-$(value UnitsLoadStartTimestamp)}
      case $s in *UnitsLoadTimestamp=*) [ -n "$t" ] || { echo stale; exit; }; set -- "$@" -newerct "$t";; *) [ -n "$g" ] || { echo stale; exit; }; set -- "$@" -newercc "$g";; esac
      n=$(find "$@" -print -quit 2>/dev/null); [ $? -le 1 ] && [ -z "$n" ] && echo loaded || echo stale
    )`,
      ),
    ),
  parse(output, scopes) {
    const words = answerText(output).split("\n");
    return scopes.map((_, index) => ({ isStale: words[index] !== "loaded" }));
  },
});
