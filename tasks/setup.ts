import { defineAction, TaskFailure, z } from "tsrun";
import { defaultFactPath, facts } from "tsrun/state";

export default defineAction({
  name: "setup",
  aliases: ["gather_facts"],
  summary: "Read facts about the host",
  args: z.object({
    gather_subset: z
      .array(z.string())
      .default(["all"])
      .describe("Which facts: all, min, hardware, network, virtual, one of their own names, or `!` and a name"),
    filter: z.array(z.string()).default([]).describe("Keep only facts whose names match one of these patterns"),
    fact_path: z.string().default(defaultFactPath).describe("Directory of the host's own facts (`*.fact`)"),
    gather_timeout: z.number().int().positive().default(10).describe("Taken for Ansible's sake: one script reads all"),
  }),
  returns: {
    ansible_facts: "The facts, each name with `ansible_` in front",
  },
  examples: [{ name: "What is needed", yaml: "setup:\n  gather_subset: [min, network]" }],
  runsOn: "host",
  writes: false,
  inCheckMode: "run",
  async run({ gather_subset, filter, fact_path }, { host }) {
    const found = await host.read(queryOf(gather_subset, fact_path));
    const named = Object.entries(found).map(([name, value]) => [`ansible_${name}`, value] as const);
    if (filter.length === 0)
      return { ansible_facts: { ...Object.fromEntries(named), gather_subset, module_setup: true } };
    const kept = named.filter(([name]) => filter.some((pattern) => matches(pattern, name)));
    return { ansible_facts: Object.fromEntries(kept) };
  },
});

function queryOf(subset: readonly string[], factPath: string) {
  try {
    return facts(subset, factPath);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TaskFailure(
      `Bad subset '${error.message}' given to Ansible. gather_subset options allowed: all, min, hardware, network, virtual, and the names of single facts`,
    );
  }
}

/** Shell patterns; a name may be given with or without its prefix, as Ansible takes it. */
function matches(pattern: string, name: string): boolean {
  const regexp = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
    .replaceAll("[!", "[^");
  const wanted = new RegExp(`^(?:${regexp})$`, "s");
  return wanted.test(name) || wanted.test(name.slice("ansible_".length));
}
