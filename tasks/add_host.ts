import { defineAction, z } from "tsrun";

export default defineAction({
  name: "add_host",
  summary: "Add a host to the inventory for the rest of the run",
  args: z
    .object({
      name: z
        .string()
        .describe("Name or address; a port may follow after a colon")
        .meta({ aliases: ["host", "hostname"] }),
      groups: z
        .array(z.string())
        .default([])
        .describe("Groups it joins")
        .meta({ aliases: ["group", "groupname"] }),
    })
    .catchall(z.unknown()),
  returns: {
    add_host: "Name, groups and variables of the host",
  },
  examples: [
    { name: "A machine that was just made", yaml: "add_host:\n  name: 10.1.0.7\n  groups: new\n  ansible_user: admin" },
  ],
  runsOn: "controller",
  runsOnce: true,
  inCheckMode: "run",
  // The interpreter applies it and says whether that changed anything.
  run({ name, groups, ...variables }) {
    const { host, port } = splitPort(name);
    const host_vars = { ...variables, ...(port !== undefined && { ansible_port: port }) };
    return { add_host: { host_name: host, groups: [...new Set(groups)], host_vars } };
  },
});

/** `name:22` and `[::1]:22`; a bare IPv6 address has no port. */
function splitPort(name: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(name);
  if (!match) return { host: name.replace(/^\[(.*)\]$/, "$1"), port: undefined };
  return { host: (match[1] ?? match[2]) as string, port: Number(match[3]) };
}
