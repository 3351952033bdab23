import { create, change, defineTask, remove, sh, TaskFailure, z } from "tsrun";
import { group as anyGroup, localGroup } from "tsrun/state";

export default defineTask({
  name: "group",
  summary: "Create, change or remove a group",
  args: z.object({
    name: z.string().describe("Name of the group"),
    gid: z.number().int().nonnegative().optional().describe("Numeric id"),
    state: z.enum(["present", "absent"]).default("present").describe("Whether the group should exist"),
    system: z.boolean().default(false).describe("Take the id from the range of system groups when the group is made"),
    non_unique: z.boolean().default(false).describe("Allow an id that another group has"),
    force: z.boolean().default(false).describe("Remove the group even when it is a user's primary group"),
    local: z
      .boolean()
      .default(false)
      .describe("Only the host's own files count: a group that a directory service has is none"),
    gid_min: z.number().int().nonnegative().optional().describe("Lowest id that a new group may get"),
    gid_max: z.number().int().nonnegative().optional().describe("Highest id that a new group may get"),
  }),
  returns: {
    name: "The group",
    gid: "Its id",
    state: "`present` or `absent`",
    system: "Whether it is one of the system",
  },
  examples: [{ name: "A group of the system", yaml: "group:\n  name: consul\n  system: true" }],
  mayShareMessage: true,
  observe: ({ name, local }) => ({ current: local ? localGroup(name) : anyGroup(name) }),
  plan({ name, gid, state, system, non_unique, force, local, gid_min, gid_max }, { current }) {
    const group = local ? localGroup : anyGroup;
    if (name === "" || name.startsWith("-")) throw new TaskFailure(`\`${name}\` is no name for a group`);
    const id = gid !== undefined && ["-g", gid, non_unique && "-o"];
    const range = [
      gid_min !== undefined && ["-K", `GID_MIN=${gid_min}`],
      gid_max !== undefined && ["-K", `GID_MAX=${gid_max}`],
    ];
    if (state === "absent") return current ? [remove(group(name), sh`groupdel ${force && "-f"} -- ${name}`)] : [];
    if (!current) return [create(group(name), { name, gid }, sh`groupadd ${id} ${system && "-r"} ${range} -- ${name}`)];
    if (gid !== undefined && gid !== current.gid) return [change(group(name), { gid }, sh`groupmod ${id} -- ${name}`)];
    return [];
  },
  result: ({ name, state, system }, { after }) => ({ name, state, system, gid: after.current?.gid }),
});
