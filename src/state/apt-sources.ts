import { defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";
import { contentScript, parseContents } from "./file-content.ts";

/** Text of each file with one-line sources, by path. */
export type AptSources = Readonly<Record<string, string>>;

/** `/etc/apt/sources.list` and `sources.list.d/*.list`. */
export const aptSources = defineQuery<null, AptSources>({
  name: "apt-sources",
  script: () => contentScript(sh`/etc/apt/sources.list /etc/apt/sources.list.d/*.list`),
  parse(output, keys) {
    const files = Object.fromEntries([...parseContents(output)].map(([path, { text }]) => [path, text ?? ""]));
    return keys.map(() => files);
  },
});
