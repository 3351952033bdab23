import { type Change, change, defineTask, sh, TaskFailure, z } from "tsrun";
import {
  directoryFiles,
  editLoadFiles,
  editOptionsFiles,
  type FileTexts,
  kernelModule,
  type ObservedText,
  observeText,
  planText,
} from "tsrun/state";

const loadDirectory = "/etc/modules-load.d";
const optionsDirectory = "/etc/modprobe.d";

const args = z.object({
  name: z.string().describe("Name of the kernel module"),
  state: z.enum(["present", "absent"]).default("present").describe("Whether it should be loaded"),
  params: z.string().default("").describe("Parameters of the module"),
  persistent: z
    .enum(["disabled", "present", "absent"])
    .default("disabled")
    .describe("Whether it is loaded at boot; `disabled` leaves that alone"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "modprobe",
  summary: "Load and unload kernel modules",
  args,
  returns: {
    name: "The kernel module",
    params: "Its parameters",
    state: "`present` or `absent`",
  },
  examples: [{ name: "Now and at boot", yaml: "modprobe:\n  name: br_netfilter\n  persistent: present" }],
  observe(args, known) {
    const current = kernelModule(args.name);
    if (args.persistent === "disabled") return { current };
    const loads = directoryFiles(loadDirectory);
    const options = directoryFiles(optionsDirectory);
    const paths = Object.keys(editsOf(args, known(loads), known(options)));
    return { current, loads, options, ...Object.assign({}, ...paths.map((path) => prefixed(path))) };
  },
  plan(args, observed) {
    const { name, state, params } = args;
    if (!/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(name)) throw new TaskFailure(`\`${name}\` is no name of a kernel module`);
    const { current } = observed as { current: { isLoaded: boolean } };
    const changes: Change[] = [];
    if (state === "present" && !current.isLoaded)
      changes.push(
        change(kernelModule(name), { isLoaded: true }, sh`modprobe -- ${name} ${params.split(/\s+/).filter(Boolean)}`),
      );
    if (state === "absent" && current.isLoaded)
      changes.push(change(kernelModule(name), { isLoaded: false }, sh`modprobe -r -- ${name}`));
    return [...changes, ...planBoot(args, observed)];
  },
  result: ({ name, state, params }) => ({ name, state, params }),
});

/** Some file says that it is loaded at boot, some with which parameters. */
function planBoot(args: Args, observed: Readonly<Record<string, unknown>>): readonly Change[] {
  if (args.persistent === "disabled") return [];
  const { loads, options } = observed as Record<string, FileTexts | undefined>;
  return Object.entries(editsOf(args, loads ?? {}, options ?? {})).flatMap(([path, text]) => {
    const state = unprefixed(path, observed);
    const mode = state.current ? undefined : "0644";
    return planText({ path, mode }, text, state).map((one) => ({ ...one, mayAlter: ["directory-files"] }));
  });
}

/** Paths of files that have to be other, with their new texts. */
function editsOf({ name, params, persistent }: Args, loads: FileTexts = {}, options: FileTexts = {}): FileTexts {
  const wish = { name, isWanted: persistent === "present", params: params.split(/\s+/).filter(Boolean) };
  const below = (directory: string, files: FileTexts) =>
    Object.fromEntries(Object.entries(files).map(([file, text]) => [`${directory}/${file}`, text]));
  return {
    ...below(loadDirectory, editLoadFiles(loads, wish)),
    ...below(optionsDirectory, editOptionsFiles(options, wish)),
  };
}

function prefixed(path: string) {
  return Object.fromEntries(Object.entries(observeText(path)).map(([name, query]) => [`${path} ${name}`, query]));
}

function unprefixed(path: string, observed: Readonly<Record<string, unknown>>): ObservedText {
  const own = Object.entries(observed).filter(([name]) => name.startsWith(`${path} `));
  return Object.fromEntries(
    own.map(([name, answer]) => [name.slice(path.length + 1), answer]),
  ) as unknown as ObservedText;
}
