import { z } from "zod";
import { quote } from "../task/sh.ts";
import { TaskFailure } from "../task/failure.ts";
import type { CheckoutState, RemoteVersion } from "../state/git.ts";
import { plainPath } from "../state/host-path.ts";

/** Arguments of the git module. */
export const gitArgs = z.object({
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
  refspec: z
    .string()
    .optional()
    .describe("What is fetched besides branches and tags, as `git fetch` takes it; `version` may name it"),
  recursive: z.boolean().default(true).describe("Fetch submodules too"),
  track_submodules: z
    .boolean()
    .default(false)
    .describe("Submodules are at the newest commit of their branch, not at the one that the working tree names"),
  bare: z.boolean().default(false).describe("No working tree: `dest` is the repository, with all branches and tags"),
  reference: z
    .string()
    .optional()
    .describe("Repository of the host from which a new clone borrows objects")
    .meta({ path: true }),
  separate_git_dir: z
    .string()
    .optional()
    .describe("Directory of the repository itself, outside of `dest`; one that is elsewhere is moved")
    .meta({ path: true }),
  verify_commit: z
    .boolean()
    .default(false)
    .describe("The commit, or the tag, must have a good signature of a key that the host's user knows"),
  gpg_whitelist: z
    .array(z.string())
    .default([])
    .describe("With `verify_commit`: fingerprints of which the key must have one")
    .meta({ aliases: ["gpg_allowlist"] }),
  archive: z
    .string()
    .optional()
    .describe("File that is an archive of `version`: `.zip`, `.tar`, `.tar.gz` or `.tgz`")
    .meta({ path: true }),
  archive_prefix: z.string().optional().describe("What stands before each path in the archive"),
  executable: z
    .string()
    .optional()
    .describe("The git program, where it is not in the search path")
    .meta({ path: true }),
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
export type GitArgs = z.output<typeof gitArgs>;

/** Fails for what git could take for an option, and for what does not go together. */
export function refuseBadGitArgs(args: GitArgs): void {
  const { repo, version, remote, accept_hostkey, accept_newhostkey } = args;
  if (args.bare && args.separate_git_dir !== undefined)
    throw new TaskFailure("parameters are mutually exclusive: separate_git_dir|bare");
  if (args.archive_prefix !== undefined && args.archive === undefined)
    throw new TaskFailure("missing parameter(s) required by 'archive_prefix': archive");
  if (args.archive !== undefined) archiveKey(args, args.archive);
  if (args.refspec?.startsWith("-")) throw new TaskFailure(`\`${args.refspec}\` cannot be a \`refspec\``);
  if (accept_hostkey && accept_newhostkey)
    throw new TaskFailure("parameters are mutually exclusive: accept_hostkey|accept_newhostkey");
  if (repo === "") throw new TaskFailure("`repo` is empty");
  for (const [name, value] of Object.entries({ version, remote }))
    if (value === "" || value.startsWith("-")) throw new TaskFailure(`\`${value}\` cannot be a \`${name}\``);
}

/** Fails for a version that neither the remote has nor can be a commit. */
export function foundVersion(args: GitArgs, wanted: RemoteVersion | undefined): RemoteVersion | undefined {
  if (wanted || isCommit(args) || args.bare) return wanted;
  throw new TaskFailure(`${args.repo} has no branch or tag \`${args.version}\``);
}

/** Whether a tree is at the commit that `version` is. */
export function isAt(args: GitArgs, { head }: CheckoutState): boolean {
  return isCommit(args) && head.startsWith(args.version.toLowerCase());
}

export function isCommit({ version }: GitArgs): boolean {
  return /^[0-9a-f]{7,64}$/i.test(version);
}

/** Short ones may be names of tags (`20240131`); of a full one nothing is asked. */
export function isFullCommit({ version }: GitArgs): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(version);
}

/** The working tree of the arguments. */
export function checkoutKey({ dest, remote, bare, track_submodules, separate_git_dir, executable }: GitArgs) {
  return {
    path: plainPath(dest),
    remote,
    isBare: bare,
    tracksSubmodules: track_submodules,
    gitDir: separate_git_dir,
    executable,
  };
}

/** What the arguments ask of the remote. */
export function remoteKey(args: GitArgs) {
  const { version, refspec, executable } = args;
  return { repo: repoUrl(args), version, ssh: gitSsh(args), refspec, executable };
}

/** `depth` has no meaning for a plain path. */
export function repoUrl({ repo }: GitArgs): string {
  return repo.startsWith("/") ? `file://${repo}` : repo;
}

/** Command that git runs as ssh: it never asks. */
export function gitSsh({ key_file, ssh_opts, accept_hostkey, accept_newhostkey }: GitArgs): string {
  const options = [
    ...(key_file === undefined ? [] : ["-i", quote(key_file), "-o IdentitiesOnly=yes"]),
    ...(ssh_opts === undefined ? [] : [ssh_opts]),
    ...(accept_hostkey ? ["-o StrictHostKeyChecking=no"] : []),
    ...(accept_newhostkey ? ["-o StrictHostKeyChecking=accept-new"] : []),
  ];
  return options.length === 0 ? "ssh -o BatchMode=yes" : ["ssh -o BatchMode=yes", ...options].join(" ");
}

/** The archive of the arguments; its name says the format. */
export function archiveKey(args: GitArgs, archive: string) {
  const formats: Readonly<Record<string, string>> = { zip: "zip", gz: "tar.gz", tar: "tar", tgz: "tgz" };
  const format = formats[/\.([^./]+)$/.exec(archive)?.[1] ?? ""];
  if (format === undefined)
    throw new TaskFailure(`Unable to get file extension from archive file name : ${archive}`, {
      details:
        "Please specify archive as filename with extension. File extension can be one of ['tar', 'tar.gz', 'zip', 'tgz']",
    });
  const version = args.bare || !args.update ? args.version : "HEAD";
  return {
    path: plainPath(args.dest),
    archive,
    format,
    prefix: args.archive_prefix,
    version,
    executable: args.executable,
  };
}
