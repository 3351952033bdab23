import { defineAction, sh, TaskFailure, z } from "tsrun";
import { fileReturns } from "tsrun/state";

export default defineAction({
  name: "tempfile",
  summary: "Make a temporary file or directory",
  args: z.object({
    state: z.enum(["file", "directory"]).default("file").describe("What to make"),
    path: z
      .string()
      .optional()
      .describe("Directory to make it in; left out: the host's own for such")
      .meta({ path: true }),
    prefix: z.string().default("ansible.").describe("Start of its name"),
    suffix: z.string().default("").describe("End of its name"),
  }),
  returns: {
    path: "The file or directory",
    ...fileReturns,
  },
  examples: [{ name: "A directory to work in", yaml: "tempfile:\n  state: directory\n  suffix: build" }],
  runsOn: "host",
  inCheckMode: "skip",
  async run({ state, path, prefix, suffix }, { host }) {
    if (prefix.includes("/") || suffix.includes("/"))
      throw new TaskFailure("`prefix` and `suffix` are parts of a name: no slash");
    const name = sh`"$d"/${`${prefix}XXXXXXXX${suffix}`}`;
    const made = await host.exec({
      script: sh`d=${path ?? sh`\${TMPDIR:-/tmp}`}; umask 077; mktemp ${state === "directory" && "-d"} ${name}`,
    });
    if (made.rc !== 0) throw new TaskFailure(made.stderr.trim(), { rc: made.rc });
    const result = made.stdout.replace(/\n$/, "");
    const looks = await host.execReadonly({ script: sh`stat -c '%u %g %U %G %s' -- ${result}` });
    const [uid = "", gid = "", owner = "", group = "", size = ""] = looks.stdout.trim().split(" ");
    return {
      changed: true,
      path: result,
      state,
      uid: Number(uid),
      gid: Number(gid),
      owner,
      group,
      mode: state === "directory" ? "0700" : "0600",
      size: Number(size),
    };
  },
});
