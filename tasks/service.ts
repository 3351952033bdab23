import { type Change, change, defineTask, sh, TaskFailure, z } from "tsrun";
import {
  file,
  initScript,
  type InitScriptState,
  planUnit,
  unit,
  unitDeath,
  unitManager,
  unitResult,
  unitToBe,
} from "tsrun/state";

const args = z.object({
  name: z.string().describe("Name of the service"),
  state: z
    .enum(["started", "stopped", "restarted", "reloaded"])
    .optional()
    .describe("What it should do; `restarted` and `reloaded` always act"),
  enabled: z.boolean().optional().describe("Whether it starts with the machine"),
  masked: z.boolean().optional().describe("Whether starting it is made impossible (systemd)"),
  daemon_reload: z
    .boolean()
    .default(false)
    .describe("Have systemd read its unit files again if any changed")
    .meta({ aliases: ["daemon-reload"] }),
  scope: z.enum(["system", "user", "global"]).default("system").describe("Whose units (systemd)"),
  sleep: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe("Seconds between stop and start of a restart (init scripts)"),
  arguments: z
    .string()
    .optional()
    .describe("More arguments for the init script")
    .meta({ aliases: ["args"] }),
  pattern: z
    .string()
    .optional()
    .describe(
      "Accepted for Ansible's sake: without meaning where systemd runs; elsewhere the init script says whether it runs",
    ),
  runlevel: z.string().optional().describe("Accepted for Ansible's sake: of OpenRC, without meaning elsewhere"),
  use: z
    .enum(["auto", "systemd", "service", "sysvinit"])
    .default("auto")
    .describe("Which service manager; `auto` finds it out"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "service",
  summary: "Start, stop and enable services, whatever manages them",
  args,
  returns: {
    name: "The unit",
    state: "`started` or `stopped`, when it was asked for",
    enabled: "Whether it starts at boot, when it was asked for",
    status: "Its properties, as `systemctl show` names them",
    stderr: "What systemctl complained about",
  },
  examples: [
    { name: "Running, now and after a reboot", yaml: "service:\n  name: nginx\n  state: started\n  enabled: true" },
  ],
  observe({ name, scope, daemon_reload, use }, known) {
    const current = known(unit(name, scope));
    return {
      current: unit(name, scope),
      manager: daemon_reload ? unitManager(scope) : undefined,
      unitFile: current?.exists === false ? file(`/etc/systemd/system/${name}.service`) : undefined,
      script: usesInitScript(use) || current?.isBooted === false ? initScript(name) : undefined,
    };
  },
  plan(args, { current, manager, unitFile, script }, { applied, isCheck }) {
    if (/[*?[/]/.test(args.name) || args.name === "" || args.name.startsWith("-"))
      throw new TaskFailure(`\`${args.name}\` is no name for a service`);
    if (script) return planInitScript(args, script);
    if (usesInitScript(args.use)) throw new TaskFailure(`there is no init script \`/etc/init.d/${args.name}\``);
    const loaded = current.exists || !isCheck || unitFile === undefined ? current : unitToBe;
    const mustReload = manager?.isStale === true;
    return planUnit(args, { query: unit(args.name, args.scope), current: loaded, mustReload, applied });
  },
  lasting: ({ name, state, scope, use }) =>
    state !== undefined && state !== "stopped" && !usesInitScript(use) ? unitDeath(name, scope) : undefined,
  result: (args, { after, outputs }) => unitResult(args, after.current, outputs),
});

function usesInitScript(use: Args["use"]): boolean {
  return use === "service" || use === "sysvinit";
}

function planInitScript(args: Args, current: InitScriptState): readonly Change[] {
  const query = initScript(args.name);
  const run = (verb: string) => sh`service ${args.name} ${verb} ${args.arguments?.split(/\s+/)}`;
  const changes: Change[] = [];
  if (args.enabled !== undefined && args.enabled !== current.isEnabled) {
    const verb = args.enabled ? sh`defaults && update-rc.d ${args.name} enable` : sh`disable`;
    changes.push(change(query, { isEnabled: args.enabled }, sh`update-rc.d ${args.name} ${verb}`));
  }
  if (args.state === "started" && !current.isRunning) changes.push(change(query, { isRunning: true }, run("start")));
  if (args.state === "stopped" && current.isRunning) changes.push(change(query, { isRunning: false }, run("stop")));
  if (args.state === "restarted") {
    const script = args.sleep > 0 ? sh`${run("stop")}; sleep ${args.sleep}; ${run("start")}` : run("restart");
    changes.push(change(query, { isRunning: true }, script, { isEvent: current.isRunning }));
  }
  if (args.state === "reloaded")
    changes.push(
      change(query, { isRunning: true }, run(current.isRunning ? "reload" : "start"), { isEvent: current.isRunning }),
    );
  return changes;
}
