import { defineAction, z } from "tsrun";

export default defineAction({
  name: "group_by",
  summary: "Put hosts into groups named by a value",
  args: z.object({
    key: z.string().describe("Name of the group; spaces become dashes"),
    parents: z.array(z.string()).default(["all"]).describe("Groups that the new one belongs to"),
  }),
  returns: {
    add_group: "The group",
    parent_groups: "Groups that it is in",
  },
  examples: [{ name: "By system", yaml: 'group_by:\n  key: "os_{{ ansible_facts.distribution }}"' }],
  runsOn: "controller",
  inCheckMode: "run",
  run({ key, parents }) {
    const dashed = (name: string) => name.replaceAll(" ", "-");
    return { add_group: dashed(key), parent_groups: parents.map(dashed) };
  },
});
