import { hostWord } from "../task/command-line.ts";
import { answerText, defineQuery, type QueryOutput } from "../task/query.ts";
import { type Sh, sh } from "../task/sh.ts";
import { gitEnvironment, gitProgram } from "./git.ts";

export interface SubmodulesKey {
  readonly path: string;
  readonly executable?: string | undefined;
}

export interface TrackedKey extends SubmodulesKey {
  /** Command that git runs as ssh. */
  readonly ssh: string;
}

/** Whether a working tree has submodules that were not fetched yet, though nothing says that they should not be. */
export const missingSubmodules = defineQuery<SubmodulesKey, boolean>({
  name: "git_submodules",
  script: (keys) =>
    each(
      keys,
      () => sh`git submodule status | while read -r state path; do
        case $state in -*|U*) ;; *) continue;; esac
        name=$(git config -f .gitmodules --get-regexp '^submodule\..*\.path$' | while read -r key value; do
          [ "$value" = "$path" ] && { key=\${key#submodule.}; printf %s "\${key%.path}"; break; }
        done)
        u=$(git config --get "submodule.$name.update" || git config -f .gitmodules --get "submodule.$name.update")
        [ "$u" = none ] || { echo stale; break; }
      done`,
    ),
  parse: parseStale,
});

/** Whether a submodule is not at what its own remote has; its branch is what `.gitmodules` says, or the remote's default. Asks over the network. */
export const outdatedSubmodules = defineQuery<TrackedKey, boolean>({
  name: "git_tracked_submodules",
  isCostly: true,
  script: (keys) =>
    each(
      keys,
      ({ ssh }) => sh`export GIT_TERMINAL_PROMPT=0; ${gitEnvironment(ssh)} git submodule --quiet foreach '
        b=$(git config -f "$toplevel/.gitmodules" --get "submodule.$name.branch" || echo HEAD)
        [ "$b" != . ] || b=$(git -C "$toplevel" rev-parse --abbrev-ref HEAD)
        [ "$b" = HEAD ] || b=refs/heads/$b
        r=$(git ls-remote origin "$b") || exit
        [ "\${r%%[!0-9a-f]*}" = "$(git rev-parse HEAD)" ] || echo stale'`,
    ),
  parse: parseStale,
});

function each<Key extends SubmodulesKey>(keys: readonly Key[], look: (key: Key) => Sh): Sh {
  return sh`${keys.map(
    (key) => sh`( cd -- ${hostWord(key.path)} 2>/dev/null && [ -f .gitmodules ] || exit 0
      ${gitProgram(key.executable)}
      ${look(key)} ) || exit
    printf '\0';`,
  )}`;
}

function parseStale(output: QueryOutput, keys: readonly unknown[]): readonly boolean[] {
  const parts = answerText(output).split("\0");
  return keys.map((_, index) => (parts[index] ?? "").includes("stale"));
}
