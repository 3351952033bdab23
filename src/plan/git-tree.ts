import { type Change, change, create, unknown } from "../task/change.ts";
import { hostWord } from "../task/command-line.ts";
import { TaskFailure } from "../task/failure.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";
import { gitArchive } from "../state/git-archive.ts";
import type { SignatureState } from "../state/git-signature.ts";
import { missingSubmodules, outdatedSubmodules } from "../state/git-submodules.ts";
import { type CheckoutState, checkout, gitEnvironment, gitProgram, type RemoteVersion } from "../state/git.ts";
import { directoryOf, joinPath, nameOf, plainPath } from "../state/host-path.ts";
import {
  type GitArgs,
  archiveKey,
  foundVersion,
  isAt,
  isFullCommit,
  checkoutKey,
  gitSsh,
  repoUrl,
} from "./git-request.ts";

/** A new clone, brought to the version that is wanted. */
export function planClone(args: GitArgs, wanted: RemoteVersion | undefined): Change {
  const { dest, remote, depth, single_branch, bare, reference, separate_git_dir, refspec } = args;
  const isNamed = wanted !== undefined && wanted.type !== "fetched";
  // A commit may lie anywhere in the history.
  const isShallow = depth !== undefined && (isNamed || refspec !== undefined);
  const clone = [
    sh`git clone -q ${bare ? "--bare" : ["-o", remote]}`,
    isShallow && sh`--depth ${depth}`,
    isNamed && (isShallow || single_branch) && sh`--single-branch --branch ${wanted.name}`,
    reference !== undefined && sh`--reference ${reference}`,
    separate_git_dir !== undefined && sh`--separate-git-dir ${separate_git_dir}`,
    sh`-- ${repoUrl(args)} ${hostWord(dest)} && cd -- ${hostWord(dest)} || exit`,
  ];
  const steps = [
    sh`${clone}`,
    bare && remote !== "origin" && sh`git remote add -- ${remote} ${repoUrl(args)} || exit`,
    refspec !== undefined && sh`git fetch -q ${isShallow && ["--depth", depth]} -- ${remote} ${refspec} || exit`,
    !bare && switchTo(args, wanted),
  ];
  return create(checkout(checkoutKey(args)), predicted(args, wanted), withEnvironment(args, steps), {
    mayAlter: filesOfTree,
    diff: { before: "", after: `${args.dest} ${wanted?.commit ?? args.version}\n` },
  });
}

interface State {
  readonly wanted: RemoteVersion | undefined;
  readonly refs: string | undefined;
  readonly isMissing: boolean | undefined;
  readonly isOutdated: boolean | undefined;
}

/** What an existing working tree or bare repository needs. */
export function planTree(args: GitArgs, tree: CheckoutState, state: State): readonly Change[] {
  const moves = planMove(args, tree);
  if (!args.update) return moves;
  if (args.bare) return planMirror(args, tree, state.refs ?? "");
  return [...moves, ...planUpdate(args, tree, state, foundVersion(args, state.wanted))];
}

/** Takes the repository itself to where it should be. */
function planMove(args: GitArgs, { gitDir }: CheckoutState): readonly Change[] {
  const { dest, separate_git_dir: wanted } = args;
  if (wanted === undefined || gitDir === wanted) return [];
  const step = sh`[ ! -e ${wanted} ] || { printf 'Separate-git-dir path %s already exists.\n' ${wanted} >&2; exit 1; }
g=$(cd -- ${directoryOf(wanted)} && pwd -P) && cd -- ${hostWord(dest)} && mv -- ${gitDir} ${wanted} && printf 'gitdir: %s/%s\n' "\${g%/}" ${nameOf(wanted)} > .git`;
  const diff = { before: `${gitDir}\n`, after: `${wanted}\n` };
  return [change(checkout(checkoutKey(args)), { gitDir: wanted }, step, { mayAlter: filesOfTree, diff })];
}

/** Brings all branches and tags of a bare repository to what the remote has; others stay. */
function planMirror(args: GitArgs, tree: CheckoutState, wanted: string): readonly Change[] {
  const { dest, remote, force, refspec } = args;
  const has = new Set(tree.refs.split("\n"));
  const news = wanted.split("\n").filter((line) => line !== "" && !has.has(line));
  if (tree.url === repoUrl(args) && news.length === 0) return [];
  const refspecs = [
    "+refs/heads/*:refs/heads/*",
    "+refs/tags/*:refs/tags/*",
    ...(refspec === undefined ? [] : [refspec]),
  ];
  const steps = [
    sh`cd -- ${hostWord(dest)} || exit`,
    setUrl(args, tree),
    sh`git fetch -q ${force && "--force"} -- ${remote} ${refspecs} || exit`,
  ];
  const diff = { before: `${dest} ${tree.url}\n`, after: `${dest} ${repoUrl(args)}\n${news.join("\n")}\n` };
  return [
    change(
      checkout(checkoutKey(args)),
      { head: unknown, refs: wanted, url: repoUrl(args) },
      withEnvironment(args, steps),
      { mayAlter: filesOfTree, diff },
    ),
  ];
}

function planUpdate(
  args: GitArgs,
  tree: CheckoutState,
  { isMissing, isOutdated }: State,
  wanted: RemoteVersion | undefined,
): readonly Change[] {
  const { dest, remote, depth, force, refspec } = args;
  const isOtherUrl = tree.url !== repoUrl(args);
  const isBehind = wanted ? tree.head !== wanted.commit : !isAt(args, tree);
  if (!isOtherUrl && !isBehind && !tree.isModified && isMissing !== true && isOutdated !== true) return [];
  const isShallow = depth !== undefined && wanted !== undefined;
  const refs = wanted?.type === "branch" ? [`+refs/heads/${wanted.name}:refs/remotes/${remote}/${wanted.name}`] : [];
  const tag = wanted?.type === "tag" ? [`+refs/tags/${wanted.name}:refs/tags/${wanted.name}`] : [];
  const all = wanted ? [] : [`+refs/heads/*:refs/remotes/${remote}/*`];
  const more = refspec === undefined ? [] : [refspec];
  const steps = [
    sh`cd -- ${hostWord(dest)} || exit`,
    tree.isModified && sh`git reset -q --hard HEAD || exit`,
    setUrl(args, tree),
    !wanted && isBehind && sh`u=; [ "$(git rev-parse --is-shallow-repository)" != true ] || u=--unshallow`,
    isBehind &&
      sh`git fetch -q ${wanted ? [] : sh`$u`} ${isShallow ? ["--depth", depth] : ["--tags"]} ${force && "--force"} -- ${remote} ${[...refs, ...tag, ...all, ...more]} || exit`,
    isBehind ? switchTo(args, wanted) : submodulesOf(args),
  ];
  const diff = { before: `${dest} ${tree.head}\n`, after: `${dest} ${wanted?.commit ?? args.version}\n` };
  const main = change(
    checkout(checkoutKey(args)),
    { ...predicted(args, wanted ?? (isBehind ? undefined : tree)), gitDir: args.separate_git_dir ?? tree.gitDir },
    withEnvironment(args, steps),
    { mayAlter: filesOfTree, diff },
  );
  const at = { path: plainPath(dest), executable: args.executable };
  return [
    main,
    ...(isMissing ? [change(missingSubmodules(at), false, [])] : []),
    ...(isOutdated ? [change(outdatedSubmodules({ ...at, ssh: gitSsh(args) }), false, [])] : []),
  ];
}

function setUrl(args: GitArgs, tree: CheckoutState): Sh | false {
  if (tree.url === repoUrl(args)) return false;
  return tree.url === ""
    ? sh`git remote add -- ${args.remote} ${repoUrl(args)} || exit`
    : sh`git remote set-url -- ${args.remote} ${repoUrl(args)} || exit`;
}

/** Makes the archive anew where it is not what git would make. */
export function planGitArchive(args: GitArgs, found: "missing" | "different" | "same" | undefined): readonly Change[] {
  if (args.archive === undefined || found === "same") return [];
  const key = archiveKey(args, args.archive);
  const { archive, format, prefix, version } = key;
  const make = sh`git archive --format ${format} ${prefix !== undefined && ["--prefix", prefix]} ${version}`;
  // Beside it, so that nobody sees half an archive.
  const step = sh`cd -- ${hostWord(args.dest)} || exit
o=${archive}.tsrun.$$; ${make} > "$o" && mv -f -- "$o" ${archive} || { rm -f -- "$o"; exit 1; }`;
  const diff = { before: found === "different" ? `${archive}\n` : "", after: `${archive} of ${args.version}\n` };
  const mayAlter = ["file", "file-content", "file-checksum"];
  return [change(gitArchive(key), "same", withEnvironment(args, [step]), { diff, mayAlter })];
}

/** Fails unless the commit or tag is signed as it should be. */
export function refuseBadSignature(
  { version, verify_commit, gpg_whitelist }: GitArgs,
  state: SignatureState | undefined,
): void {
  if (!verify_commit || !state) return;
  if (!state.isGood)
    throw new TaskFailure(`Failed to verify GPG signature of commit/tag "${version}"`, { stderr: state.report });
  const fingerprints = state.fingerprints.map((fingerprint) => fingerprint.toUpperCase());
  if (gpg_whitelist.length > 0 && !gpg_whitelist.some((name) => fingerprints.includes(name.toUpperCase())))
    throw new TaskFailure(
      `The gpg_whitelist does not include the public key "${fingerprints[0] ?? ""}" for this commit`,
    );
}

/** As Ansible: a branch is set to what the remote has, whatever the local branch of that name was. */
function switchTo(args: GitArgs, wanted: RemoteVersion | undefined): Sh {
  const { version, remote } = args;
  const go =
    wanted?.type === "branch"
      ? sh`git checkout -q --force -B ${wanted.name} ${`refs/remotes/${remote}/${wanted.name}`} -- || exit`
      : sh`git checkout -q --force --detach ${wanted?.type === "tag" ? `refs/tags/${wanted.name}` : (wanted?.commit ?? version)} -- || exit`;
  return shLines([go, submodulesOf(args)]);
}

function submodulesOf({ recursive, track_submodules, force }: GitArgs): Sh | false {
  return (
    recursive &&
    sh`[ ! -e .gitmodules ] || { git submodule -q sync && git submodule -q update --init --recursive ${track_submodules && "--remote"} ${force && "--force"}; } || exit`
  );
}

function withEnvironment(args: GitArgs, steps: readonly (Sh | false)[]): Sh {
  const lines = steps
    .filter((step) => step !== false)
    .map(
      (step) => sh`${step}
`,
    );
  return sh`${args.umask !== undefined && sh`umask ${args.umask.replace("o", "")};`} export GIT_TERMINAL_PROMPT=0; ${gitEnvironment(gitSsh(args))} ${gitProgram(args.executable)}
${lines}`;
}

function predicted(args: GitArgs, wanted: { readonly commit?: string; readonly head?: string } | undefined) {
  const full = isFullCommit(args) ? args.version.toLowerCase() : undefined;
  const gitDir = args.separate_git_dir ?? (args.bare ? plainPath(args.dest) : joinPath(plainPath(args.dest), ".git"));
  return { head: wanted?.commit ?? wanted?.head ?? full, url: repoUrl(args), isModified: false, gitDir, refs: "" };
}

const filesOfTree = ["file", "file-content", "file-checksum", "file-tree"];
