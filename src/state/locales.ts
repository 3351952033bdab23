import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** Names of the locales that the host has, in {@link localeName}'s spelling; its key is always `host`. */
export const locales = defineQuery<"host", { readonly names: readonly string[] }>({
  name: "locales",
  script: () => sh`command -v locale >/dev/null || exit 0; locale -a`,
  parse(output, keys) {
    const names = answerText(output).split("\n").filter(Boolean).map(localeName);
    return keys.map(() => ({ names }));
  },
});

/** One spelling for `de_DE.UTF-8` and `de_DE.utf8`: glibc takes the charset's letters and digits in lower case. */
export function localeName(name: string): string {
  return name.replace(/\.[^@]*/, (charset) => `.${charset.toLowerCase().replace(/[^a-z0-9]/g, "")}`);
}
