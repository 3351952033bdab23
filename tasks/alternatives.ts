import { type Change, change, create, defineTask, remove, sh, TaskFailure, z } from "tsrun";
import { type Alternative, type AlternativesState, alternatives, file } from "tsrun/state";

const args = z.object({
  name: z.string().describe("Name of the alternatives, such as `editor`"),
  path: z.string().describe("Program or file that is a choice").meta({ path: true }),
  link: z.string().optional().describe("Link that leads to the choice; needed for a new name").meta({ path: true }),
  priority: z.number().int().optional().describe("The highest one wins in `auto` mode; default 50"),
  state: z
    .enum(["present", "selected", "absent", "auto"])
    .default("selected")
    .describe("`selected`: it is in effect; `present`: it is a choice; `auto`: and the priorities decide"),
  subcommands: z
    .array(
      z.object({
        name: z.string().describe("Name of the further link"),
        path: z.string().describe("What it leads to"),
        link: z.string().describe("The link"),
      }),
    )
    .optional()
    .describe("Links that follow the choice, such as manual pages")
    .meta({ aliases: ["slaves"] }),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "alternatives",
  summary: "Choose which program a name such as `editor` stands for",
  args,
  examples: [{ name: "Vim", yaml: "alternatives:\n  name: editor\n  path: /usr/bin/vim.basic" }],
  observe: ({ name, path }) => ({ current: alternatives(name), program: file(path) }),
  plan(args, { current, program }) {
    refuseBadNames(args);
    const { name, path, state } = args;
    const choice = current?.choices.find((one) => one.path === path);
    if (state === "absent") {
      if (!choice || !current) return { changes: [] };
      return { changes: planRemoval(args, current), msg: `Remove alternative '${path}' from '${name}'.` };
    }
    const changes: Change[] = [];
    const wanted = wantedChoice(args, choice);
    const installs = !choice || !isSame(choice, wanted);
    const installed = installs ? withChoice(args, current, wanted) : (current as AlternativesState);
    if (installs) {
      if (!program) throw new TaskFailure(`Specified path ${path} does not exist`);
      changes.push(install(args, current, installed, wanted));
    }
    if (state === "selected" && (current?.value !== path || installed.value !== path))
      changes.push(
        change(
          alternatives(name),
          { status: "manual" as const, value: path },
          sh`update-alternatives --set ${name} ${path}`,
          { diff: { before: `${current?.value ?? ""}\n`, after: `${path}\n` }, mayAlter: ["file"] },
        ),
      );
    if (state === "auto" && installed.status === "manual")
      changes.push(
        change(
          alternatives(name),
          { status: "auto" as const, value: best(installed) },
          sh`update-alternatives --auto ${name}`,
          {
            mayAlter: ["file"],
          },
        ),
      );
    return { changes, msg: messageOf(args, installs, changes.length > (installs ? 1 : 0)) };
  },
});

function planRemoval({ name, path }: Args, current: AlternativesState): readonly Change[] {
  const choices = current.choices.filter((one) => one.path !== path);
  const step = sh`update-alternatives --remove ${name} ${path}`;
  const options = { diff: { before: `${name} ${path}\n`, after: "" }, mayAlter: ["file"] };
  if (choices.length === 0) return [remove(alternatives(name), step, options)];
  const left = { ...current, choices };
  const after = current.value === path ? { choices, status: "auto" as const, value: best(left) } : { choices };
  return [change(alternatives(name), after, step, options)];
}

function install(
  { name, path, subcommands = [] }: Args,
  current: AlternativesState | undefined,
  after: AlternativesState,
  { priority, slaves }: Alternative,
): Change {
  const links = Object.entries(slaves).flatMap(([slave, target]) => {
    const link = subcommands.find((one) => one.name === slave)?.link ?? current?.slaveLinks[slave];
    return link === undefined ? [] : ["--slave", link, slave, target];
  });
  const step = sh`update-alternatives --install ${after.link} ${name} ${path} ${priority} ${links}`;
  const options = { diff: { before: "", after: `${name} ${path} ${priority}\n` }, mayAlter: ["file"] };
  return current ? change(alternatives(name), after, step, options) : create(alternatives(name), after, step, options);
}

function withChoice(args: Args, current: AlternativesState | undefined, wanted: Alternative): AlternativesState {
  const link = args.link ?? current?.link;
  if (link === undefined)
    throw new TaskFailure("Needed to install the alternative, but unable to do so as we are missing the link");
  const others = current?.choices.filter((one) => one.path !== args.path) ?? [];
  const subcommands = (args.subcommands ?? []).map(({ name, link: slaveLink }) => [name, slaveLink] as const);
  const state = {
    link,
    status: current?.status ?? ("auto" as const),
    value: current?.value ?? "",
    slaveLinks: { ...current?.slaveLinks, ...Object.fromEntries(subcommands) },
    choices: [...others, wanted],
  };
  return state.status === "auto" ? { ...state, value: best(state) } : state;
}

function wantedChoice({ path, priority, subcommands }: Args, choice: Alternative | undefined): Alternative {
  const slaves = subcommands && Object.fromEntries(subcommands.map((one) => [one.name, one.path]));
  return { path, priority: priority ?? choice?.priority ?? 50, slaves: slaves ?? choice?.slaves ?? {} };
}

function isSame(one: Alternative, other: Alternative): boolean {
  const flat = ({ slaves }: Alternative) => Object.entries(slaves).map(String).sort().join("\n");
  return one.priority === other.priority && flat(one) === flat(other);
}

function best({ choices }: Pick<AlternativesState, "choices">): string {
  return choices.reduce<Alternative | undefined>(
    (top, one) => (top && top.priority >= one.priority ? top : one),
    undefined,
  )?.path as string;
}

function messageOf({ name, path, state }: Args, installs: boolean, sets: boolean): string {
  return [
    installs && `Install alternative '${path}' for '${name}'.`,
    sets && (state === "auto" ? `Set alternative to auto for '${name}'.` : `Set alternative '${path}' for '${name}'.`),
  ]
    .filter(Boolean)
    .join(" ");
}

function refuseBadNames({ name, path }: Args): void {
  if (!/^[^\s/-][^\s/]*$/.test(name)) throw new TaskFailure(`\`${name}\` is no name of alternatives`);
  if (!path.startsWith("/")) throw new TaskFailure(`\`path\` must be absolute, got \`${path}\``);
}
