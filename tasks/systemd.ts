import { change, defineTask, sh, TaskFailure, z } from "tsrun";
import { file, planUnit, reloadManager, unit, unitDeath, unitManager, unitResult, unitToBe } from "tsrun/state";

const args = z.object({
  name: z
    .string()
    .optional()
    .describe("Name of the unit; `.service` is added when it has no type")
    .meta({ aliases: ["service", "unit"] }),
  state: z
    .enum(["started", "stopped", "restarted", "reloaded"])
    .optional()
    .describe("What it should do; `restarted` and `reloaded` always act"),
  enabled: z.boolean().optional().describe("Whether it starts with the machine"),
  masked: z.boolean().optional().describe("Whether starting it is made impossible"),
  daemon_reload: z
    .boolean()
    .default(false)
    .describe("Have systemd read its unit files again if any changed; a unit whose own file changed is reloaded anyway")
    .meta({ aliases: ["daemon-reload"] }),
  daemon_reexec: z
    .boolean()
    .default(false)
    .describe("Run systemd anew, with its state kept")
    .meta({ aliases: ["daemon-reexec"] }),
  scope: z
    .enum(["system", "user", "global"])
    .default("system")
    .describe("Units of the system, of the task's user, or of all users"),
  no_block: z.boolean().default(false).describe("Do not wait until it is started or stopped, and do not watch it"),
  force: z.boolean().optional().describe("Replace links that stand in the way of `enabled` or `masked`"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "systemd",
  aliases: ["systemd_service"],
  summary: "Start, stop, enable and mask units of systemd",
  args,
  returns: {
    name: "The unit",
    state: "`started` or `stopped`, when it was asked for",
    enabled: "Whether it starts at boot, when it was asked for",
    status: "Its properties, as `systemctl show` names them",
    stderr: "What systemctl complained about",
  },
  examples: [
    { name: "Running, now and after a reboot", yaml: "systemd:\n  name: consul\n  state: started\n  enabled: true" },
    { name: "After unit files were changed", yaml: "systemd:\n  daemon_reload: true" },
  ],
  observe: ({ name, scope, daemon_reload }, known) => ({
    current: name === undefined ? undefined : unit(name, scope),
    manager: daemon_reload ? unitManager(scope) : undefined,
    unitFile:
      name !== undefined && known(unit(name, scope))?.exists === false
        ? file(`/etc/systemd/system/${fileName(name)}`)
        : undefined,
  }),
  plan(args, { current, manager, unitFile }, { applied, isCheck }) {
    refuseBadWish(args);
    const mustReload = manager?.isStale === true;
    const reexec = change(
      unitManager(args.scope),
      {},
      sh`systemctl ${args.scope !== "system" && `--${args.scope}`} daemon-reexec`,
      {
        isEvent: true,
        isQuiet: true,
      },
    );
    const first = args.daemon_reexec ? [reexec] : [];
    if (args.name === undefined || !current) return [...(mustReload ? [reloadManager(args.scope)] : []), ...first];
    const loaded = current.exists || !isCheck || unitFile === undefined ? current : unitToBe;
    const plan = planUnit(wishOf({ ...args, name: args.name }), {
      query: unit(args.name, args.scope),
      current: loaded,
      mustReload,
      applied,
    });
    return { ...plan, changes: [...first, ...plan.changes] };
  },
  lasting: ({ name, state, scope }) =>
    name !== undefined && state !== undefined && state !== "stopped" ? unitDeath(name, scope) : undefined,
  result: (args, { after, outputs }) =>
    args.name === undefined
      ? { name: null, status: {} }
      : unitResult(wishOf({ ...args, name: args.name }), after.current, outputs),
});

function wishOf({ name, scope, state, enabled, masked, force, no_block }: Args & { readonly name: string }) {
  return { name, scope, state, enabled, masked, force, noBlock: no_block };
}

function fileName(name: string): string {
  return /\.[a-z]+$/.test(name) ? name : `${name}.service`;
}

function refuseBadWish({ name, state, enabled, masked, daemon_reload, daemon_reexec }: Args): void {
  const aboutUnit = state !== undefined || enabled !== undefined || masked !== undefined;
  // With nothing but a name Ansible tells the unit's status.
  if (!aboutUnit && !daemon_reload && !daemon_reexec && name === undefined)
    throw new TaskFailure("one of the following is required: state, enabled, masked, daemon_reload, daemon_reexec");
  if (aboutUnit && name === undefined) throw new TaskFailure("`name` is needed with `state`, `enabled` and `masked`");
  if (name !== undefined && (/[*?[]/.test(name) || name === "" || name.startsWith("-")))
    throw new TaskFailure(`\`${name}\` is no name for a unit; patterns are not supported`);
}
