import { type ActionContext, type ActionResult, defineAction, sh, splitLines, TaskFailure, z } from "tsrun";

const flag = (about: string) => z.boolean().default(false).describe(about);
const archived = (about: string) => z.boolean().optional().describe(`${about}; left out: as \`archive\``);

const args = z.object({
  src: z.string().describe("What is copied: of the controller with `mode: push`, of the host with `pull`"),
  dest: z.string().describe("Where it goes: on the host with `mode: push`, on the controller with `pull`"),
  mode: z.enum(["pull", "push"]).default("push").describe("To the host, or from it"),
  archive: z.boolean().default(true).describe("Recursive, with links, permissions, times, owners and devices"),
  checksum: flag("Compare contents instead of times and sizes"),
  compress: z.boolean().default(true).describe("Compress on the way"),
  existing_only: flag("Make no new files"),
  delete: flag("Take away what is in `dest` and not in `src`"),
  dirs: flag("Directories without what is in them"),
  recursive: archived("Directories with what is in them"),
  links: archived("Links as links"),
  copy_links: flag("What links lead to instead of links"),
  perms: archived("Keep permissions"),
  times: archived("Keep times"),
  owner: archived("Keep owners, which only root can"),
  group: archived("Keep groups"),
  rsync_path: z.string().optional().describe("The rsync of the host, with words before it perhaps"),
  rsync_timeout: z.number().int().default(0).describe("Seconds without progress until it fails; 0: no limit"),
  rsync_opts: z.array(z.string()).default([]).describe("Further options of rsync"),
  partial: flag("Keep what arrived when the copy is cut short"),
  link_dest: z.array(z.string()).optional().describe("Directories to whose files links are made where nothing differs"),
  delay_updates: z.boolean().default(true).describe("Put all new files in place at the end"),
  verify_host: z.boolean().default(true).describe("Accepted: host keys are verified as the run's settings say"),
  dest_port: z.number().int().optional().describe("Port of the host: the run's own, since its connection is used"),
  private_key: z.string().optional().describe("Accepted: the run's own connection is used, with its key"),
  set_remote_user: z.boolean().default(true).describe("Accepted: the run's own connection is used, with its user"),
  ssh_connection_multiplexing: z.boolean().default(false).describe("Accepted: the run's own connection is used"),
  use_ssh_args: z.boolean().default(true).describe("Accepted: the run's own connection is used, with all its settings"),
});
type Args = z.output<typeof args>;

const mark = "<<CHANGED>>";

export default defineAction({
  name: "synchronize",
  summary: "Copy files and directories with rsync, to the host or from it",
  args,
  returns: {
    cmd: "What was run",
    rc: "How it ended",
    msg: "What rsync changed, item by item",
    stdout_lines: "The same, line by line",
  },
  examples: [
    { name: "A site", yaml: "synchronize:\n  src: site/\n  dest: /var/www/site\n  delete: true" },
    { name: "Logs", yaml: "synchronize:\n  mode: pull\n  src: /var/log/app/\n  dest: logs/" },
  ],
  runsOn: "host",
  inCheckMode: "run",
  async run(args, context) {
    refuseBadCombinations(args);
    const { host, vars, isCheck, wantsDiff } = context;
    const port = vars.has("ansible_port") ? Number(vars.get("ansible_port")) : 22;
    if (args.dest_port !== undefined && args.dest_port !== port)
      throw new TaskFailure(
        `\`dest_port\` is ${args.dest_port}, and the run's own connection, which is used, has ${port}`,
      );
    const isOnHost = context.delegatedTo !== undefined && context.delegatedTo === vars.get("inventory_hostname");
    if (context.delegatedTo !== undefined && !isOnHost && context.delegatedTo !== "localhost")
      throw new TaskFailure(
        "`synchronize` copies between the controller and a host, not between two hosts: pull first, then push",
      );
    const program = vars.has("ansible_rsync_path") ? String(vars.get("ansible_rsync_path")) : "rsync";
    const options = [program, ...optionsOf(args), ...(isCheck ? ["--dry-run"] : []), `--out-format=${mark}%i %n%L`];
    const words = [...options, "--", ...(isOnHost ? [args.src, args.dest] : await ends(args, context))];
    const output = isOnHost
      ? await (isCheck ? host.execReadonly({ script: sh`${words}` }) : host.exec({ script: sh`${words}` }))
      : await host.runWithRemoteShell(words, { isReadonly: isCheck || args.mode === "pull" });
    const cmd = words.join(" ");
    if (output.rc !== 0) throw new TaskFailure(whyFailed(output.stderr, output.rc), { rc: output.rc, cmd });
    // A leading period is no change, only an attribute that was looked at.
    const isChanged = args.link_dest === undefined ? output.stdout.includes(mark) : !output.stdout.includes(`${mark}.`);
    const msg = output.stdout.replaceAll(mark, "");
    const result: ActionResult = { changed: isChanged, msg, rc: 0, cmd, stdout_lines: splitLines(msg).filter(Boolean) };
    return wantsDiff
      ? { ...result, diff: [{ before: "", after: msg, beforeHeader: "", afterHeader: "rsync" }] }
      : result;
  },
});

/** Source and destination as rsync takes them. The host has no name there: the remote shell knows it. */
async function ends({ src, dest, mode }: Args, { controller, vars }: ActionContext): Promise<readonly string[]> {
  if (src.startsWith("rsync://") || dest.startsWith("rsync://")) return [src, dest];
  const base = vars.evaluate("playbook_dir | string");
  if (mode === "push") return [await controller.find(src, "files"), `host:${remotePath(dest)}`];
  return [`host:${remotePath(src)}`, dest.startsWith("/") || dest.startsWith("~") ? dest : `${base as string}/${dest}`];
}

/** rsync begins in the home of the login user. */
function remotePath(path: string): string {
  return path === "~" ? "." : path.replace(/^~\//, "");
}

function optionsOf(args: Args): readonly string[] {
  const { archive } = args;
  const kept = (["recursive", "links", "perms", "times", "owner", "group"] as const).flatMap((name) => {
    if (args[name] === undefined || args[name] === archive) return [];
    return [archive ? `--no-${name}` : `--${name}`];
  });
  return [
    // Names are sent within the protocol, where no shell reads them.
    "--protect-args",
    ...(args.delay_updates ? ["--delay-updates", "-F"] : []),
    ...(args.compress ? ["--compress"] : []),
    ...(args.rsync_timeout > 0 ? [`--timeout=${args.rsync_timeout}`] : []),
    ...(args.delete ? ["--delete-after"] : []),
    ...(args.existing_only ? ["--existing"] : []),
    ...(args.checksum ? ["--checksum"] : []),
    ...(args.copy_links ? ["--copy-links"] : []),
    ...(archive ? ["--archive"] : []),
    ...kept,
    ...(args.dirs ? ["--dirs"] : []),
    ...(args.rsync_path === undefined ? [] : [`--rsync-path=${args.rsync_path}`]),
    ...args.rsync_opts,
    ...(args.partial ? ["--partial"] : []),
    ...(args.link_dest === undefined ? [] : ["-H", "-vv", ...args.link_dest.map((path) => `--link-dest=${path}`)]),
  ];
}

function whyFailed(stderr: string, rc: number): string {
  const said = stderr.trim();
  if (/rsync: (not found|command not found)|No such file or directory.*rsync --server/.test(said))
    return "the host has no `rsync`: install it there first";
  return said === "" ? `rsync ended with ${rc}` : said;
}

function refuseBadCombinations({ src, dest, rsync_opts, delete: deletes, recursive, archive }: Args): void {
  if (src.startsWith("rsync://") && dest.startsWith("rsync://"))
    throw new TaskFailure("either src or dest must be a localhost");
  if (rsync_opts.some((option) => /^(-e|--rsh)\b/.test(option)))
    throw new TaskFailure("`rsync_opts` has a remote shell: the run's own connection is used");
  if (rsync_opts.includes("")) throw new TaskFailure("`rsync_opts` has an empty text, which rsync takes for a path");
  if (deletes && !(recursive ?? archive)) throw new TaskFailure("`delete` needs `recursive`");
}
