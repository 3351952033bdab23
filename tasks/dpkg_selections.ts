import { change, defineTask, encodeBytes, runCommand, sh, TaskFailure, z } from "tsrun";
import { packageState } from "tsrun/state";

export default defineTask({
  name: "dpkg_selections",
  summary: "Put a package on hold, or tell dpkg otherwise what to do with it",
  args: z.object({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?$/i, "expected the name of a package")
      .describe("Package"),
    selection: z.enum(["install", "hold", "deinstall", "purge"]).describe("What dpkg should do with it"),
  }),
  returns: {
    before: "The selection before",
    after: "The selection now",
  },
  examples: [
    { name: "No upgrade of the kernel", yaml: "dpkg_selections:\n  name: linux-image-amd64\n  selection: hold" },
  ],
  observe: ({ name }) => ({ current: packageState(name) }),
  plan({ name, selection }, { current }) {
    if (!current) throw new TaskFailure(`package \`${name}\` is not known to dpkg`);
    if (current.want === selection) return [];
    const set = runCommand(sh`dpkg --set-selections`, { stdin: encodeBytes(`${name} ${selection}\n`), protect: true });
    const diff = { before: `${name} ${current.want}\n`, after: `${name} ${selection}\n` };
    return [change(packageState(name), { want: selection }, set, { diff })];
  },
  result: ({ selection }, { before }) => ({ before: before.current?.want ?? "not present", after: selection }),
});
