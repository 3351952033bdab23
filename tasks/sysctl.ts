import { type Change, change, defineTask, sh, TaskFailure, z } from "tsrun";
import { kernelSetting, type ObservedText, observeText, planText, textOf } from "tsrun/state";

const args = z.object({
  name: z
    .string()
    .describe("Name of the setting, such as `net.ipv4.ip_forward`")
    .meta({ aliases: ["key"] }),
  value: z
    .string()
    .optional()
    .describe("Its value")
    .meta({ aliases: ["val"] }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether the file has an entry for it"),
  sysctl_file: z.string().default("/etc/sysctl.conf").describe("File that is read at boot").meta({ path: true }),
  sysctl_set: z.boolean().default(false).describe("Also bring the running kernel to the value"),
  reload: z.boolean().default(true).describe("Load the file after a change"),
  ignoreerrors: z.boolean().default(false).describe("Pass over settings that the kernel does not know"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "sysctl",
  summary: "Set kernel settings, for now and for the next boot",
  args,
  examples: [
    {
      name: "Forward packets",
      yaml: "sysctl:\n  name: net.ipv4.ip_forward\n  value: 1\n  sysctl_file: /etc/sysctl.d/60-router.conf",
    },
  ],
  observe: ({ name, sysctl_file, sysctl_set }) => ({
    ...observeText(sysctl_file),
    running: sysctl_set ? kernelSetting(name) : undefined,
  }),
  plan(args, observed) {
    const { name, value, state, sysctl_file, ignoreerrors } = args;
    if (name === "" || /[\s=]/.test(name)) throw new TaskFailure(`\`${name}\` is no name of a kernel setting`);
    if (state === "present" && (value === undefined || value === ""))
      throw new TaskFailure("`value` is needed with `state: present`");
    const text = textOf(sysctl_file, observed as unknown as ObservedText) ?? "";
    const edited = editSettings(text, args);
    // As Ansible, the whole file is loaded again; before it takes its place, so that one that cannot be loaded fails at each run.
    const load = ignoreerrors ? "sysctl -e -p %s >/dev/null" : "sysctl -p %s >/dev/null";
    const edit = { path: sysctl_file, validate: args.reload ? load : undefined };
    const written = edited === text ? [] : planText(edit, edited, observed as unknown as ObservedText);
    return [
      ...written.map((change) => (args.reload ? { ...change, mayAlter: ["kernel_setting"] } : change)),
      ...planRunning(args, observed as { running?: string }),
    ];
  },
});

function planRunning(
  { name, value, state, sysctl_set, ignoreerrors }: Args,
  { running }: { readonly running?: string },
): readonly Change[] {
  if (!sysctl_set || state === "absent" || value === undefined || words(running ?? "") === words(value)) return [];
  if (running === undefined && ignoreerrors) return [];
  return [change(kernelSetting(name), words(value), sh`sysctl ${ignoreerrors && "-e"} -w ${`${name}=${value}`}`)];
}

/** The entry once, at its first place or at the end; comments and other entries stay. */
function editSettings(text: string, { name, value, state }: Args): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  let isWritten = state === "absent";
  const edited = lines.flatMap((line) => {
    const match = /^\s*(?![#;])([^=]+?)\s*=(.*)$/.exec(line);
    if (match?.[1] !== name) return [line];
    if (isWritten) return [];
    isWritten = true;
    return [words(match[2] as string) === words(value ?? "") ? line : `${name}=${value}`];
  });
  if (!isWritten) edited.push(`${name}=${value}`);
  return edited.length === 0 ? "" : `${edited.join("\n")}\n`;
}

/** Values with several numbers are separated by tabs in the kernel and by blanks in files. */
function words(value: string): string {
  return value.trim().replace(/\s+/g, " ");
}
