import { hostWord } from "../task/command-line.ts";
import { answerText, defineQuery } from "../task/query.ts";
import { type Sh, sh } from "../task/sh.ts";

export interface CheckoutKey {
  readonly path: string;
  /** Name of the remote whose address is read. */
  readonly remote: string;
}

/** A working tree of git. */
export interface CheckoutState {
  /** Commit that is checked out; empty before the first one. */
  readonly head: string;
  /** Address of the remote; empty without that remote. */
  readonly url: string;
  /** Whether files that git follows were altered. */
  readonly isModified: boolean;
}

/** The working tree at a path; undefined when there is none. Without optional locks the index stays as it is on disk. */
export const checkout = defineQuery<CheckoutKey, CheckoutState | undefined>({
  name: "git_checkout",
  script: (keys) => sh`set -- ${keys.flatMap(({ path, remote }) => [hostWord(path), remote])}
    while [ $# -gt 0 ]; do
      if [ -e "$1/.git" ]; then
        command -v git >/dev/null || { echo 'the host has no git: install it' >&2; exit 1; }
        m=$(GIT_OPTIONAL_LOCKS=0 git -C "$1" status --porcelain --untracked-files=no) || exit
        printf '1\0%s\0%s\0%s\0' "$(git -C "$1" rev-parse -q --verify HEAD)" "$(git -C "$1" config --get "remote.$2.url")" "\${m:+1}"
      else printf '0\0\0\0\0'; fi
      shift 2
    done`,
  parse(output, keys) {
    const fields = answerText(output).split("\0");
    return keys.map((_, index) => {
      const [exists, head = "", url = "", modified] = fields.slice(index * 4, index * 4 + 4);
      return exists === "1" ? { head, url, isModified: modified === "1" } : undefined;
    });
  },
});

export interface RemoteKey {
  readonly repo: string;
  readonly version: string;
  /** Command that git runs as ssh; empty for its own choice. */
  readonly ssh: string;
}

/** What a version means to a remote repository. */
export interface RemoteVersion {
  readonly type: "branch" | "tag";
  /** Name of the branch or tag. `HEAD` became the name of the default branch. */
  readonly name: string;
  readonly commit: string;
}

/** A branch or tag of a remote repository, as the host sees it; undefined when it has none of that name. Asks over the network. */
export const remoteVersion = defineQuery<RemoteKey, RemoteVersion | undefined>({
  name: "git_remote",
  isCostly: true,
  script: (keys) => sh`command -v git >/dev/null || { echo 'the host has no git: install it' >&2; exit 1; }
    export GIT_TERMINAL_PROMPT=0
    ${keys.map(
      ({ repo, ssh }) => sh`( ${gitEnvironment(ssh)} exec git ls-remote --symref -- ${repo} ) || exit
      printf '\0';`,
    )}`,
  parse(output, keys) {
    const parts = answerText(output).split("\0");
    return keys.map(({ version }, index) => findVersion(parts[index] ?? "", version));
  },
});

/** Assignments before a git command. */
export function gitEnvironment(ssh: string): Sh {
  return ssh === "" ? sh`` : sh`export GIT_SSH_COMMAND=${ssh};`;
}

function findVersion(text: string, version: string): RemoteVersion | undefined {
  const commits = new Map<string, string>();
  let head: string | undefined;
  for (const line of text.split("\n")) {
    const [left = "", ref = ""] = line.split("\t");
    if (left.startsWith("ref: ") && ref === "HEAD") head = left.slice("ref: refs/heads/".length);
    else commits.set(ref, left);
  }
  const branch = version === "HEAD" ? head : version;
  const ofBranch = branch === undefined ? undefined : commits.get(`refs/heads/${branch}`);
  if (branch !== undefined && ofBranch !== undefined) return { type: "branch", name: branch, commit: ofBranch };
  // An annotated tag is an object of its own; `^{}` is the commit it stands for.
  const ofTag = commits.get(`refs/tags/${version}^{}`) ?? commits.get(`refs/tags/${version}`);
  return ofTag === undefined ? undefined : { type: "tag", name: version, commit: ofTag };
}
