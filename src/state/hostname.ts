import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

export interface HostnameState {
  /** The name that the kernel has now. */
  readonly current: string;
  /** The name in /etc/hostname, which it gets at the next boot; empty without such a file. */
  readonly permanent: string;
}

/** The host's own name; its key is always `host`. */
export const hostname = defineQuery<"host", HostnameState>({
  name: "hostname",
  script: () => sh`uname -n; cat /etc/hostname 2>/dev/null; exit 0`,
  parse(output, keys) {
    const [current = "", ...lines] = answerText(output).split("\n");
    const permanent = lines.map((line) => line.trim()).find((line) => line !== "" && !line.startsWith("#")) ?? "";
    return keys.map(() => ({ current, permanent }));
  },
});
