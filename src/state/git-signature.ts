import { hostWord } from "../task/command-line.ts";
import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

export interface SignatureKey {
  readonly path: string;
  /** Of an annotated tag of this name its own signature counts, else that of the commit. */
  readonly version: string;
  readonly commit: string;
  readonly executable?: string | undefined;
}

export interface SignatureState {
  /** Whether git found the signature good and its key known. */
  readonly isGood: boolean;
  /** Fingerprints of the key that signed, and of the primary key it belongs to. */
  readonly fingerprints: readonly string[];
  /** What gpg said. */
  readonly report: string;
}

/** The signature of a commit or tag, which git verifies with the user's keys. Undefined where there is no working tree. */
export const gitSignature = defineQuery<SignatureKey, SignatureState | undefined>({
  name: "git_signature",
  isCostly: true,
  script: (keys) => sh`verify() {
      [ -e "$1/.git" ] || [ -e "$1/config" ] || { printf '0\0\0'; return; }
      if [ "$("$3" -C "$1" cat-file -t "refs/tags/$2" 2>/dev/null)" = tag ]; then set -- "$1" "$2" "$3" verify-tag "$2"; else set -- "$1" "$2" "$3" verify-commit "$4"; fi
      o=$("$3" -C "$1" "$4" --raw "$5" 2>&1) && r=good || r=bad
      printf '%s\0%s\0' $r "$o"
    }
    ${keys.map(({ path, version, commit, executable = "git" }) => sh`verify ${hostWord(path)} ${version} ${executable} ${commit};`)}`,
  parse(output, keys) {
    const parts = answerText(output).split("\0");
    return keys.map((_, index) => {
      const [word, report = ""] = parts.slice(index * 2, index * 2 + 2);
      if (word === "0") return undefined;
      // VALIDSIG of doc/DETAILS of GnuPG: the key that signed first, its primary key tenth.
      const [, values = ""] = /^\[GNUPG:\] VALIDSIG (.*)$/m.exec(report) ?? [];
      const [signer, , , , , , , , , primary] = values.split(" ");
      const fingerprints = [signer, primary].filter((name) => name !== undefined && name !== "") as string[];
      return { isGood: word === "good", fingerprints, report };
    });
  },
});
