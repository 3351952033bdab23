import { type Change, change, create, type Diff, defineTask, encodeBytes, sh, TaskFailure, writeFile, z } from "tsrun";
import {
  type AuthorizedKey,
  editAuthorizedKeys,
  type FileState,
  file,
  fileContent,
  fileResult,
  parseAuthorizedKey,
  refusePlantedLink,
  setAttributes,
  type UserState,
  urlContent,
  user,
} from "tsrun/state";

const args = z.object({
  user: z.string().describe("Whose file"),
  key: z.string().describe("Public keys, one a line; or a URL from which the host fetches them"),
  state: z.enum(["present", "absent"]).default("present").describe("Whether the keys should be there"),
  exclusive: z.boolean().default(false).describe("Take away all other keys"),
  key_options: z.string().optional().describe('Options before the keys, such as `from="10.0.0.0/8"`'),
  comment: z.string().optional().describe("Comment instead of the keys' own"),
  path: z.string().optional().describe("The file; default ~/.ssh/authorized_keys"),
  manage_dir: z.boolean().default(true).describe("Make the directory, and set its owner and mode"),
  follow: z.boolean().default(false).describe("Edit what a link at `path` leads to"),
  validate_certs: z.boolean().default(true).describe("Check the server's certificate of a URL"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "authorized_key",
  summary: "Say which SSH keys may log in to an account",
  args,
  returns: {
    user: "The account",
    state: "`present` or `absent`",
    exclusive: "Whether other keys were removed",
    key: "The keys as they were given",
    key_options: "Options that were given",
    keyfile: "The file",
    path: "The file, when it was given",
    manage_dir: "Whether the directory was cared for",
  },
  examples: [
    {
      name: "One's own",
      yaml: "authorized_key:\n  user: anna\n  key: \"{{ lookup('file', '~/.ssh/id_ed25519.pub') }}\"",
    },
  ],
  mayShareMessage: true,
  observe(args, known) {
    const given = pathOf(args, known(user(args.user)));
    const link = given === undefined ? undefined : known(file(given));
    const path = args.follow && link?.type === "link" ? link.realPath : given;
    return {
      account: user(args.user),
      link: given === undefined ? undefined : file(given),
      keys: isUrl(args.key) ? urlContent(urlOf(args)) : undefined,
      current: path === undefined ? undefined : file(path),
      content: path === undefined ? undefined : fileContent(path),
      directory: path === undefined ? undefined : file(parentOf(path)),
    };
  },
  plan(args, { account, link, keys: fetched, current, content, directory }) {
    if (fetched && "complaint" in fetched)
      throw new TaskFailure(`Error getting key from: ${args.key} ${fetched.complaint}`.trim());
    const keys = keysOf(args, fetched?.text ?? args.key);
    if (!account) throw new TaskFailure(`Failed to lookup user ${args.user}: there is no such account`);
    const given = pathOf(args, account) as string;
    const path = args.follow && link?.type === "link" ? (link.realPath ?? given) : given;
    if (path !== given) refusePlantedLink(given, link);
    if (current && current.type !== "file")
      throw new TaskFailure(
        `${path} is no regular file: it is not followed, because the account may have put it there`,
      );
    const text = content?.text ?? "";
    const isPresent = args.state === "present";
    const edited = editAuthorizedKeys(text, { keys, isPresent, isExclusive: args.exclusive && isPresent });
    if (keys.length === 0 && edited === text && !current) return [];
    const changes = args.manage_dir && isPresent ? planDirectory(parentOf(path), account, directory) : [];
    const isRight = edited === text && (!current || (current.uid === account.uid && (current.mode & 0o022) === 0));
    if (isRight && (current !== undefined || !isPresent)) return changes;
    return [...changes, ...planFile(path, { before: text, after: edited }, account, current)];
  },
  result(args, { after }) {
    return {
      ...args,
      key_options: args.key_options ?? null,
      comment: args.comment ?? null,
      path: args.path ?? null,
      keyfile: pathOf(args, after.account),
      // As with Ansible, `state` is the file's where the path was given.
      ...(args.path !== undefined && fileResult(after.link)),
    };
  },
});

/** sshd refuses keys whose file or directory others may write. */
function planDirectory(path: string, account: UserState, current: FileState | undefined): readonly Change[] {
  const { uid, gid } = account;
  const owner = `${idOf(uid, account)}:${idOf(gid, account)}`;
  const after = { type: "directory", mode: 0o700, uid, gid } as const;
  if (!current) return [create(file(path), after, sh`mkdir -m 700 -- ${path} && chown -h -- ${owner} ${path}`)];
  if (current.type !== "directory") throw new TaskFailure(`${path} is no directory`);
  if (current.uid === uid && current.mode === 0o700) return [];
  return [change(file(path), { mode: 0o700, uid, gid }, setAttributes(path, current, { owner, mode: 0o700 }))];
}

function planFile(path: string, diff: Diff, account: UserState, current: FileState | undefined): readonly Change[] {
  const { uid, gid } = account;
  const text = diff.after;
  const content = encodeBytes(text);
  const step = writeFile({ path, content, mode: "0600", owner: idOf(uid, account), group: idOf(gid, account) });
  const after = { type: "file", mode: 0o600, uid, gid, size: content.length } as const;
  const written = (current ? change : create)(file(path), after, step, { diff });
  return [written, change(fileContent(path), { size: content.length, text }, [])];
}

/** Under --check an account that an earlier task would make has no ids yet. */
function idOf(id: unknown, { name }: UserState): string {
  return typeof id === "number" ? String(id) : name;
}

function isUrl(key: string): boolean {
  return /^https?:\/\//.test(key);
}

function urlOf({ key, validate_certs }: Args) {
  if (/[\s"\\]/.test(key.trim())) throw new TaskFailure(`\`${key}\` is no address`);
  return { url: key.trim(), validatesCertificates: validate_certs };
}

function keysOf({ key_options, comment }: Args, text: string): readonly AuthorizedKey[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
  return lines.map((line) => {
    const parsed = parseAuthorizedKey(line);
    if (!parsed) throw new TaskFailure(`invalid key specified: ${line}`);
    return {
      ...parsed,
      ...(key_options !== undefined && { options: key_options }),
      ...(comment !== undefined && { comment }),
    };
  });
}

function pathOf({ path }: Args, account: UserState | undefined): string | undefined {
  return path ?? (account && `${account.home}/.ssh/authorized_keys`);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
