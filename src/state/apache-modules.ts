import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** What the host's Apache says of itself. */
export interface ApacheModulesState {
  /** Identifiers of the modules it loads, such as `rewrite_module`. */
  readonly names: readonly string[];
  readonly isThreaded: boolean;
  /** Why its configuration cannot be read; empty when it can. */
  readonly error: string;
}

/** Modules that Apache loads by the configuration as it stands; the key is `host`. Undefined without Apache. */
export const apacheModules = defineQuery<"host", ApacheModulesState | undefined>({
  name: "apache-modules",
  script: () => sh`c=$(command -v apache2ctl || command -v apachectl) || exit 0
    m=$("$c" -M 2>&1); printf '%s\0%s\0%s' $? "$m" "$("$c" -V 2>&1)"`,
  parse(output, keys) {
    const [rc, modules = "", version = ""] = answerText(output).split("\0");
    if (rc === "") return keys.map(() => undefined);
    const names = [...modules.matchAll(/^ (\S+) \((?:shared|static)\)/gm)].map(([, name]) => name as string);
    const error = rc === "0" ? "" : modules.trim();
    return keys.map(() => ({ names, isThreaded: /threaded: *yes/.test(version), error }));
  },
});
