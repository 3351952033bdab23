import { type Change, change, defineTask, remove, sh, TaskFailure, z } from "tsrun";
import { file, kernelModule, type ObservedText, observeText, planText, textOf } from "tsrun/state";

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
  observe: ({ name, persistent }) => ({
    current: kernelModule(name),
    ...(persistent !== "disabled" && {
      ...prefixed("load", loadFile(name)),
      ...prefixed("options", optionsFile(name)),
    }),
  }),
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

/** One file says that it is loaded at boot, another with which parameters. */
function planBoot({ name, params, persistent }: Args, observed: Readonly<Record<string, unknown>>): readonly Change[] {
  if (persistent === "disabled") return [];
  const wanted: readonly (readonly [string, string, string])[] = [
    ["load", loadFile(name), persistent === "present" ? `${name}\n` : ""],
    ["options", optionsFile(name), persistent === "present" && params !== "" ? `options ${name} ${params}\n` : ""],
  ];
  return wanted.flatMap(([prefix, path, text]) => {
    const state = unprefixed(prefix, observed);
    const old = textOf(path, state);
    if (text === "") return old === undefined ? [] : [remove(file(path), sh`rm -f -- ${path}`)];
    return old === text ? [] : planText({ path, mode: "0644" }, text, state);
  });
}

function loadFile(name: string): string {
  return `/etc/modules-load.d/${name}.conf`;
}

function optionsFile(name: string): string {
  return `/etc/modprobe.d/${name}.conf`;
}

function prefixed(prefix: string, path: string) {
  return Object.fromEntries(Object.entries(observeText(path)).map(([name, query]) => [`${prefix} ${name}`, query]));
}

function unprefixed(prefix: string, observed: Readonly<Record<string, unknown>>): ObservedText {
  const own = Object.entries(observed).filter(([name]) => name.startsWith(`${prefix} `));
  return Object.fromEntries(
    own.map(([name, answer]) => [name.slice(prefix.length + 1), answer]),
  ) as unknown as ObservedText;
}
