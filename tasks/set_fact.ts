import { defineAction, TaskFailure, z } from "tsrun";

export default defineAction({
  name: "set_fact",
  summary: "Set variables for the rest of the run",
  args: z
    .object({
      cacheable: z.boolean().default(false).describe("Make them facts too, which a fact cache keeps"),
    })
    .catchall(z.unknown()),
  returns: {
    ansible_facts: "The variables",
  },
  examples: [
    { name: "The first server", yaml: "set_fact:\n  first_server: \"{{ groups['consul_servers'] | first }}\"" },
  ],
  runsOn: "controller",
  inCheckMode: "run",
  run({ cacheable, ...facts }) {
    const names = Object.keys(facts);
    if (names.length === 0) throw new TaskFailure("set_fact needs at least one variable: `name: value`");
    for (const name of names) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        throw new TaskFailure(
          `The variable name '${name}' is not valid. Variables must start with a letter or underscore character, and contain only letters, numbers and underscores.`,
        );
      }
    }
    return { ansible_facts: facts, _ansible_facts_cacheable: cacheable };
  },
});
