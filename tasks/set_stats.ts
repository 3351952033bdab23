import { defineAction, TaskFailure, z } from "tsrun";

export default defineAction({
  name: "set_stats",
  summary: "Show values of your own at the end of the run",
  args: z.object({
    data: z.record(z.string(), z.unknown()).describe("Names and values"),
    per_host: z.boolean().default(false).describe("Keep them apart for each host"),
    aggregate: z.boolean().default(true).describe("Add to an earlier value of the same name instead of replacing it"),
  }),
  returns: {
    ansible_stats: "The values and how they add up",
  },
  examples: [{ name: "Count what was restarted", yaml: "set_stats:\n  data:\n    restarted: 1" }],
  runsOn: "controller",
  inCheckMode: "run",
  run({ data, per_host, aggregate }) {
    const bad = Object.keys(data).find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
    if (bad !== undefined) throw new TaskFailure(`The variable name '${bad}' is not valid.`);
    return { ansible_stats: { data, per_host, aggregate } };
  },
});
