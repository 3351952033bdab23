import { answerText, defineQuery } from "../task/query.ts";
import { hostWord } from "../task/command-line.ts";
import { sh } from "../task/sh.ts";

export interface GitArchiveKey {
  readonly path: string;
  readonly archive: string;
  readonly format: string;
  readonly prefix?: string | undefined;
  readonly version: string;
  readonly executable?: string | undefined;
}

/** Whether a file is the archive that git makes of a version. */
export const gitArchive = defineQuery<GitArchiveKey, "missing" | "different" | "same">({
  name: "git_archive",
  isCostly: true,
  script: (keys) => sh`compare() {
      p=$1 a=$2; shift 2
      [ -e "$p/.git" ] || [ -e "$p/config" ] || { printf 'missing\0'; return; }
      [ -e "$a" ] || { printf 'missing\0'; return; }
      if "$@" | cmp -s - "$a"; then printf 'same\0'; else printf 'different\0'; fi
    }
    ${keys.map(
      ({ path, archive, format, prefix, version, executable = "git" }) =>
        sh`compare ${hostWord(path)} ${archive} ${executable} -C ${hostWord(path)} archive --format ${format} ${prefix !== undefined && ["--prefix", prefix]} ${version};`,
    )}`,
  parse(output, keys) {
    const words = answerText(output).split("\0");
    return keys.map((_, index) => words[index] as "missing" | "different" | "same");
  },
});
