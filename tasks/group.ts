import { create, change, defineTask, remove, sh, TaskFailure, z } from "tsrun";
import { group } from "tsrun/state";

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
    local: z.boolean().default(false).describe("Use the local group database only"),
  }),
  returns: {
    name: "The group",
    gid: "Its id",
    state: "`present` or `absent`",
    system: "Whether it is one of the system",
  },
  examples: [{ name: "A group of the system", yaml: "group:\n  name: consul\n  system: true" }],
  observe: ({ name }) => ({ current: group(name) }),
  plan({ name, gid, state, system, non_unique, force }, { current }) {
    if (name === "" || name.startsWith("-")) throw new TaskFailure(`\`${name}\` is no name for a group`);
    const id = gid !== undefined && ["-g", gid, non_unique && "-o"];
    if (state === "absent") return current ? [remove(group(name), sh`groupdel ${force && "-f"} -- ${name}`)] : [];
    if (!current) return [create(group(name), { name, gid }, sh`groupadd ${id} ${system && "-r"} -- ${name}`)];
    if (gid !== undefined && gid !== current.gid) return [change(group(name), { gid }, sh`groupmod ${id} -- ${name}`)];
    return [];
  },
  result: ({ name, state, system }, { after }) => ({ name, state, system, gid: after.current?.gid }),
});
