import { defineTask, type Plan, TaskFailure } from "tsrun";
import {
  archiveKey,
  checkout,
  foundVersion,
  gitArchive,
  gitArgs,
  gitSignature,
  isFullCommit,
  checkoutKey,
  missingSubmodules,
  outdatedSubmodules,
  plainPath,
  planGitArchive,
  planClone,
  planTree,
  refuseBadGitArgs,
  refuseBadSignature,
  remoteKey,
  remoteRefs,
  remoteVersion,
  gitSsh,
  repoUrl,
} from "tsrun/state";

export default defineTask({
  name: "git",
  summary: "Have a working tree of a git repository at a version",
  args: gitArgs,
  examples: [
    {
      name: "A release",
      yaml: "git:\n  repo: https://git.example.org/app.git\n  dest: /opt/app\n  version: v1.2.3\n  depth: 1",
    },
  ],
  returns: {
    before: "Commit before, null for a new clone",
    after: "Commit now",
    remote_url_changed: "Whether `repo` was new",
    submodules_changed: "Whether submodules were fetched",
    git_dir_before: "Where the repository itself was, when it was moved",
    git_dir_now: "Where it is, when it was moved",
  },
  observe(args, known) {
    const tree = checkout(checkoutKey(args));
    const current = known(tree);
    const isSettled = isFullCommit(args) || (current && !args.update) || (args.bare && current !== undefined);
    const isUpdated = current !== undefined && args.update;
    const { dest, executable, recursive, bare } = args;
    const at = { path: plainPath(dest), executable };
    return {
      tree,
      wanted: isSettled ? undefined : remoteVersion(remoteKey(args)),
      refs: bare && isUpdated ? remoteRefs({ repo: repoUrl(args), ssh: gitSsh(args), executable }) : undefined,
      isMissing: isUpdated && recursive && !bare ? missingSubmodules(at) : undefined,
      isOutdated:
        isUpdated && recursive && !bare && args.track_submodules
          ? outdatedSubmodules({ ...at, ssh: gitSsh(args) })
          : undefined,
      signature:
        args.verify_commit && isUpdated
          ? gitSignature({ ...at, version: args.version, commit: args.bare ? args.version : "HEAD" })
          : undefined,
      archive: args.archive !== undefined && current ? gitArchive(archiveKey(args, args.archive)) : undefined,
    };
  },
  plan(args, state, { applied, isCheck }): Plan {
    refuseBadGitArgs(args);
    const { tree } = state;
    if (!tree && !args.clone) return { changes: [] };
    if (tree && args.update && tree.isModified && !args.force)
      throw new TaskFailure(`Local modifications exist in the destination: ${args.dest} (force=no).`, {
        before: tree.head,
      });
    const changes = tree ? planTree(args, tree, state) : [planClone(args, foundVersion(args, state.wanted))];
    if (tree && changes.length === 0) refuseBadSignature(args, state.signature);
    // What is in the archive, or who signed, can only be told once the version is there.
    const isPartial = changes.length > 0 && !isCheck && applied.length === 0 && args.archive !== undefined;
    return { changes: isPartial ? changes : [...changes, ...planGitArchive(args, state.archive)], isPartial };
  },
  result(args, { before, after, changes }) {
    const url = before.tree?.url;
    const isMoved = before.tree !== undefined && after.tree !== undefined && before.tree.gitDir !== after.tree.gitDir;
    const isStale = before.isMissing === true || before.isOutdated === true;
    return {
      before: before.tree?.head ?? null,
      after: textOf(after.tree?.head) ?? after.wanted?.commit ?? null,
      ...(isStale && changes.length > 0 && { submodules_changed: true }),
      ...(isMoved && { git_dir_before: before.tree.gitDir, git_dir_now: after.tree.gitDir }),
      remote_url_changed: args.update && url !== undefined && url !== repoUrl(args),
      ...(before.tree?.isModified &&
        args.update && { msg: `Local modifications exist in the destination: ${args.dest}` }),
    };
  },
});

/** Under --check it may be that only the real run can tell. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
