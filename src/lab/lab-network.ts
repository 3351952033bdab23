import { readFile } from "node:fs/promises";
import { TsrunError } from "../lib/errors.ts";
import type { Engine } from "./engine.ts";
import { createNetworkArgv } from "./engine-commands.ts";
import type { LabIdentity } from "./lab-identity.ts";
import { pickSubnet, routedNetworks } from "./pick-subnet.ts";
import { type CommandResult, commandError, runCommand } from "./run-command.ts";

const attempts = 5;

/** Makes the lab's network unless it is there, and returns its subnet. Another lab may take a subnet in between: retried. */
export async function ensureNetwork(engine: Engine, lab: LabIdentity, wanted: string | undefined): Promise<string> {
  const existing = (await engineSubnets(engine)).get(lab.id);
  if (existing !== undefined) return existing;
  let last: CommandResult | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const inUse = [...routedNetworks(await routeTable()), ...(await engineSubnets(engine)).values()];
    const isFree = wanted !== undefined && attempt === 0 && !inUse.includes(wanted);
    const subnet = isFree ? wanted : pickSubnet(`${lab.id}/${attempt}`, inUse);
    last = await runCommand(createNetworkArgv(engine, lab, subnet));
    if (last.exitCode === 0) return subnet;
  }
  throw new TsrunError({
    code: "E_LAB_NETWORK_CREATE",
    message: `cannot make a container network: ${last?.stderr.trim()}`,
    hint: last && commandError(createNetworkArgv(engine, lab, "10.64.0.0/24"), last).hint,
  });
}

export async function removeNetwork(engine: Engine, lab: LabIdentity): Promise<void> {
  const result = await runCommand([...engine.command, "network", "rm", lab.id]);
  if (result.exitCode === 0 || /not found|no such network|unable to find network/i.test(result.stderr)) return;
  throw commandError([...engine.command, "network", "rm", lab.id], result);
}

/** IPv4 subnets of the engine's networks, by network name. */
async function engineSubnets(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const list = await runCommand([...engine.command, "network", "ls", "--format", "{{.Name}}"]);
  const names = list.stdout.split("\n").filter(Boolean);
  if (names.length === 0) return new Map();
  const inspect = await runCommand([...engine.command, "network", "inspect", ...names]);
  return subnetsOfNetworks(inspect.stdout);
}

interface InspectedNetwork {
  /** Podman's spelling, docker's spelling. */
  readonly name?: string;
  readonly Name?: string;
  readonly subnets?: readonly { readonly subnet?: string }[];
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

/** Subnets out of `network inspect`. A network that vanished meanwhile makes the command fail but not its output. */
export function subnetsOfNetworks(inspectJson: string): ReadonlyMap<string, string> {
  const networks = JSON.parse(inspectJson.trim() || "[]") as readonly InspectedNetwork[];
  return new Map(
    networks.flatMap((network): readonly (readonly [string, string])[] => {
      const subnets = network.subnets?.map(({ subnet }) => subnet) ?? network.IPAM?.Config?.map(({ Subnet }) => Subnet);
      const subnet = subnets?.find((candidate) => candidate?.includes("."));
      const name = network.name ?? network.Name;
      return name !== undefined && subnet !== undefined ? [[name, subnet]] : [];
    }),
  );
}

async function routeTable(): Promise<string> {
  return readFile("/proc/net/route", "utf8").catch(() => "");
}
