import {
  type Change,
  change,
  create,
  defineTask,
  remove,
  runCommand,
  type Sh,
  sh,
  shLines,
  TaskFailure,
  unknown,
  z,
} from "tsrun";
import { file, type GroupState, group, type ShadowState, sshKey, type UserState, localUser, user } from "tsrun/state";

const secondsADay = 86_400;

const args = z.object({
  name: z
    .string()
    .describe("Name of the account")
    .meta({ aliases: ["user"] }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether the account should exist"),
  uid: z.number().int().nonnegative().optional().describe("Numeric id"),
  non_unique: z.boolean().default(false).describe("Allow an id that another account has"),
  group: z.string().optional().describe("Primary group, by name or id"),
  groups: z.array(z.string()).optional().describe("Other groups; with an empty list all are left"),
  append: z.boolean().default(false).describe("Only add to `groups`, never leave one"),
  comment: z.string().optional().describe("Full name or purpose (GECOS)"),
  home: z.string().optional().describe("Home directory"),
  create_home: z
    .boolean()
    .default(true)
    .describe("Make the home directory when it is missing")
    .meta({ aliases: ["createhome"] }),
  move_home: z.boolean().default(false).describe("Move the old home directory's files when `home` changes"),
  skeleton: z.string().optional().describe("Directory whose files a new home gets; default /etc/skel"),
  umask: z
    .string()
    .regex(/^[0-7]{1,4}$/)
    .optional()
    .describe("Umask of a new home directory"),
  shell: z.string().optional().describe("Login shell"),
  system: z.boolean().default(false).describe("Take the id from the range of system accounts when the account is made"),
  password: z.string().optional().describe("Hash of the password, as crypt(3) makes it").meta({ secret: true }),
  update_password: z.enum(["always", "on_create"]).default("always").describe("When `password` is set"),
  password_lock: z.boolean().optional().describe("Lock or unlock the password"),
  password_expire_max: z.number().int().optional().describe("Days until the password must be changed"),
  password_expire_min: z.number().int().optional().describe("Days until the password may be changed"),
  password_expire_warn: z.number().int().optional().describe("Days of warning before the password expires"),
  password_expire_account_disable: z
    .number()
    .int()
    .optional()
    .describe("Days after the password expired until the account is disabled; -1: never"),
  expires: z.number().optional().describe("When the account expires, in seconds since 1970; negative: never"),
  remove: z.boolean().default(false).describe("With `state: absent`: remove the home directory too"),
  force: z.boolean().default(false).describe("Remove a logged-in account; overwrite an existing SSH key"),
  generate_ssh_key: z.boolean().default(false).describe("Make an SSH key unless there is one"),
  ssh_key_bits: z.number().int().nonnegative().default(0).describe("Size of the SSH key; 0: ssh-keygen's default"),
  ssh_key_type: z.string().default("rsa").describe("Type of the SSH key"),
  ssh_key_file: z.string().optional().describe("Path of the SSH key, from the home directory; default .ssh/id_TYPE"),
  ssh_key_comment: z.string().optional().describe("Comment of the SSH key"),
  ssh_key_passphrase: z.string().optional().describe("Passphrase of the SSH key").meta({ secret: true }),
  local: z
    .boolean()
    .default(false)
    .describe("Only the host's own files count: an account that a directory service has is none"),
  uid_min: z.number().int().nonnegative().optional().describe("Lowest id that a new account may get"),
  uid_max: z.number().int().nonnegative().optional().describe("Highest id that a new account may get"),
  seuser: z
    .string()
    .optional()
    .describe("SELinux user of a new account; useradd refuses it where SELinux is not enabled"),
  login_class: z.string().optional().describe("Accepted for Ansible's sake: of BSD, without meaning on Linux"),
  profile: z.string().optional().describe("Accepted for Ansible's sake: of Solaris, without meaning on Linux"),
  authorization: z.string().optional().describe("Accepted for Ansible's sake: of Solaris, without meaning on Linux"),
  role: z.string().optional().describe("Accepted for Ansible's sake: of Solaris, without meaning on Linux"),
  hidden: z.boolean().optional().describe("Accepted for Ansible's sake: of macOS, without meaning on Linux"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "user",
  summary: "Create, change or remove an account",
  args,
  returns: {
    name: "The account",
    state: "`present` or `absent`",
    uid: "Its id",
    group: "Id of its primary group",
    groups: "Other groups, when they were given",
    comment: "Full name or purpose",
    home: "Home directory",
    shell: "Login shell",
    append: "Whether `groups` were only added",
    move_home: "Whether files were to be moved with the home directory",
    create_home: "Whether a home directory was to be made, for a new account",
    system: "Whether it is one of the system, for a new account",
    force: "Whether it was removed although it was in use",
    remove: "Whether its home directory was removed too",
    password: "Never the password: only that it was given",
    ssh_key_file: "Path of the SSH key that was made",
    ssh_fingerprint: "Its fingerprint",
    ssh_public_key: "Its public part",
  },
  examples: [
    {
      name: "A service's account",
      yaml: "user:\n  name: consul\n  system: true\n  home: /opt/consul\n  shell: /bin/false",
    },
    { name: "In the sudo group too", yaml: "user:\n  name: anna\n  groups: sudo\n  append: true" },
  ],
  mayShareMessage: true,
  observe: (args, known) => ({
    // The groups come under `group NAME`, each as a query of its own: check mode knows one that an earlier task would make.
    ...Object.fromEntries(groupsToCheck(args).map((name) => [`group ${name}`, group(name)])),
    current: accountOf(args),
    own: group(args.name),
    key: args.generate_ssh_key ? sshKey(keyPath(args, known(accountOf(args)))) : undefined,
  }),
  plan(args, state) {
    const { current, own, key } = state;
    refuseBadValues(args);
    if (args.state === "absent") {
      const options = [args.force && "-f", args.remove && "-r"];
      if (!current) return [];
      const removal = remove(accountOf(args), sh`userdel ${options} -- ${args.name}`);
      // userdel removes the account's own group too; told so that check mode knows.
      const takesGroup = own?.gid === current.gid && own.members.every((member) => member === args.name);
      return takesGroup ? [removal, remove(group(args.name), [], { isQuiet: true })] : [removal];
    }
    const byName: Readonly<Record<string, unknown>> = state;
    const groups = new Map(
      groupsToCheck(args).map((name) => findGroup(name, byName[`group ${name}`] as GroupState | undefined)),
    );
    const account = current ? planChange(args, current, groups) : planCreate(args, own, groups);
    const makeKey = args.generate_ssh_key && (!key || args.force);
    return { changes: [...account.changes, ...(makeKey ? [planKey(args, current)] : [])], warnings: account.warnings };
  },
  result(args, { before, after, changes }) {
    const account = after.current as UserState | undefined;
    const key = after.key as { publicKey?: string; fingerprint?: string } | undefined;
    if (args.state === "absent")
      return {
        name: args.name,
        state: args.state,
        ...(changes.length > 0 && { force: args.force, remove: args.remove }),
      };
    return {
      name: args.name,
      state: args.state,
      ...(before.current
        ? { append: args.append, move_home: args.move_home }
        : { system: args.system, create_home: args.create_home }),
      ...(account && {
        uid: account.uid,
        group: account.gid,
        comment: account.comment,
        home: account.home,
        shell: account.shell,
      }),
      ...(args.groups && { groups: args.groups.join(",") }),
      ...(args.password !== undefined && { password: "NOT_LOGGING_PASSWORD" }),
      ...(args.generate_ssh_key && {
        ssh_key_file: keyPath(args, account),
        ssh_fingerprint: key?.fingerprint ?? "",
        ssh_public_key: key?.publicKey ?? null,
      }),
    };
  },
});

function accountOf({ local, name }: Args) {
  return local ? localUser(name) : user(name);
}

interface Account {
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
}

function planCreate(args: Args, own: GroupState | undefined, groups: ReadonlyMap<string, GroupState>): Account {
  const primary = args.group === undefined ? undefined : groups.get(args.group);
  const supplementary = supplementaryOf(args, groups);
  const options = [
    args.uid !== undefined && ["-u", args.uid, args.non_unique && "-o"],
    // Without -N useradd would make a group of the account's name and fail when there is one already.
    primary ? ["-g", primary.name] : own && "-N",
    supplementary && supplementary.length > 0 && ["-G", supplementary.join(",")],
    args.comment !== undefined && ["-c", args.comment],
    args.home !== undefined && ["-d", args.home],
    args.shell !== undefined && ["-s", args.shell],
    args.expires !== undefined && ["-e", expiryDate(args.expires)],
    args.create_home
      ? ["-m", args.skeleton !== undefined && ["-k", args.skeleton], args.umask && ["-K", `UMASK=${args.umask}`]]
      : "-M",
    args.system && "-r",
    args.uid_min !== undefined && ["-K", `UID_MIN=${args.uid_min}`],
    args.uid_max !== undefined && ["-K", `UID_MAX=${args.uid_max}`],
    args.seuser !== undefined && ["-Z", args.seuser],
  ];
  const password = newPassword(args);
  const after = {
    name: args.name,
    uid: args.uid ?? unknown,
    gid: primary?.gid ?? unknown,
    comment: args.comment ?? "",
    home: args.home ?? `/home/${args.name}`,
    shell: args.shell ?? unknown,
    groups: supplementary ?? [],
    hasHome: args.create_home ? true : unknown,
    shadow: unknown,
  } as const;
  // In one script, so that an account never stays behind without the password that it would not be given later (`on_create`).
  const make = shLines([
    args.create_home && args.home !== undefined && sh`mkdir -p -- ${parentOf(args.home)} || exit`,
    sh`useradd ${options} -- ${args.name} </dev/null || exit`,
    password !== undefined && sh`chpasswd -e || exit`,
    agingOptions(args).length > 0 && sh`chage ${agingOptions(args)} -- ${args.name}`,
  ]);
  return {
    changes: [
      create(accountOf(args), after, runCommand(make, { stdin: passwordLine(args.name, password) }), {
        diff: { before: "", after: describe(args.name, after) },
      }),
      // The same command makes it; told so that check mode knows the directory.
      !primary &&
        !own &&
        create(group(args.name), { name: args.name, gid: unknown, members: [] }, [], { isQuiet: true }),
      args.create_home &&
        create(
          file(after.home),
          { type: "directory", owner: args.name, group: primary?.name ?? args.name, mode: unknown },
          [],
          { isQuiet: true },
        ),
    ].filter((change) => change !== false),
    warnings: passwordWarnings(args),
  };
}

function planChange(args: Args, current: UserState, groups: ReadonlyMap<string, GroupState>): Account {
  const warnings = passwordWarnings(args);
  const primary = args.group === undefined ? undefined : groups.get(args.group);
  const wantedGroups = mergedGroups(args, current, supplementaryOf(args, groups));
  // Under --check the hash of an account that an earlier task would make is not known; most tasks do not ask.
  const shadow = asksShadow(args) || typeof current.shadow === "object" ? current.shadow : undefined;
  if (!shadow && asksShadow(args))
    throw new TaskFailure("only root may read and set passwords and expiry: add `become: true`");
  const changesHome = args.home !== undefined && args.home !== current.home;
  const password = changedPassword(args, shadow, warnings);
  const expires = args.expires === undefined ? undefined : Math.max(-1, Math.floor(args.expires / secondsADay));
  const changesExpiry = expires !== undefined && expires !== shadow?.expires;
  const aging = agingOptions(args, shadow);
  const after = {
    ...(args.uid !== undefined && args.uid !== current.uid && { uid: args.uid }),
    ...(primary && primary.gid !== current.gid && { gid: primary.gid }),
    ...(wantedGroups && { groups: wantedGroups }),
    ...(args.comment !== undefined && args.comment !== current.comment && { comment: args.comment }),
    ...(changesHome && { home: args.home as string }),
    ...(args.shell !== undefined && args.shell !== current.shell && { shell: args.shell }),
  };
  const options = [
    after.uid !== undefined && ["-u", after.uid, args.non_unique && "-o"],
    after.gid !== undefined && ["-g", after.gid],
    after.groups && [
      args.append && "-a",
      "-G",
      (args.append ? supplementaryOf(args, groups) : after.groups)?.join(","),
    ],
    after.comment !== undefined && ["-c", after.comment],
    changesHome && ["-d", args.home, args.move_home && "-m"],
    after.shell !== undefined && ["-s", after.shell],
    changesExpiry && ["-e", expiryDate(args.expires as number)],
  ].filter(Boolean);
  const makesHome = args.create_home && (changesHome ? !args.move_home : !current.hasHome);
  const steps = [
    options.length > 0 && sh`usermod ${options} -- ${args.name}`,
    password !== undefined && runCommand(sh`chpasswd -e`, { stdin: passwordLine(args.name, password) }),
    aging.length > 0 && sh`chage ${aging} -- ${args.name}`,
    makesHome && makeHome(args, args.home ?? current.home),
  ].filter((step) => step !== false);
  if (steps.length === 0) return { changes: [], warnings };
  const whole = {
    ...after,
    ...(makesHome && { hasHome: true }),
    ...(shadow &&
      (password !== undefined || changesExpiry || aging.length > 0) && {
        shadow: {
          password: password ?? shadow.password,
          expires: expires ?? shadow.expires,
          maxDays: args.password_expire_max ?? shadow.maxDays,
          minDays: args.password_expire_min ?? shadow.minDays,
          warnDays: args.password_expire_warn ?? shadow.warnDays,
          inactiveDays: args.password_expire_account_disable ?? shadow.inactiveDays,
        },
      }),
  };
  const diff = { before: describe(args.name, current), after: describe(args.name, { ...current, ...whole }) };
  return {
    changes: [change(accountOf(args), whole, steps, { diff, mayAlter: [file(args.home ?? current.home)] })],
    warnings,
  };
}

/** The hash to set, with its lock; undefined when it stays. */
function changedPassword(args: Args, shadow: ShadowState | undefined, warnings: string[]): string | undefined {
  if (!shadow) return undefined;
  const bare = shadow.password.replace(/^!+/, "");
  if (args.password !== undefined && args.update_password === "always" && bare !== args.password.replace(/^!+/, ""))
    return newPassword(args);
  const isLocked = shadow.password.startsWith("!");
  if (args.password_lock === true && !isLocked) return `!${shadow.password}`;
  if (args.password_lock !== false || !isLocked) return undefined;
  if (bare !== "" && bare !== "*") return bare;
  warnings.push(`account \`${args.name}\` has no password, so there is nothing to unlock`);
  return undefined;
}

function newPassword(args: Args): string | undefined {
  if (args.password === undefined) return args.password_lock ? "!" : undefined;
  return args.password_lock && !args.password.startsWith("!") ? `!${args.password}` : args.password;
}

function passwordLine(name: string, password: string | undefined): Uint8Array | undefined {
  return password === undefined ? undefined : new TextEncoder().encode(`${name}:${password}\n`);
}

function passwordWarnings({ password }: Args): string[] {
  const isHash = password === undefined || /^[*!]+$/.test(password) || /^!?\$[^$:]+\$[^:]+$/.test(password);
  return isHash ? [] : ["`password` does not look like a hash: pass it through `password_hash('sha512')`"];
}

function asksShadow(args: Args): boolean {
  const fields = [
    args.password_expire_max,
    args.password_expire_min,
    args.password_expire_warn,
    args.password_expire_account_disable,
    args.expires,
  ];
  const setsPassword = args.password !== undefined && args.update_password === "always";
  return setsPassword || args.password_lock !== undefined || fields.some((field) => field !== undefined);
}

function agingOptions(args: Args, shadow?: ShadowState): readonly (string | number)[] {
  const { password_expire_min: min, password_expire_max: max, password_expire_warn: warn } = args;
  const inactive = args.password_expire_account_disable;
  return [
    ...(min !== undefined && min !== shadow?.minDays ? ["-m", min] : []),
    ...(max !== undefined && max !== shadow?.maxDays ? ["-M", max] : []),
    ...(warn !== undefined && warn !== shadow?.warnDays ? ["-W", warn] : []),
    ...(inactive !== undefined && inactive !== shadow?.inactiveDays ? ["-I", inactive] : []),
  ];
}

function supplementaryOf(args: Args, groups: ReadonlyMap<string, GroupState>): readonly string[] | undefined {
  return args.groups && [...new Set(args.groups.map((name) => groups.get(name)?.name ?? name))].sort();
}

/** The memberships to set; undefined when they are right already. */
function mergedGroups(
  args: Args,
  current: UserState,
  wanted: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!wanted) return undefined;
  const merged = args.append ? [...new Set([...current.groups, ...wanted])].sort() : wanted;
  return merged.join(",") === current.groups.join(",") ? undefined : merged;
}

function groupsToCheck(args: Args): readonly string[] {
  return args.state === "absent" ? [] : [...(args.group === undefined ? [] : [args.group]), ...(args.groups ?? [])];
}

function findGroup(name: string, found: GroupState | undefined): [string, GroupState] {
  if (!found) throw new TaskFailure(`Group ${name} does not exist`);
  return [name, found];
}

/** As useradd makes one: the skeleton's files, HOME_MODE or the umask of login.defs. */
function makeHome(args: Args, home: string): Sh {
  const mode = args.umask === undefined ? sh`$m` : sh`${(0o777 & ~Number.parseInt(args.umask, 8)).toString(8)}`;
  return sh`[ -d ${home} ] && exit
    defs() { sed -n "s/^$1[[:space:]]*//p" /etc/login.defs 2>/dev/null | tail -n 1; }
    m=$(defs HOME_MODE); u=$(defs UMASK); m=\${m:-$(printf %o $((0777 & ~0\${u:-22})))}
    mkdir -p -- ${parentOf(home)} || exit
    if [ -d ${args.skeleton ?? "/etc/skel"} ]; then cp -RP -- ${args.skeleton ?? "/etc/skel"} ${home}; else mkdir -- ${home}; fi || exit
    chown -R -- ${`${args.name}:`} ${home} && chmod ${mode} -- ${home}`;
}

/** Runs as the account itself where it may write its home: root would follow links that the account planted there. */
function planKey(args: Args, current: UserState | undefined): Change {
  const comment =
    args.ssh_key_comment === undefined ? sh`"ansible-generated on $(hostname)"` : sh`${args.ssh_key_comment}`;
  const make = sh`cd / && { [ -d "\${1%/*}" ] || mkdir -m 700 -- "\${1%/*}"; } || exit
    [ -n "$3" ] && rm -f -- "$1" "$1.pub"
    ssh-keygen -q -t ${args.ssh_key_type} ${args.ssh_key_bits > 0 && ["-b", args.ssh_key_bits]} -C "$2" -f "$1" ${args.ssh_key_passphrase === undefined && ["-N", ""]}`;
  const script = sh`e=$(getent passwd -- ${args.name}) || exit; h=\${e%:*}; h=\${h##*:}; c=${comment}
    case ${keyFile(args)} in /*) f=${keyFile(args)};; *) f=$h/${keyFile(args)};; esac
    if [ "$(id -u)" = 0 ] && runuser -u ${args.name} -- test -w "$h"; then
      runuser -u ${args.name} -- sh -c ${make.text} sh "$f" "$c" ${args.force ? "1" : ""}
    else
      d=\${f%/*}; [ -d "$d" ] && n= || n=$d
      sh -c ${make.text} sh "$f" "$c" ${args.force ? "1" : ""} && chown -h -- ${`${args.name}:`} "$f" "$f.pub" \${n:+"$n"}
    fi`;
  // Without -N ssh-keygen asks twice, and reads its standard input when there is no terminal.
  const passphrase = args.ssh_key_passphrase;
  const stdin = passphrase === undefined ? undefined : new TextEncoder().encode(`${passphrase}\n${passphrase}\n`);
  const after = { hasPrivate: true, publicKey: unknown, fingerprint: unknown } as const;
  return create(sshKey(keyPath(args, current)), after, runCommand(script, { stdin }), { isEvent: args.force });
}

function keyFile(args: Args): string {
  return args.ssh_key_file ?? `.ssh/id_${args.ssh_key_type}`;
}

function keyPath(args: Args, account: UserState | undefined): string {
  const file = keyFile(args);
  return file.startsWith("/") ? file : `${account?.home ?? args.home ?? `/home/${args.name}`}/${file}`;
}

function expiryDate(seconds: number): string {
  return seconds < 0 ? "" : new Date(Math.floor(seconds / secondsADay) * secondsADay * 1000).toISOString().slice(0, 10);
}

function parentOf(path: string): string {
  return path.replace(/\/+[^/]*\/*$/, "") || "/";
}

function describe(name: string, account: object): string {
  const state: Readonly<Record<string, unknown>> = { ...account };
  const shown = ["uid", "gid", "comment", "home", "shell", "groups"].filter(
    (member) => typeof state[member] !== "symbol",
  );
  return [`name: ${name}`, ...shown.map((member) => `${member}: ${String(state[member])}`), ""].join("\n");
}

function refuseBadValues({ name, password, umask, local }: Args): void {
  if (umask !== undefined && local) throw new TaskFailure("'umask' can not be used with 'local'");
  if (name === "" || /^-|[:/\s]/.test(name)) throw new TaskFailure(`\`${name}\` is no name for an account`);
  if (password !== undefined && /[:\n]/.test(password))
    throw new TaskFailure("`password` holds a colon or a line break");
}
