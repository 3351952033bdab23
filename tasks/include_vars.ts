import { type Controller, defineAction, TaskFailure, z } from "tsrun";

const args = z.object({
  file: z.string().optional().describe("File to read, looked for in `vars/`"),
  dir: z.string().optional().describe("Directory whose files are all read, in alphabetical order"),
  depth: z.number().int().nonnegative().default(0).describe("How many levels of `dir`; 0: all"),
  files_matching: z.string().optional().describe("Regular expression that a file's name must match"),
  ignore_files: z.array(z.string()).default([]).describe("Regular expressions for the ends of names to leave out"),
  extensions: z.array(z.string()).default(["yaml", "yml", "json"]).describe("Extensions that count"),
  ignore_unknown_extensions: z
    .boolean()
    .default(false)
    .describe("Pass over files with other extensions instead of failing"),
  name: z.string().optional().describe("Put the variables into this one as a mapping"),
  hash_behaviour: z
    .enum(["replace", "merge"])
    .default("replace")
    .describe("Merge mappings into those that are set already"),
});
type Args = z.output<typeof args>;

export default defineAction({
  name: "include_vars",
  summary: "Read variables from files",
  args,
  freeForm: "file",
  returns: {
    ansible_facts: "The variables",
    ansible_included_var_files: "The files they came from",
  },
  examples: [
    { name: "By system", yaml: 'include_vars: "{{ ansible_facts.os_family }}.yaml"' },
    { name: "A directory", yaml: "include_vars:\n  dir: settings" },
  ],
  runsOn: "controller",
  inCheckMode: "run",
  async run(args, { controller, vars }) {
    const files = await filesOf(args, controller);
    const merged: Record<string, unknown> = {};
    for (const file of files) Object.assign(merged, await controller.loadVars(file));
    const values = args.name === undefined ? merged : { [args.name]: merged };
    if (args.hash_behaviour === "merge") {
      for (const [key, value] of Object.entries(values)) {
        if (vars.has(key)) values[key] = mergeDeep(vars.get(key), value);
      }
    }
    return { ansible_facts: values, ansible_included_var_files: files };
  },
});

async function filesOf(args: Args, controller: Controller): Promise<readonly string[]> {
  if ((args.file === undefined) === (args.dir === undefined))
    throw new TaskFailure("include_vars needs `file` or `dir`, one of them");
  if (args.file !== undefined) return [await controller.find(args.file, "vars")];
  const directory = await controller.find(args.dir as string, "vars");
  const entry = await controller.stat(directory);
  if (entry?.type !== "directory") throw new TaskFailure(`${args.dir} is not a directory`);
  const files = (await controller.walk(directory))
    .filter((found) => found.type === "file" || found.type === "link")
    .map(({ path }) => path)
    .filter((path) => args.depth === 0 || path.split("/").length <= args.depth)
    .filter((path) => isWanted(args, path.slice(path.lastIndexOf("/") + 1)))
    .sort(byDirectory);
  const odd = files.find((path) => !hasExtension(args, path));
  if (odd !== undefined && !args.ignore_unknown_extensions)
    throw new TaskFailure(`${directory}/${odd} does not have a valid extension: ${args.extensions.join(", ")}`);
  return files.filter((path) => hasExtension(args, path)).map((path) => `${directory}/${path}`);
}

function isWanted(args: Args, name: string): boolean {
  if (args.files_matching !== undefined && !new RegExp(args.files_matching).test(name)) return false;
  return !args.ignore_files.some((pattern) => new RegExp(`${pattern}$`).test(name));
}

function hasExtension(args: Args, path: string): boolean {
  return args.extensions.includes(/[^/.]\.([^/.]*)$/.exec(path)?.[1] ?? "");
}

/** A directory's own files come before those of its directories, as os.walk gives them. */
function byDirectory(a: string, b: string): number {
  const [left, right] = [a, b].map((path) => `${path.slice(0, path.lastIndexOf("/") + 1)}\0${path}`) as [
    string,
    string,
  ];
  return left < right ? -1 : left > right ? 1 : 0;
}

function mergeDeep(old: unknown, added: unknown): unknown {
  if (!isMapping(old) || !isMapping(added)) return added;
  const merged: Record<string, unknown> = { ...old };
  for (const [key, value] of Object.entries(added))
    merged[key] = Object.hasOwn(old, key) ? mergeDeep(old[key], value) : value;
  return merged;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
