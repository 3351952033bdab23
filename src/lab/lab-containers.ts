import type { Engine } from "./engine.ts";
import { containersOfLabArgv, execArgv, inspectContainersArgv } from "./engine-commands.ts";
import type { LabIdentity } from "./lab-identity.ts";
import { runCommand, runOrFail } from "./run-command.ts";

/** A container as it is now. */
export interface ContainerState {
  readonly container: string;
  readonly image: string;
  readonly address: string | undefined;
  /** What the engine believes: `running`, `exited`, … It may be out of date when processes died around it. */
  readonly state: string;
  /** systemd's own word (`running`, `degraded`, `starting`, …); undefined when it does not answer. */
  readonly systemd: string | undefined;
}

/** Every container of a lab, dead ones included, by name. */
export async function labContainers(engine: Engine, lab: LabIdentity): Promise<ReadonlyMap<string, ContainerState>> {
  const list = await runOrFail(containersOfLabArgv(engine, lab));
  const names = list.stdout.split("\n").filter(Boolean);
  const states = await Promise.all(names.map((name) => containerState(engine, name)));
  return new Map(states.flatMap((state) => (state ? [[state.container, state]] : [])));
}

interface Inspected {
  readonly Config?: { readonly Image?: string };
  readonly State?: { readonly Status?: string };
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string }>> };
}

/** State of one container; undefined when there is none. */
export async function containerState(engine: Engine, container: string): Promise<ContainerState | undefined> {
  const [inspect, systemd] = await Promise.all([
    runCommand(inspectContainersArgv(engine, [container])),
    systemdState(engine, container),
  ]);
  if (inspect.exitCode !== 0) return undefined;
  const [found] = JSON.parse(inspect.stdout) as readonly Inspected[];
  const network = Object.values(found?.NetworkSettings?.Networks ?? {})[0];
  return {
    container,
    image: found?.Config?.Image ?? "",
    address: network?.IPAddress || undefined,
    state: found?.State?.Status ?? "unknown",
    systemd,
  };
}

const systemdStates = new Set(["initializing", "starting", "running", "degraded", "maintenance", "stopping"]);

/** Answers of `systemctl is-system-running`; its exit code is 0 for `running` only, so the word counts. */
export async function systemdState(engine: Engine, container: string): Promise<string | undefined> {
  const result = await runCommand(execArgv(engine, container, ["systemctl", "is-system-running"]), {
    timeoutMs: 10_000,
  });
  const word = result.stdout.trim();
  return systemdStates.has(word) ? word : undefined;
}
