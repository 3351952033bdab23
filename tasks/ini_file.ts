import { type Plan, TaskFailure, z } from "tsrun";
import {
  defineFileTask,
  editIni,
  fileAttributeArgs,
  fileResult,
  fileReturns,
  type ObservedText,
  observeText,
  placedFileArgs,
  planText,
  textOf,
} from "tsrun/state";

export default defineFileTask({
  name: "ini_file",
  summary: "Keep an option in a section of an INI file",
  args: z.object({
    path: z
      .string()
      .describe("File to edit")
      .meta({ aliases: ["dest"], path: true }),
    section: z.string().optional().describe("Section; left out: before the first one"),
    option: z.string().optional().describe("Option; left out: the section itself"),
    value: z.string().optional().describe("Value of the option"),
    values: z.array(z.string()).optional().describe("Values of an option that stands on several lines"),
    state: z.enum(["present", "absent"]).default("present").describe("Whether it should be there"),
    exclusive: z.boolean().default(true).describe("Other values of the option go"),
    ignore_spaces: z.boolean().default(false).describe("Leave a line alone that differs by blanks around `=` only"),
    modify_inactive_option: z
      .boolean()
      .default(true)
      .describe("A commented line of the option is taken for it, and replaced"),
    follow: z.boolean().default(false).describe("Accepted for Ansible's sake: a link is followed anyway"),
    no_extra_spaces: z.boolean().default(false).describe("No blanks around `=`"),
    allow_no_value: z.boolean().default(false).describe("The option may stand without a value"),
    create: z.boolean().default(true).describe("Make the file when it is missing"),
    backup: z.boolean().default(false).describe("Keep the old file under a name with the time"),
    ...fileAttributeArgs,
    unsafe_writes: placedFileArgs.unsafe_writes,
  }),
  returns: {
    path: "The file",
    backup_file: "Copy of the old file, with `backup`",
    ...fileReturns,
  },
  examples: [
    { name: "A setting", yaml: 'ini_file:\n  path: /etc/app.ini\n  section: server\n  option: port\n  value: "8080"' },
  ],
  mayShareMessage: true,
  observe: ({ path }) => observeText(path),
  plan(args, observed): Plan {
    if (args.value !== undefined && args.values !== undefined)
      throw new TaskFailure("parameters are mutually exclusive: value|values");
    const values = args.value !== undefined ? [args.value] : (args.values ?? []);
    if (args.state === "present" && !args.allow_no_value && values.length === 0) {
      throw new TaskFailure("Parameter 'value(s)' must be defined if state=present and allow_no_value=False.");
    }
    const state = observed as unknown as ObservedText;
    const text = textOf(args.path, state);
    if (text === undefined && !args.create)
      throw new TaskFailure(`Destination ${args.path} does not exist!`, { rc: 257 });
    if (text === undefined && args.state === "absent") return { changes: [], msg: "OK" };
    const edited = editIni(text ?? "", { ...args, values });
    return { changes: planText(args, edited.text, state), msg: edited.msg };
  },
  result: ({ path }, { after, backups }) => ({
    path,
    ...(backups.size > 0 && { backup_file: [...backups.values()][0] }),
    ...fileResult((after as unknown as ObservedText).current),
  }),
});
