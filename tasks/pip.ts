import {
  type ActionContext,
  type ActionResult,
  defineAction,
  hostWord,
  outputReturns,
  type Sh,
  sh,
  shLines,
  splitCommand,
  splitLines,
  TaskFailure,
  z,
} from "tsrun";
import {
  canonicalName,
  isPythonVersionIn,
  type PipState,
  parseRequirement,
  pipNames,
  pipState,
  type Requirement,
} from "tsrun/state";

const args = z.object({
  name: z
    .array(z.string())
    .optional()
    .describe("Packages, with versions perhaps (`flask>=2,<3`), addresses of repositories or archives"),
  version: z.string().optional().describe("Version of a single package, such as `2.1` or `>=2,<3`"),
  requirements: z.string().optional().describe("File of the host that lists packages; relative to `chdir`"),
  state: z
    .enum(["absent", "forcereinstall", "latest", "present"])
    .default("present")
    .describe("What the packages should be"),
  virtualenv: z
    .string()
    .optional()
    .describe("Directory of a virtual environment; it is made when it is missing")
    .meta({ path: true }),
  virtualenv_site_packages: z.boolean().default(false).describe("A new environment sees the host's packages"),
  virtualenv_command: z
    .string()
    .default("virtualenv")
    .describe("What makes an environment, such as `python3 -m venv`")
    .meta({ path: true }),
  virtualenv_python: z.string().optional().describe("Python of a new environment"),
  extra_args: z.string().optional().describe("Further words for pip"),
  editable: z.boolean().default(false).describe("Install in a way that the source can be edited"),
  chdir: z.string().optional().describe("Directory to run pip in").meta({ path: true }),
  executable: z.string().optional().describe("The pip to run, such as `pip3.11`").meta({ path: true }),
  umask: z.string().optional().describe("Umask for pip, octal"),
  break_system_packages: z
    .boolean()
    .default(false)
    .describe("Install beside the distribution's packages although they are marked as managed from outside (PEP 668)"),
});
type Args = z.output<typeof args>;

const words = {
  present: ["install"],
  latest: ["install", "-U"],
  forcereinstall: ["install", "-U", "--force-reinstall"],
  absent: ["uninstall", "-y"],
} as const;

export default defineAction({
  name: "pip",
  summary: "Install and remove packages of Python",
  args,
  returns: {
    cmd: "What was run",
    name: "The packages",
    version: "The version that was asked for",
    state: "What was asked for",
    requirements: "The file that lists packages",
    virtualenv: "The virtual environment",
    ...outputReturns,
  },
  examples: [
    {
      name: "In an environment of its own",
      yaml: "pip:\n  name: flask>=2\n  virtualenv: /opt/app/venv\n  virtualenv_command: python3 -m venv",
    },
  ],
  runsOn: "host",
  inCheckMode: "run",
  observe: (args) => ({ pip: pipState(keyOf(args)) }),
  async run(args, context) {
    refuseBadCombinations(args);
    const { host, isCheck } = context;
    const requirements = requirementsOf(args);
    let state = await host.cached(pipState(keyOf(args)));
    const makesEnvironment = args.virtualenv !== undefined && !state.hasEnvironment;
    if (isCheck) return { changed: makesEnvironment || wouldChange(args, requirements, state), ...echo(args) };
    const outputs: { readonly stdout: string; readonly stderr: string }[] = [];
    if (makesEnvironment) {
      outputs.push(await run(context, args, environmentWords(args)));
      state = await host.read(pipState(keyOf(args)));
    }
    if (isSettled(args, requirements, state)) return resultOf(args, [], makesEnvironment, outputs);
    if (!state.command) throw new TaskFailure(whyNoPip(args));
    const before = JSON.stringify(state.packages);
    const command = [...state.command, ...words[args.state], ...moreWords(args), ...targets(args, requirements)];
    const output = await run(context, args, command, args.state === "absent");
    outputs.push(output);
    const after = await host.read(pipState(keyOf(args)));
    refuseFalseOk(args, requirements, after, output);
    const said = /Successfully (un)?installed/.test(output.stdout);
    const isOpen = args.requirements !== undefined || requirements.some(({ isPlain }) => !isPlain);
    const changed = (isOpen ? JSON.stringify(after.packages) !== before : said) || makesEnvironment;
    return resultOf(args, command, changed, outputs);
  },
});

function keyOf({ virtualenv, chdir, executable }: Args) {
  const path = virtualenv === undefined || virtualenv.startsWith("/") ? virtualenv : `${chdir ?? "/tmp"}/${virtualenv}`;
  return { virtualenv: path, executable };
}

function requirementsOf({ name, version }: Args): readonly Requirement[] {
  const all = pipNames(name ?? []).map(parseRequirement);
  if (version === undefined) return all;
  const [only, ...others] = all;
  if (others.length > 0)
    throw new TaskFailure(
      "'version' argument is ambiguous when installing multiple package distributions. " +
        "Please specify version restrictions next to each package in 'name' argument.",
    );
  if (only === undefined || only.clauses !== "")
    throw new TaskFailure(
      "The 'version' argument conflicts with any version specifier provided along with a package name. " +
        "Please keep the version specifier, but remove the 'version' argument.",
    );
  const clauses = /^\d/.test(version.trim()) ? `==${version.trim()}` : version.trim();
  return [{ ...only, clauses, text: `${only.text}${clauses}` }];
}

function isInstalled({ name, clauses }: Requirement, { packages }: PipState): boolean {
  const version = packages[canonicalName(name)];
  return version !== undefined && isPythonVersionIn(version, clauses);
}

/** Whether pip need not even be asked. It alone knows what a file, an address or an extra asks for. */
function isSettled(args: Args, requirements: readonly Requirement[], state: PipState): boolean {
  if (args.requirements !== undefined || requirements.some(({ isPlain }) => !isPlain)) return false;
  if (args.state === "absent")
    return requirements.every(({ name }) => state.packages[canonicalName(name)] === undefined);
  const isOpen = args.extra_args !== undefined || args.editable || requirements.some(({ extras }) => extras !== "");
  return args.state === "present" && !isOpen && requirements.every((one) => isInstalled(one, state));
}

/** As Ansible guesses under --check: what only pip could tell counts as a change. */
function wouldChange(args: Args, requirements: readonly Requirement[], state: PipState): boolean {
  if (args.extra_args !== undefined || args.requirements !== undefined || args.state === "latest") return true;
  if (args.state === "forcereinstall") return true;
  if (args.state === "absent")
    return requirements.some(({ name }) => state.packages[canonicalName(name)] !== undefined);
  return !requirements.every((one) => isInstalled(one, state));
}

function refuseFalseOk(
  args: Args,
  requirements: readonly Requirement[],
  state: PipState,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): void {
  // `--target`, `--root` and the like install elsewhere.
  if (/--(target|root|prefix|user|dry-run|download)\b|(^|\s)-t\b/.test(args.extra_args ?? "")) return;
  const wrong = requirements.filter((one) =>
    one.isPlain && one.marker === "" && args.state === "absent"
      ? state.packages[canonicalName(one.name)] !== undefined
      : one.isPlain && one.marker === "" && !isInstalled(one, state),
  );
  if (wrong.length === 0) return;
  const names = wrong.map(({ text }) => `\`${text}\``).join(", ");
  const what = args.state === "absent" ? "still there" : "not there";
  throw new TaskFailure(`pip says that all went well, but ${names} is ${what}`, { stdout, stderr });
}

function moreWords({ extra_args, editable }: Args): readonly string[] {
  const more = extra_args === undefined ? [] : splitCommand(extra_args);
  return editable && !more.includes("-e") ? [...more, "-e"] : more;
}

function targets({ requirements }: Args, packages: readonly Requirement[]): readonly string[] {
  return requirements === undefined ? packages.map(({ text }) => text) : ["-r", requirements];
}

/** virtualenv takes the Python as an option, the venv module is run by it. */
function environmentWords(args: Args): readonly string[] {
  const command = splitCommand(args.virtualenv_command);
  const isVenv = /pyvenv|-m venv/.test(args.virtualenv_command);
  if (isVenv && args.virtualenv_python !== undefined)
    throw new TaskFailure(
      "virtualenv_python should not be used when using the venv module or pyvenv as virtualenv_command",
    );
  return [
    ...command,
    ...(args.virtualenv_site_packages ? ["--system-site-packages"] : []),
    ...(args.virtualenv_python === undefined ? [] : [`-p${args.virtualenv_python}`]),
    keyOf(args).virtualenv as string,
  ];
}

/** Runs words in `chdir`, with the environment's programs first. A failure of pip is the task's, unless there was nothing to remove. */
async function run({ host }: ActionContext, args: Args, command: readonly string[], isRemoval = false) {
  const { virtualenv } = keyOf(args);
  const script: Sh = shLines([
    args.umask !== undefined && sh`umask ${args.umask}`,
    sh`cd -- ${args.chdir ?? "/tmp"} || exit`,
    virtualenv !== undefined && sh`PATH=${hostWord(virtualenv)}/bin:$PATH; export PATH`,
    sh`export PIP_DISABLE_PIP_VERSION_CHECK=1`,
    // Not the option, which pip before 23.0.1 does not know.
    args.break_system_packages && sh`export PIP_BREAK_SYSTEM_PACKAGES=1`,
    sh`${command}`,
  ]);
  const { rc, stdout, stderr } = await host.exec({ script });
  const isGone = isRemoval && rc === 1 && `${stdout}${stderr}`.includes("not installed");
  if (rc !== 0 && !isGone) {
    const hint =
      rc === 127 && command[0] === "virtualenv"
        ? " (the host has no virtualenv: `virtualenv_command: python3 -m venv`?)"
        : "";
    throw new TaskFailure(`${stderr.trim() || stdout.trim()}${hint}`, { cmd: command, rc, stdout, stderr });
  }
  return { stdout, stderr };
}

function resultOf(
  args: Args,
  cmd: readonly string[],
  changed: boolean,
  outputs: readonly { readonly stdout: string; readonly stderr: string }[],
): ActionResult {
  const [stdout, stderr] = [outputs.map((one) => one.stdout).join(""), outputs.map((one) => one.stderr).join("")];
  return {
    changed,
    cmd,
    ...echo(args),
    stdout,
    stderr,
    stdout_lines: splitLines(stdout),
    stderr_lines: splitLines(stderr),
  };
}

function echo(args: Args) {
  const { name = null, version = null, requirements = null, state } = args;
  return { name, version, state, requirements, virtualenv: keyOf(args).virtualenv ?? null };
}

function whyNoPip({ virtualenv, executable }: Args): string {
  if (executable !== undefined) return `the host has no \`${executable}\``;
  if (virtualenv !== undefined) return `the virtual environment ${virtualenv} has no pip`;
  return "Unable to find any of pip3 to use. pip needs to be installed: the package `python3-pip`";
}

function refuseBadCombinations({ name, requirements, executable, virtualenv, state, version, umask }: Args): void {
  if (name === undefined && requirements === undefined)
    throw new TaskFailure("one of the following is required: name, requirements");
  if (name !== undefined && requirements !== undefined)
    throw new TaskFailure("parameters are mutually exclusive: name|requirements");
  if (executable !== undefined && virtualenv !== undefined)
    throw new TaskFailure("parameters are mutually exclusive: executable|virtualenv");
  if (state === "latest" && version !== undefined) throw new TaskFailure("version is incompatible with state=latest");
  if (umask !== undefined && !/^0?o?[0-7]{1,4}$/.test(umask)) throw new TaskFailure("umask must be an octal integer");
}
