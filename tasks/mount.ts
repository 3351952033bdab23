import { type Change, change, create, defineTask, remove, sh, TaskFailure, z } from "tsrun";
import {
  escapeFstab,
  type FileState,
  type FstabEntry,
  file,
  type MountState,
  mounted,
  type ObservedText,
  observeDirectory,
  observeText,
  plainPath,
  planDirectory,
  planText,
  removeFstabEntry,
  setFstabEntry,
  textOf,
} from "tsrun/state";

const args = z.object({
  path: z
    .string()
    .describe("Where to mount; `none` for swap")
    .meta({ aliases: ["name"], path: true }),
  state: z
    .enum(["absent", "absent_from_fstab", "mounted", "present", "unmounted", "remounted", "ephemeral"])
    .describe(
      "`mounted`: in fstab and mounted; `present`: in fstab; `ephemeral`: mounted, fstab left alone; `absent`: neither, and the directory removed",
    ),
  src: z.string().optional().describe("Device, remote directory, or directory to bind"),
  fstype: z.string().optional().describe("Type of the file system"),
  opts: z.string().optional().describe("Options of the mount; default `defaults`"),
  dump: z.string().default("0").describe("Fifth field of fstab"),
  passno: z.string().default("0").describe("Sixth field of fstab: order of the checks at boot"),
  boot: z.boolean().default(true).describe("Mount it at boot; without, `noauto` is added to the options"),
  fstab: z.string().default("/etc/fstab").describe("The table").meta({ path: true }),
  backup: z.boolean().default(false).describe("Keep a copy of the table"),
});
type Args = z.output<typeof args>;

interface Observed {
  readonly mount: MountState | undefined;
  readonly point: FileState | undefined;
}

export default defineTask({
  name: "mount",
  summary: "Mount file systems, now and at boot",
  args,
  examples: [
    {
      name: "A directory at a second place",
      yaml: "mount:\n  src: /srv/data\n  path: /var/lib/app\n  fstype: none\n  opts: bind\n  state: mounted",
    },
    { name: "Gone", yaml: "mount:\n  path: /mnt/old\n  state: absent" },
  ],
  observe(args, known) {
    const path = plainPath(args.path);
    const makes = args.state === "mounted" || args.state === "ephemeral";
    return {
      ...(usesFstab(args) && observeText(args.fstab)),
      ...(makes && observeDirectory(path)),
      point: file(path),
      mount: mounted(known(file(path))?.realPath ?? path),
    };
  },
  plan(args, observed) {
    refuseMissing(args);
    const state = observed as unknown as Observed;
    switch (args.state) {
      case "present":
        return { changes: planEntry(args, observed), warnings: warningsOf(args) };
      case "absent_from_fstab":
        return planRemoval(args, observed);
      case "absent":
        return planAbsent(args, observed, state);
      case "unmounted":
        return state.mount ? [unmount(args)] : [];
      case "remounted":
        return [planRemount(args)];
      case "mounted":
      case "ephemeral":
        return { changes: planMounted(args, observed, state), warnings: warningsOf(args) };
    }
  },
  result(args, { backups }) {
    const { path, state: _state, backup: _backup, boot, ...fields } = args;
    const backup_file = [...backups.values()][0] ?? "";
    return { ...fields, name: path, opts: optionsOf(args), boot: boot ? "yes" : "no", backup_file };
  },
});

/** The file system first, its entry last: one that cannot be mounted never gets into the table, where it would stop the next boot. */
function planMounted(args: Args, observed: object, { mount }: Observed): readonly Change[] {
  const { path } = args;
  const isEphemeral = args.state === "ephemeral";
  const entry = isEphemeral ? [] : planEntry(args, observed);
  if (!mount) {
    const after = { source: args.src as string, fstype: args.fstype as string };
    return [
      ...planDirectory(plainPath(path), {}, observed),
      create(mounted(plainPath(path)), after, mountCommand(args), {
        diff: { before: "", after: `${args.src} ${path} ${args.fstype} ${optionsOf(args)}\n`, afterHeader: path },
        mayAlter: ["file"],
      }),
      ...entry,
    ];
  }
  if (isEphemeral) {
    if (args.src !== mount.source && plainPath(args.src as string) !== mount.boundFrom)
      throw new TaskFailure(
        `${path} is mounted already, from ${mount.boundFrom ?? mount.source}: unmount it first (\`state: unmounted\`)`,
      );
    return [planRemount(args)];
  }
  if (entry.length === 0) return [];
  // A remount alters options alone: another source or type needs a new mount.
  const old = setFstabEntry(textOf(args.fstab, observed as ObservedText) ?? "", entryOf(args)).old;
  const again = sh`umount -- ${path} && ${mountCommand(args)}`;
  const isOther = old !== undefined && (old.src !== escapeFstab(args.src as string) || old.fstype !== args.fstype);
  const remount = sh`mount -o ${`remount,${optionsOf(args)}`} -- ${path} 2>/dev/null || { ${again}; }`;
  const event = change(mounted(plainPath(path)), {}, isOther ? again : remount, { isEvent: true });
  return [event, ...entry];
}

function planAbsent(args: Args, observed: object, { mount, point }: Observed): readonly Change[] {
  const entry = planRemoval(args, observed);
  if (entry.length === 0) return [];
  return [
    ...(mount ? [unmount(args)] : []),
    ...entry,
    ...(point?.type === "directory" ? [remove(file(plainPath(args.path)), sh`rmdir -- ${args.path}`)] : []),
  ];
}

function planEntry(args: Args, observed: object): readonly Change[] {
  const text = textOf(args.fstab, observed as ObservedText);
  const edited = setFstabEntry(text ?? "", entryOf(args)).text;
  return edited === text || edited === `${text}\n` ? [] : planTable(args, edited, observed);
}

function planRemoval(args: Args, observed: object): readonly Change[] {
  const { text, old } = removeFstabEntry(textOf(args.fstab, observed as ObservedText) ?? "", args);
  return old ? planTable(args, text, observed) : [];
}

function planTable({ fstab, backup }: Args, text: string, observed: object): readonly Change[] {
  const state = observed as ObservedText;
  return planText({ path: fstab, backup, ...(!state.current && { mode: "0644" }) }, text, state);
}

/** Says what `umount` may be needed for, when the file system cannot alter its options while mounted. */
function planRemount(args: Args): Change {
  const { path, opts } = args;
  const remount = sh`mount -o ${opts === undefined ? "remount" : `remount,${opts}`} -- ${path}`;
  const other = args.state === "ephemeral" ? mountCommand(args) : sh`mount -- ${path}`;
  const script = opts === undefined ? sh`${remount} 2>/dev/null || { umount -- ${path} && ${other}; }` : remount;
  return change(mounted(plainPath(path)), {}, script, { isEvent: true });
}

function unmount({ path }: Args): Change {
  return remove(mounted(plainPath(path)), sh`umount -- ${path}`, {
    diff: { before: `${path} mounted\n`, after: "" },
    mayAlter: ["file"],
  });
}

function mountCommand(args: Args) {
  return sh`mount -t ${args.fstype} -o ${optionsOf(args)} -- ${args.src} ${args.path}`;
}

function entryOf(args: Args): FstabEntry {
  const { path, src, fstype, dump, passno } = args;
  return { path, src: src as string, fstype: fstype as string, opts: optionsOf(args), dump, passno };
}

function optionsOf({ opts = "defaults", boot }: Args): string {
  return boot || opts.split(",").includes("noauto") ? opts : `${opts},noauto`;
}

function usesFstab({ state }: Args): boolean {
  return state !== "ephemeral" && state !== "unmounted" && state !== "remounted";
}

function warningsOf({ opts = "defaults", boot }: Args): readonly string[] {
  if (opts.split(",").includes("noauto")) return boot ? [] : ["`boot` is ignored: `opts` has `noauto`"];
  return [];
}

function refuseMissing({ state, src, fstype }: Args): void {
  if (state !== "mounted" && state !== "present" && state !== "ephemeral") return;
  const missing = Object.entries({ src, fstype }).filter(([, value]) => value === undefined || value === "");
  if (missing.length > 0)
    throw new TaskFailure(
      `state is ${state} but all of the following are missing: ${missing.map(([name]) => name).join(", ")}`,
    );
}
