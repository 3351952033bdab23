import { type Sh, sh } from "../task/sh.ts";
import { systemctl, type UnitScope } from "../state/unit.ts";

/** A daemon that tells when it is ready (notify, forking, dbus) is watched this long after its start… */
const readySeconds = 1;
/**
 * …and one that does not (simple, exec) until it has read its settings: until its processes are the same and have used no CPU for this long…
 * One that dies later is found by the look at the end of the play.
 */
const idleSeconds = 0.5;
/** …or so much time is over. */
const unreadySeconds = 3.5;

/**
 * Starts, restarts or reloads a unit and watches it: it must stay active as the same invocation. Otherwise the script fails with
 * what systemd says of its end and the last lines of its journal.
 */
export function startAndSettle(name: string, scope: UnitScope, verb: "start" | "restart" | "reload", tool: Sh): Sh {
  const manager = systemctl(scope);
  return sh`u=${name}
    show() { ${manager} show -p "$1" --value -- "$u" 2>/dev/null; }
    journal() {
      journalctl --sync 2>/dev/null
      n=$1; shift
      journalctl ${scope === "user" && "--user"} --no-pager -q -n "$n" "$@" ${scope === "user" ? "--user-unit" : "-u"} "$u"
    }
    # The cause comes last: messages show the last line.
    fail() {
      journal 15 -o short-iso --since "@$b" 2>&1
      echo Unable to ${verb} "service $u: $(printf '%s' "$1" | head -n 1) ($(show ActiveState), Result=$(show Result), ExecMainStatus=$(show ExecMainStatus))"
      exit 1
    } >&2
    b=$(date +%s); m=$(${tool} ${verb} -- "$u" 2>&1) || fail "$m"
    [ -n "$m" ] && printf '%s\n' "$m" >&2
    t=$(show Type)
    # systemd forgets a unit that is over, and with it why: the journal tells. Before 249 it does not name the condition, the unit file does.
    if [ "$(show ActiveState)" = inactive ] && c=$(journal 5 -o cat --since "@$b" | grep -iE 'unmet condition|condition check resulted'); then
      case $c in *\(*) ;; *) c=$(${manager} cat -- "$u" | grep '^Condition');; esac
      # What the machine is (a container, a CPU) cannot be mended; a missing file can.
      case $c in *ConditionPath* | *ConditionFile* | *ConditionDirectory* | *ConditionUser* | *ConditionGroup* | '') fail "a condition of its unit file is not met: $c";; esac
      echo "not started, a condition of its unit file is not met: $c" >&2; exit 0
    fi
    case $u in *.socket | *.target | *.device | *.mount | *.automount | *.swap | *.timer | *.path | *.slice | *.scope) exit 0;; esac
    case ${verb}:$t in *:oneshot) exit 0;; start:simple | start:exec | start:idle | restart:simple | restart:exec | restart:idle) n=${unreadySeconds * 4};; *) n=${readySeconds * 4};; esac
    i=$(show InvocationID) g=$(show ControlGroup)
    # Processes of the unit with the processor time of each in ticks (proc_pid_stat(5), utime and stime); nothing where they cannot be seen.
    ticks() {
      z=
      for f in "/sys/fs/cgroup$g/cgroup.procs" "/sys/fs/cgroup/unified$g/cgroup.procs" "/sys/fs/cgroup/systemd$g/cgroup.procs"; do
        [ -n "$g" ] && [ -r "$f" ] || continue
        while read -r p; do
          l=; { read -r l </proc/$p/stat; } 2>/dev/null || continue
          set -- \${l##*) }
          z="$z $p:$((\${12:-0} + \${13:-0}))"
        done <"$f"
        break
      done
    }
    ticks; w=$z q=0
    while [ $n -gt 0 ]; do
      s=$(${manager} show -p ActiveState,SubState,InvocationID -- "$u")
      case $s in
        *SubState=auto-restart* | *ActiveState=failed* | *ActiveState=inactive* | *ActiveState=deactivating*) fail 'it ended right after it was started';;
        *InvocationID=$i*) ;;
        *) fail 'it ended right after it was started, and systemd starts it again and again';;
      esac
      sleep 0.25; n=$((n - 1))
      ticks
      if [ -n "$z" ] && [ "$z" = "$w" ]; then q=$((q + 1)); else q=0; fi
      w=$z
      [ $q -lt ${idleSeconds * 4} ] || n=0
    done
    exit 0`;
}
