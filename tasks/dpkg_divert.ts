import { create, defineTask, remove, sh, TaskFailure, z } from "tsrun";
import { type DiversionState, diversion } from "tsrun/state";

const args = z.object({
  path: z.string().describe("File that packages bring").meta({ path: true }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether packages shall put it elsewhere"),
  divert: z.string().optional().describe("Where to; default the path with `.distrib`").meta({ path: true }),
  holder: z.string().optional().describe("Package whose own file stays in place; default `LOCAL`: none"),
  rename: z.boolean().default(false).describe("Move the file that is there, too"),
  force: z.boolean().default(false).describe("With `rename`: what lies where the file goes is lost"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "dpkg_divert",
  summary: "Have packages put a file elsewhere, so that one's own stays",
  args,
  examples: [{ name: "One's own", yaml: "dpkg_divert:\n  path: /etc/screenrc\n  rename: true" }],
  observe: ({ path }) => ({ current: diversion(path) }),
  plan(args, { current }) {
    const { path, state, rename, force } = args;
    // dpkg-divert never overwrites.
    const makeRoom = (from: string, to: string) => rename && force && sh`[ ! -e ${from} ] || rm -f -- ${to} || exit;`;
    if (!path.startsWith("/")) throw new TaskFailure(`\`path\` must be absolute, got \`${path}\``);
    const move = rename ? "--rename" : "--no-rename";
    const mayAlter = ["file", "file-content", "file-checksum"];
    if (state === "absent") {
      if (!current) return [];
      const diff = { before: describe(path, current), after: "" };
      return [
        remove(diversion(path), sh`${makeRoom(current.divert, path)} dpkg-divert ${move} --remove ${path}`, {
          diff,
          mayAlter,
        }),
      ];
    }
    const wanted = wantedDiversion(args);
    if (current) {
      if (current.divert === wanted.divert && current.holder === wanted.holder) return [];
      throw new TaskFailure(
        `${path} is diverted already, to ${current.divert} by ${current.holder}: remove that first (\`state: absent\`)`,
      );
    }
    const owner = wanted.holder === "LOCAL" ? ["--local"] : ["--package", wanted.holder];
    const script = sh`${makeRoom(path, wanted.divert)} dpkg-divert ${move} ${owner} --divert ${wanted.divert} --add ${path}`;
    return [create(diversion(path), wanted, script, { diff: { before: "", after: describe(path, wanted) }, mayAlter })];
  },
  result: ({ path }, { after: { current } }) => ({
    diversion: {
      path,
      state: current ? "present" : "absent",
      divert: current?.divert ?? null,
      holder: current?.holder ?? null,
    },
  }),
});

function wantedDiversion({ path, divert, holder }: Args): DiversionState {
  return { divert: divert ?? `${path}.distrib`, holder: holder === undefined || holder === "" ? "LOCAL" : holder };
}

function describe(path: string, { divert, holder }: DiversionState): string {
  return `${path} to ${divert} by ${holder}\n`;
}
