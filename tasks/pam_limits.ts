import { defineTask, type Plan, TaskFailure, z } from "tsrun";
import { type ObservedText, observeText, planText, textOf } from "tsrun/state";

const items = [
  ...(["core", "data", "fsize", "memlock", "nofile", "rss", "stack", "cpu", "nproc", "as", "maxlogins"] as const),
  ...(["maxsyslogins", "priority", "locks", "sigpending", "msgqueue", "nice", "rtprio", "chroot"] as const),
] as const;

const args = z.object({
  domain: z.string().describe("Account, `@group`, `*` or `%`, as limits.conf(5) has it"),
  limit_type: z.enum(["soft", "hard", "-"]).describe("Soft limit, hard limit, or both"),
  limit_item: z.enum(items).describe("What is limited"),
  value: z.string().describe("The limit: a number, or `unlimited`"),
  use_max: z.boolean().default(false).describe("Keep a higher limit that is there"),
  use_min: z.boolean().default(false).describe("Keep a lower limit that is there"),
  comment: z.string().default("").describe("Comment at the end of the line"),
  dest: z.string().default("/etc/security/limits.conf").describe("The file").meta({ path: true }),
  backup: z.boolean().default(false).describe("Keep a copy of the file"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "pam_limits",
  summary: "Set limits of sessions, such as the number of open files",
  args,
  examples: [
    {
      name: "Open files",
      yaml: "pam_limits:\n  domain: consul\n  limit_type: '-'\n  limit_item: nofile\n  value: 65536",
    },
  ],
  observe: ({ dest }) => observeText(dest),
  plan(args, observed): Plan {
    if (args.use_max && args.use_min) throw new TaskFailure("Cannot use use_min and use_max at the same time.");
    if (/\s|#/.test(args.domain) || args.domain === "")
      throw new TaskFailure(`\`${args.domain}\` is no domain of limits.conf`);
    if (args.comment.includes("\n")) throw new TaskFailure("`comment` has a line break");
    refuseBadValue(args.limit_item, args.value);
    const state = observed as unknown as ObservedText;
    const text = textOf(args.dest, state);
    const { edited, line } = editLimits(text ?? "", args);
    if (edited === text) return { changes: [], msg: line };
    const mode = state.current ? {} : { mode: "0644" };
    return { changes: planText({ path: args.dest, backup: args.backup, ...mode }, edited, state), msg: line };
  },
  result(_args, { backups }) {
    const [backup_file] = backups.values();
    return backup_file === undefined ? {} : { backup_file };
  },
});

/** Every line of this domain, type and item gets the value; without one it is added. */
function editLimits(text: string, args: Args): { readonly edited: string; readonly line: string } {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  let found: string | undefined;
  const edited = lines.map((line) => {
    const [limit = "", ...comment] = line.split("#");
    const [domain, type, item, value, more] = limit.trim().split(/\s+/);
    if (value === undefined || more !== undefined) return line;
    if (domain !== args.domain || type !== args.limit_type || item !== args.limit_item) return line;
    const wanted = chooseValue(args, value);
    found = wanted === value ? line : formatLimit(args, wanted, args.comment || comment.join("#"));
    return found;
  });
  if (found !== undefined) return { edited: edited.join("\n") + (text.endsWith("\n") ? "\n" : ""), line: `${found}\n` };
  const line = formatLimit(args, args.value, args.comment);
  return { edited: `${[...lines, line].join("\n")}\n`, line: `${line}\n` };
}

function chooseValue({ limit_item, value, use_max, use_min }: Args, actual: string): string {
  if (value === actual || (!use_max && !use_min)) return value;
  const [ours, theirs] = [sizeOf(limit_item, value), sizeOf(limit_item, actual)];
  if (ours === theirs) return actual;
  return (use_max ? ours > theirs : ours < theirs) ? value : actual;
}

/** No limit is more than every limit; for `nice` and `priority` -1 is a number like others. */
function sizeOf(item: string, value: string): number {
  if (value === "unlimited" || value === "infinity") return Number.POSITIVE_INFINITY;
  return value === "-1" && item !== "nice" && item !== "priority" ? Number.POSITIVE_INFINITY : Number(value);
}

function formatLimit({ domain, limit_type, limit_item }: Args, value: string, comment: string): string {
  return `${[domain, limit_type, limit_item, value].join("\t")}${comment === "" ? "" : `\t#${comment}`}`;
}

function refuseBadValue(item: string, value: string): void {
  if (item === "nice" || item === "priority") {
    if (/^-?\d+$/.test(value) && Number(value) >= -20 && Number(value) <= 19) return;
    throw new TaskFailure(`expected a number from -20 to 19 for \`${item}\`, got \`${value}\``);
  }
  if (/^(unlimited|infinity|-1|\d+)$/.test(value)) return;
  throw new TaskFailure(`expected \`unlimited\`, \`infinity\`, \`-1\` or a number for \`${item}\`, got \`${value}\``);
}
