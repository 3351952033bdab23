import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** A private SSH key and its public half. */
export interface SshKeyState {
  readonly hasPrivate: boolean;
  /** Text of the `.pub` file; undefined when it is missing. */
  readonly publicKey: string | undefined;
  /** What the private key says that its public half is, with its comment; empty when it has a passphrase, or is broken. */
  readonly derivedKey: string;
  /** As `ssh-keygen -l` prints it; empty when it cannot be told. */
  readonly fingerprint: string;
}

/** The key pair at a path; undefined when neither half exists. */
export const sshKey = defineQuery<string, SshKeyState | undefined>({
  name: "ssh_key",
  // Through a pipe: ssh-keygen refuses a file that others may read, and takes the public half beside it for the key.
  script: (paths) => sh`for f in ${paths}; do
      d=
      if [ -e "$f" ]; then
        printf 1
        d=$(cat -- "$f" | ssh-keygen -y -P "" -f /dev/stdin 2>/dev/null) && printf '%s\n' "$d" | ssh-keygen -l -f - ||
          ssh-keygen -l -f "$f" 2>/dev/null
      fi; printf '\0'
      [ -r "$f.pub" ] && { printf 1; cat -- "$f.pub"; }; printf '\0%s\0' "$d"
    done`,
  parse(output, paths) {
    const fields = answerText(output).split("\0");
    return paths.map((_, index) => {
      const [fingerprint = "", publicKey = "", derivedKey = ""] = fields.slice(index * 3, index * 3 + 3);
      if (fingerprint === "" && publicKey === "") return undefined;
      return {
        hasPrivate: fingerprint !== "",
        publicKey: publicKey === "" ? undefined : publicKey.slice(1).trim(),
        derivedKey: derivedKey.trim(),
        fingerprint: fingerprint.slice(1).trim(),
      };
    });
  },
});
