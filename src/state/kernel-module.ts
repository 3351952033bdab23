import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** Whether a module of the kernel is loaded or built in. `-` and `_` are the same to the kernel. */
export const kernelModule = defineQuery<string, { readonly isLoaded: boolean }>({
  name: "kernel_module",
  script: () =>
    sh`cut -d ' ' -f 1 /proc/modules; printf '\0'; cat "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null; exit 0`,
  parse(output, names) {
    const [loaded = "", builtIn = ""] = answerText(output).split("\0");
    const same = (name: string) => name.replaceAll("-", "_");
    const known = new Set([
      ...loaded.split("\n").map(same),
      ...builtIn.split("\n").map((path) => same(path.slice(path.lastIndexOf("/") + 1).replace(/\.ko.*$/, ""))),
    ]);
    return names.map((name) => ({ isLoaded: known.has(same(name)) }));
  },
});
