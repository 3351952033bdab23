import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** A private SSH key and its public half. */
export interface SshKeyState {
  readonly hasPrivate: boolean;
  /** Text of the `.pub` file; undefined when it is missing. */
  readonly publicKey: string | undefined;
  /** As `ssh-keygen -l` prints it; empty when it cannot be told. */
  readonly fingerprint: string;
}

/** The key pair at a path; undefined when neither half exists. */
export const sshKey = defineQuery<string, SshKeyState | undefined>({
  name: "ssh_key",
  script: (paths) => sh`for f in ${paths}; do
      if [ -e "$f" ]; then printf 1; ssh-keygen -l -f "$f" 2>/dev/null; fi; printf '\0'
      [ -r "$f.pub" ] && { printf 1; cat -- "$f.pub"; }; printf '\0'
    done`,
  parse(output, paths) {
    const fields = answerText(output).split("\0");
    return paths.map((_, index) => {
      const [fingerprint = "", publicKey = ""] = fields.slice(index * 2, index * 2 + 2);
      if (fingerprint === "" && publicKey === "") return undefined;
      return {
        hasPrivate: fingerprint !== "",
        publicKey: publicKey === "" ? undefined : publicKey.slice(1).trim(),
        fingerprint: fingerprint.slice(1).trim(),
      };
    });
  },
});
