import { type Change, change, defineTask, encodeBytes, remove, runCommand, sh, TaskFailure, z } from "tsrun";
import {
  type CronEntry,
  cronNames,
  crontab,
  editCrontab,
  file,
  type ObservedText,
  observeText,
  planText,
  textOf,
} from "tsrun/state";

const args = z.object({
  name: z.string().describe("Name of the job, by which it is found again; or of the variable"),
  job: z
    .string()
    .optional()
    .describe("Command line of the job; or value of the variable")
    .meta({ aliases: ["value"] }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether it should be there"),
  user: z.string().optional().describe("Whose crontab; with `cron_file`: who runs the job"),
  cron_file: z.string().optional().describe("File in /etc/cron.d instead of a user's crontab"),
  minute: z.string().default("*").describe("0-59, *, */2, …"),
  hour: z.string().default("*").describe("0-23, *, */2, …"),
  day: z
    .string()
    .default("*")
    .describe("1-31, *, */2, …")
    .meta({ aliases: ["dom"] }),
  month: z.string().default("*").describe("1-12, JAN-DEC, *, …"),
  weekday: z
    .string()
    .default("*")
    .describe("0-6 from Sunday, SUN-SAT, *, …")
    .meta({ aliases: ["dow"] }),
  special_time: z
    .enum(["reboot", "yearly", "annually", "monthly", "weekly", "daily", "hourly"])
    .optional()
    .describe("Instead of the fields above"),
  disabled: z.boolean().default(false).describe("Keep the job, as a comment"),
  env: z.boolean().default(false).describe("A variable, not a job"),
  insertafter: z.string().optional().describe("Variable after which a new one is put"),
  insertbefore: z.string().optional().describe("Variable before which a new one is put"),
  backup: z.boolean().default(false).describe("Keep a copy of `cron_file`"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "cron",
  summary: "Manage jobs and variables of crontabs",
  args,
  returns: {
    jobs: "Names of all jobs of the table",
    envs: "Names of all its variables",
    cron_file: "The file, when one was named",
    state: "`present` or `absent`, with `cron_file`",
    backup_file: "Copy of the old table, with `backup`",
  },
  examples: [
    { name: "Every night", yaml: "cron:\n  name: backup\n  hour: 2\n  minute: 30\n  job: /usr/local/bin/backup" },
    {
      name: "In a file of its own",
      yaml: "cron:\n  name: backup\n  cron_file: backup\n  user: root\n  special_time: daily\n  job: /usr/local/bin/backup",
    },
  ],
  observe: (args) => {
    const path = pathOf(args);
    return path === undefined ? { table: crontab(args.user ?? "") } : observeText(path);
  },
  plan(args, observed) {
    refuseBadArguments(args);
    const path = pathOf(args);
    if (path === undefined) {
      const before = (observed as { table?: string }).table;
      if (before === undefined) throw new TaskFailure("the host has no `crontab` command: install cron");
      return { changes: planTable(args, before, edit(before, args)), warnings: warningsOf(args) };
    }
    const state = observed as unknown as ObservedText;
    const before = textOf(path, state) ?? "";
    const text = edit(before, args);
    if (state.current && text.trim() === "" && args.state === "absent")
      return { changes: [remove(file(path), sh`rm -f -- ${path}`)] };
    if (text === before) return { changes: [], warnings: warningsOf(args) };
    return {
      changes: planText({ path, backup: args.backup, ...(state.current ? {} : { mode: "0644" }) }, text, state),
      warnings: warningsOf(args),
    };
  },
  result(args, { after, backups }) {
    const path = pathOf(args);
    const text =
      path === undefined
        ? ((after as { table?: string }).table ?? "")
        : ((after as unknown as ObservedText).content?.text ?? "");
    const [backup_file] = backups.values();
    return {
      ...cronNames(text),
      ...(args.cron_file !== undefined && { cron_file: args.cron_file, state: args.state }),
      ...(backup_file && { backup_file }),
    };
  },
});

function planTable({ user }: Args, before: string, text: string): readonly Change[] {
  if (text === before) return [];
  // The task's own user may write its crontab without naming itself, which only root may do.
  const script = sh`u=${user ?? ""}; [ "$u" = "$(id -un)" ] && u=; crontab \${u:+-u "$u"} -`;
  const header = user === undefined ? "crontab" : `crontab for user "${user}"`;
  const diff = { before, after: text, beforeHeader: header, afterHeader: header };
  return [change(crontab(user ?? ""), text, runCommand(script, { stdin: encodeBytes(text) }), { diff })];
}

function edit(before: string, args: Args): string {
  try {
    return editCrontab(before, entryOf(args));
  } catch (error) {
    if (error instanceof RangeError) throw new TaskFailure(`Variable named '${error.message}' not found.`);
    throw error;
  }
}

function entryOf(args: Args): CronEntry {
  const { name, env, insertafter, insertbefore } = args;
  const line = args.state === "absent" ? undefined : env ? `${name}="${args.job}"` : jobLine(args);
  return { name, line, isVariable: env, insertAfter: insertafter, insertBefore: insertbefore };
}

function jobLine({
  job = "",
  minute,
  hour,
  day,
  month,
  weekday,
  special_time,
  disabled,
  cron_file,
  user,
}: Args): string {
  const when = special_time === undefined ? [minute, hour, day, month, weekday].join(" ") : `@${special_time}`;
  const who = cron_file === undefined ? "" : `${user} `;
  return `${disabled ? "#" : ""}${when} ${who}${job.replace(/^[\r\n]+|[\r\n]+$/g, "")}`;
}

function pathOf({ cron_file }: Args): string | undefined {
  return cron_file === undefined || cron_file.startsWith("/") ? cron_file : `/etc/cron.d/${cron_file}`;
}

function warningsOf({ cron_file, job }: Args): string[] {
  const base = cron_file?.slice(cron_file.lastIndexOf("/") + 1);
  return [
    ...(base !== undefined && !/^[A-Za-z0-9_-]+$/.test(base)
      ? [`cron passes over files in /etc/cron.d with such a name: \`${base}\`; use letters, digits, - and _`]
      : []),
    ...(/[\r\n]/.test((job ?? "").trim()) ? ["`job` has line breaks, which a crontab cannot hold"] : []),
  ];
}

function refuseBadArguments({
  name,
  job,
  state,
  user,
  cron_file,
  env,
  special_time,
  insertafter,
  insertbefore,
  ...times
}: Args): void {
  const hasTimes = [times.minute, times.hour, times.day, times.month, times.weekday].some((field) => field !== "*");
  if (cron_file === "/etc/crontab")
    throw new TaskFailure("Will not manage /etc/crontab via cron_file, see documentation.");
  if (special_time !== undefined && hasTimes)
    throw new TaskFailure("You must specify time and date fields or special time.");
  if (insertafter !== undefined && insertbefore !== undefined)
    throw new TaskFailure("parameters are mutually exclusive: insertafter|insertbefore");
  if (/[\r\n]/.test(name)) throw new TaskFailure("`name` has a line break");
  if (env && name.includes(" ")) throw new TaskFailure("Invalid name for environment variable");
  if (state === "absent") return;
  if (cron_file !== undefined && user === undefined)
    throw new TaskFailure("To use cron_file=... parameter you must specify user=... as well");
  if (job === undefined) throw new TaskFailure("You must specify 'job' to install a new cron job or variable");
  if ((insertafter !== undefined || insertbefore !== undefined) && !env)
    throw new TaskFailure("Insertafter and insertbefore parameters are valid only with env=yes");
}
