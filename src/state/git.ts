import { hostWord } from "../task/command-line.ts";
import { answerText, defineQuery } from "../task/query.ts";
import { type Sh, sh } from "../task/sh.ts";

export interface CheckoutKey {
  readonly path: string;
  /** Name of the remote whose address is read. */
  readonly remote: string;
  /** A repository without a working tree. */
  readonly isBare?: boolean;
  /** Submodules may be ahead of the commit that the working tree names. */
  readonly tracksSubmodules?: boolean;
  /** Where `gitDir` should be, so that it is told by this name when it is the same place. */
  readonly gitDir?: string | undefined;
  /** The git program; the one of the search path without it. */
  readonly executable?: string | undefined;
}

/** A working tree of git, or a bare repository. */
export interface CheckoutState {
  /** Commit that is checked out; empty before the first one. */
  readonly head: string;
  /** Address of the remote; empty without that remote. */
  readonly url: string;
  /** Whether files that git follows were altered. */
  readonly isModified: boolean;
  /** The directory of the repository itself. */
  readonly gitDir: string;
  /** Of a bare repository: `object name` of each branch and tag, a line each. */
  readonly refs: string;
}

/** The working tree at a path; undefined when there is none. Without optional locks the index stays as it is on disk. */
export const checkout = defineQuery<CheckoutKey, CheckoutState | undefined>({
  name: "git_checkout",
  script: (keys) => sh`look() {
      [ -e "$1/$3" ] || { printf '0\0\0\0\0\0\0'; return; }
      command -v "$5" >/dev/null || { echo 'the host has no git: install it' >&2; exit 1; }
      m= r=
      if [ "$3" = config ]; then r=$("$5" -C "$1" for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags) || exit
      else m=$(GIT_OPTIONAL_LOCKS=0 "$5" -C "$1" status --porcelain --untracked-files=no "--ignore-submodules=$4") || exit; fi
      g=$("$5" -C "$1" rev-parse --absolute-git-dir) || exit
      [ -z "$6" ] || [ "$(cd -- "$6" 2>/dev/null && pwd -P)" != "$g" ] || g=$6
      printf '1\0%s\0%s\0%s\0%s\0%s\0' "$("$5" -C "$1" rev-parse -q --verify HEAD)" "$("$5" -C "$1" config --get "remote.$2.url")" "\${m:+1}" "$g" "$r"
    }
    ${keys.map(({ path, remote, isBare, tracksSubmodules, executable = "git", gitDir = "" }) => {
      const [marker, ignored] = [isBare ? "config" : ".git", tracksSubmodules ? "all" : "none"];
      return sh`look ${hostWord(path)} ${remote} ${marker} ${ignored} ${executable} ${gitDir};`;
    })}`,
  parse(output, keys) {
    const fields = answerText(output).split("\0");
    return keys.map((_, index) => {
      const [exists, head = "", url = "", modified, gitDir = "", refs = ""] = fields.slice(index * 6, index * 6 + 6);
      return exists === "1" ? { head, url, isModified: modified === "1", gitDir, refs } : undefined;
    });
  },
});

export interface RemoteKey {
  readonly repo: string;
  readonly version: string;
  /** Command that git runs as ssh; empty for its own choice. */
  readonly ssh: string;
  /** What is fetched besides branches and tags, so that `version` may name it. */
  readonly refspec?: string | undefined;
  readonly executable?: string | undefined;
}

/** What a version means to a remote repository. */
export interface RemoteVersion {
  readonly type: "branch" | "tag" | "fetched";
  /** Name of the branch or tag. `HEAD` became the name of the default branch. */
  readonly name: string;
  readonly commit: string;
}

/** A branch or tag of a remote repository, as the host sees it; undefined when it has none of that name. Asks over the network. */
export const remoteVersion = defineQuery<RemoteKey, RemoteVersion | undefined>({
  name: "git_remote",
  isCostly: true,
  script: (keys) => listRemotes(keys),
  parse(output, keys) {
    const parts = answerText(output).split("\0");
    return keys.map(({ version, refspec }, index) => findVersion(parts[index] ?? "", version, refspec));
  },
});

/** `object name` of each branch and tag of a remote repository, a line each. Asks over the network. */
export const remoteRefs = defineQuery<Omit<RemoteKey, "version" | "refspec">, string>({
  name: "git_remote_refs",
  isCostly: true,
  script: (keys) => listRemotes(keys),
  parse(output, keys) {
    const parts = answerText(output).split("\0");
    return keys.map((_, index) =>
      [...refsOf(parts[index] ?? "").commits]
        .filter(([ref]) => /^refs\/(heads|tags)\//.test(ref) && !ref.endsWith("^{}"))
        .map(([ref, commit]) => `${commit} ${ref}`)
        .join("\n"),
    );
  },
});

/** Assignments before a git command. */
export function gitEnvironment(ssh: string): Sh {
  return ssh === "" ? sh`` : sh`export GIT_SSH_COMMAND=${ssh};`;
}

/** Lets `git` of the commands that follow be another program. */
export function gitProgram(executable: string | undefined): Sh {
  return executable === undefined ? sh`` : sh`git() { ${executable} "$@"; };`;
}

function listRemotes(keys: readonly Pick<RemoteKey, "repo" | "ssh" | "executable">[]): Sh {
  return sh`export GIT_TERMINAL_PROMPT=0
    ${keys.map(
      ({
        repo,
        ssh,
        executable = "git",
      }) => sh`command -v ${executable} >/dev/null || { echo 'the host has no git: install it' >&2; exit 1; }
      ( ${gitEnvironment(ssh)} exec ${executable} ls-remote --symref -- ${repo} ) || exit
      printf '\0';`,
    )}`;
}

function refsOf(text: string): { readonly commits: ReadonlyMap<string, string>; readonly head: string | undefined } {
  const commits = new Map<string, string>();
  let head: string | undefined;
  for (const line of text.split("\n")) {
    const [left = "", ref] = line.split("\t");
    if (ref === undefined) continue;
    if (left.startsWith("ref: ") && ref === "HEAD") head = left.slice("ref: refs/heads/".length);
    else commits.set(ref, left);
  }
  return { commits, head };
}

function findVersion(text: string, version: string, refspec: string | undefined): RemoteVersion | undefined {
  const { commits, head } = refsOf(text);
  const branch = version === "HEAD" ? head : version;
  const ofBranch = branch === undefined ? undefined : commits.get(`refs/heads/${branch}`);
  if (branch !== undefined && ofBranch !== undefined) return { type: "branch", name: branch, commit: ofBranch };
  const commitOf = (ref: string) => commits.get(`${ref}^{}`) ?? commits.get(ref);
  // An annotated tag is an object of its own; `^{}` is the commit it stands for.
  const ofTag = commitOf(`refs/tags/${version}`);
  if (ofTag !== undefined) return { type: "tag", name: version, commit: ofTag };
  const fetched = refspec === undefined ? undefined : sourceOf(refspec, version, (ref) => commitOf(ref) !== undefined);
  return fetched === undefined ? undefined : { type: "fetched", name: version, commit: commitOf(fetched) as string };
}

/** The remote's name of what a refspec (gitrevisions(7), git-fetch(1)) calls `version` here. */
function sourceOf(refspec: string, version: string, has: (ref: string) => boolean): string | undefined {
  const [source = "", target = ""] = refspec.replace(/^\+/, "").split(":");
  const sources = [source, `refs/${source}`, `refs/heads/${source}`, `refs/tags/${source}`];
  if (version === "FETCH_HEAD") return sources.find(has);
  const names = [
    version,
    `refs/${version}`,
    `refs/heads/${version}`,
    `refs/tags/${version}`,
    `refs/remotes/${version}`,
  ];
  const [before = "", after] = target.split("*");
  for (const name of names) {
    if (after === undefined ? name === target : name.startsWith(before) && name.endsWith(after)) {
      const middle = after === undefined ? "" : name.slice(before.length, name.length - after.length);
      const found = sources.map((ref) => ref.replace("*", () => middle)).find(has);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
