import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** A service of a host without systemd: a script in /etc/init.d. */
export interface InitScriptState {
  readonly isRunning: boolean;
  /** Started in one of the runlevels 2 to 5. */
  readonly isEnabled: boolean;
}

/** An init script by name; undefined when there is none. */
export const initScript = defineQuery<string, InitScriptState | undefined>({
  name: "init_script",
  script: (names) => sh`for n in ${names}; do
      if [ -x "/etc/init.d/$n" ]; then
        "/etc/init.d/$n" status >/dev/null 2>&1 </dev/null && r=running || r=stopped
        set -- /etc/rc[2345].d/S[0-9][0-9]"$n"; [ -e "$1" ] && e=enabled || e=disabled
        echo $r $e
      else echo none; fi
    done`,
  parse(output, names) {
    const lines = answerText(output).split("\n");
    return names.map((_, index) => {
      const [running, enabled] = (lines[index] ?? "").split(" ");
      return enabled === undefined ? undefined : { isRunning: running === "running", isEnabled: enabled === "enabled" };
    });
  },
});
