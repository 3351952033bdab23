import {
  type Change,
  change,
  create,
  defineTask,
  hostWord,
  type Plan,
  quote,
  type Sh,
  sh,
  TaskFailure,
  z,
} from "tsrun";
import {
  type CheckoutState,
  checkout,
  gitEnvironment,
  plainPath,
  type RemoteVersion,
  remoteVersion,
} from "tsrun/state";

const args = z.object({
  repo: z
    .string()
    .describe("Address of the repository, as the host reaches it")
    .meta({ aliases: ["name"] }),
  dest: z.string().describe("Directory of the working tree").meta({ path: true }),
  version: z.string().default("HEAD").describe("Branch, tag or commit; `HEAD` is the default branch"),
  remote: z.string().default("origin").describe("Name of the remote"),
  update: z.boolean().default(true).describe("False: leave a working tree that exists as it is"),
  force: z.boolean().default(false).describe("Throw away local changes"),
  depth: z.number().int().positive().optional().describe("Fetch so many commits of history only"),
  single_branch: z.boolean().default(false).describe("Clone only the branch or tag of `version`"),
  recursive: z.boolean().default(true).describe("Fetch submodules too"),
  clone: z.boolean().default(true).describe("False: make no working tree where there is none"),
  umask: z
    .string()
    .regex(/^0?o?[0-7]{1,4}$/, "expected an octal number")
    .optional()
    .describe("Umask of new files"),
  key_file: z.string().optional().describe("SSH key, a file of the host"),
  ssh_opts: z.string().optional().describe("More options for ssh"),
  accept_hostkey: z.boolean().default(false).describe("Trust any key of an SSH server, also a changed one"),
  accept_newhostkey: z.boolean().default(false).describe("Trust the key of an SSH server that is not known yet"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "git",
  summary: "Have a working tree of a git repository at a version",
  args,
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
  },
  observe(args, known) {
    const tree = checkout(keyOf(args));
    const current = known(tree);
    const isSettled = isFullCommit(args) || (current && !args.update);
    return { tree, wanted: isSettled ? undefined : remoteVersion(remoteOf(args)) };
  },
  plan(args, { tree, wanted }): Plan {
    refuseBadArguments(args);
    if (!tree && !args.clone) return { changes: [] };
    if (!tree) return { changes: [planClone(args, found(args, wanted))] };
    if (!args.update) return { changes: [] };
    if (tree.isModified && !args.force)
      throw new TaskFailure(`Local modifications exist in the destination: ${args.dest} (force=no).`, {
        before: tree.head,
      });
    return { changes: planUpdate(args, tree, found(args, wanted)) };
  },
  result(args, { before, after }) {
    const url = before.tree?.url;
    return {
      before: before.tree?.head ?? null,
      after: after.tree?.head ?? null,
      remote_url_changed: args.update && url !== undefined && url !== urlOf(args),
      ...(before.tree?.isModified &&
        args.update && { msg: `Local modifications exist in the destination: ${args.dest}` }),
    };
  },
});

function planClone(args: Args, wanted: RemoteVersion | undefined): Change {
  const { dest, remote, depth, single_branch } = args;
  // A commit may lie anywhere in the history.
  const isShallow = depth !== undefined && wanted !== undefined;
  const options = wanted && (isShallow || single_branch) ? ["--single-branch", "--branch", wanted.name] : [];
  const clone = sh`git clone -q -o ${remote} ${isShallow && ["--depth", depth]} ${options} -- ${urlOf(args)} ${hostWord(dest)} && cd -- ${hostWord(dest)} || exit`;
  return create(
    checkout(keyOf(args)),
    predicted(args, wanted),
    withEnvironment(args, [clone, switchTo(args, wanted)]),
    {
      mayAlter: filesOfTree,
      diff: { before: "", after: `${args.dest} ${wanted?.commit ?? args.version}\n` },
    },
  );
}

function planUpdate(args: Args, tree: CheckoutState, wanted: RemoteVersion | undefined): readonly Change[] {
  const { dest, remote, depth, force } = args;
  const isOtherUrl = tree.url !== urlOf(args);
  const isBehind = wanted ? tree.head !== wanted.commit : !isAt(args, tree);
  if (!isOtherUrl && !isBehind && !tree.isModified) return [];
  const isShallow = depth !== undefined && wanted !== undefined;
  const refs = wanted?.type === "branch" ? [`+refs/heads/${wanted.name}:refs/remotes/${remote}/${wanted.name}`] : [];
  const tag = wanted?.type === "tag" ? [`+refs/tags/${wanted.name}:refs/tags/${wanted.name}`] : [];
  const all = wanted ? [] : [`+refs/heads/*:refs/remotes/${remote}/*`];
  const steps = [
    sh`cd -- ${hostWord(dest)} || exit`,
    tree.isModified && sh`git reset -q --hard HEAD || exit`,
    isOtherUrl &&
      (tree.url === ""
        ? sh`git remote add -- ${remote} ${urlOf(args)} || exit`
        : sh`git remote set-url -- ${remote} ${urlOf(args)} || exit`),
    !wanted && isBehind && sh`u=; [ "$(git rev-parse --is-shallow-repository)" != true ] || u=--unshallow`,
    isBehind &&
      sh`git fetch -q ${wanted ? [] : sh`$u`} ${isShallow ? ["--depth", depth] : ["--tags"]} ${force && "--force"} -- ${remote} ${[...refs, ...tag, ...all]} || exit`,
    isBehind && switchTo(args, wanted),
  ];
  return [
    change(
      checkout(keyOf(args)),
      predicted(args, wanted ?? (isBehind ? undefined : tree)),
      withEnvironment(args, steps),
      {
        mayAlter: filesOfTree,
        diff: { before: `${dest} ${tree.head}\n`, after: `${dest} ${wanted?.commit ?? args.version}\n` },
      },
    ),
  ];
}

/** As Ansible: a branch is set to what the remote has, whatever the local branch of that name was. */
function switchTo({ version, remote, recursive, force }: Args, wanted: RemoteVersion | undefined): Sh {
  const submodules = sh`[ ! -e .gitmodules ] || { git submodule -q sync && git submodule -q update --init --recursive ${force && "--force"}; } || exit`;
  const go =
    wanted?.type === "branch"
      ? sh`git checkout -q --force -B ${wanted.name} ${`refs/remotes/${remote}/${wanted.name}`} -- || exit`
      : sh`git checkout -q --force --detach ${wanted ? `refs/tags/${wanted.name}` : version} -- || exit`;
  return recursive
    ? sh`${go}
${submodules}`
    : go;
}

function withEnvironment(args: Args, steps: readonly (Sh | false)[]): Sh {
  const lines = steps
    .filter((step) => step !== false)
    .map(
      (step) => sh`${step}
`,
    );
  return sh`${args.umask !== undefined && sh`umask ${args.umask.replace("o", "")};`} export GIT_TERMINAL_PROMPT=0; ${gitEnvironment(sshOf(args))}
${lines}`;
}

function predicted(args: Args, wanted: { readonly commit?: string; readonly head?: string } | undefined) {
  const full = isFullCommit(args) ? args.version.toLowerCase() : undefined;
  return { head: wanted?.commit ?? wanted?.head ?? full, url: urlOf(args), isModified: false };
}

function found(args: Args, wanted: RemoteVersion | undefined): RemoteVersion | undefined {
  if (wanted || isCommit(args)) return wanted;
  throw new TaskFailure(`${args.repo} has no branch or tag \`${args.version}\``);
}

function isAt(args: Args, { head }: CheckoutState): boolean {
  return isCommit(args) && head.startsWith(args.version.toLowerCase());
}

function isCommit({ version }: Args): boolean {
  return /^[0-9a-f]{7,64}$/i.test(version);
}

/** Short ones may be names of tags (`20240131`); of a full one nothing is asked. */
function isFullCommit({ version }: Args): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(version);
}

function keyOf({ dest, remote }: Args) {
  return { path: plainPath(dest), remote };
}

function remoteOf(args: Args) {
  return { repo: urlOf(args), version: args.version, ssh: sshOf(args) };
}

/** `depth` has no meaning for a plain path. */
function urlOf({ repo }: Args): string {
  return repo.startsWith("/") ? `file://${repo}` : repo;
}

function sshOf({ key_file, ssh_opts, accept_hostkey, accept_newhostkey }: Args): string {
  const options = [
    ...(key_file === undefined ? [] : ["-i", quote(key_file), "-o IdentitiesOnly=yes"]),
    ...(ssh_opts === undefined ? [] : [ssh_opts]),
    ...(accept_hostkey ? ["-o StrictHostKeyChecking=no"] : []),
    ...(accept_newhostkey ? ["-o StrictHostKeyChecking=accept-new"] : []),
  ];
  return options.length === 0 ? "ssh -o BatchMode=yes" : ["ssh -o BatchMode=yes", ...options].join(" ");
}

function refuseBadArguments({ repo, version, remote, accept_hostkey, accept_newhostkey }: Args): void {
  if (accept_hostkey && accept_newhostkey)
    throw new TaskFailure("parameters are mutually exclusive: accept_hostkey|accept_newhostkey");
  if (repo === "") throw new TaskFailure("`repo` is empty");
  for (const [name, value] of Object.entries({ version, remote }))
    if (value === "" || value.startsWith("-")) throw new TaskFailure(`\`${value}\` cannot be a \`${name}\``);
}

const filesOfTree = ["file", "file-content", "file-checksum", "file-tree"];
