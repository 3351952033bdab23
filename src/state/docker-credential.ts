import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** Who logs in to a registry. */
export interface DockerCredential {
  readonly username: string;
  readonly password: string;
}

export interface CredentialKey {
  /** Of the program `docker-credential-HELPER`. */
  readonly helper: string;
  readonly registry: string;
}

/** What a credential helper keeps for a registry (https://github.com/docker/docker-credential-helpers); undefined: nothing. */
export const dockerCredential = defineQuery<CredentialKey, DockerCredential | undefined>({
  name: "docker-credential",
  script: (keys) => sh`set -- ${keys.flatMap(({ helper, registry }) => [`docker-credential-${helper}`, registry])}
    while [ $# -gt 0 ]; do
      command -v -- "$1" >/dev/null || { echo "the host has no $1, which keeps its registries' passwords" >&2; exit 1; }
      printf %s "$2" | "$1" get 2>/dev/null
      printf '\0'; shift 2
    done`,
  parse(output, keys) {
    if (output.rc !== 0) throw new Error(decodeBytes(output.stderr).trim());
    const texts = decodeBytes(output.stdout).split("\0");
    return keys.map((_, index) => parseCredential(texts[index] ?? ""));
  },
});

/** Helpers say in words that they have nothing, and on the same stream. */
function parseCredential(text: string): DockerCredential | undefined {
  try {
    const { Username, Secret } = JSON.parse(text) as { readonly Username: string; readonly Secret: string };
    return { username: Username, password: Secret };
  } catch {
    return undefined;
  }
}
