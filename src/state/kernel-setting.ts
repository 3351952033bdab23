import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** Value of a kernel setting (`net.ipv4.ip_forward`); undefined when the kernel has none of that name. */
export const kernelSetting = defineQuery<string, string | undefined>({
  name: "kernel_setting",
  script: (names) => sh`for f in ${names.map(settingPath)}; do
      if [ -r "$f" ]; then printf 1; while IFS= read -r l; do printf '%s\n' "$l"; done < "$f"; fi 2>/dev/null; printf '\0'
    done`,
  parse(output, names) {
    const fields = answerText(output).split("\0");
    return names.map((_, index) => (fields[index]?.startsWith("1") ? fields[index].slice(1).trim() : undefined));
  },
});

/** As sysctl(8): dots separate, unless the first separator is a slash (`net/ipv4/conf/eth0.1/forwarding`). */
function settingPath(name: string): string {
  const firstSeparator = /[./]/.exec(name)?.[0];
  const path = firstSeparator === "/" ? name : name.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
  return `/proc/sys/${path}`;
}
