import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureImage } from "./build-image.ts";
import { eachHost } from "./each-host.ts";
import { detectEngine, type Engine } from "./engine.ts";
import { adminUser, type ImageRecipe, imageRecipe } from "./image-recipe.ts";
import { inventoryPath, inventoryText, knownHostsPath, sshConfigText } from "./inventory-text.ts";
import type { Lab, LabUpOptions } from "./lab.ts";
import { type ContainerState, labContainers } from "./lab-containers.ts";
import { containerName, removeContainer, startHost } from "./lab-host.ts";
import { hostNames, type LabIdentity, labIdentity } from "./lab-identity.ts";
import { ensureHostKeys, ensureUserKey, knownHostsText, userKeyPath } from "./lab-keys.ts";
import { lockLab } from "./lab-lock.ts";
import { ensureNetwork, removeNetwork } from "./lab-network.ts";
import { type LabProgress, noProgress } from "./lab-progress.ts";
import { type LabHost, type LabRecord, readLabRecord, writeLabRecord } from "./lab-record.ts";
import { readMachineApt } from "./machine-apt.ts";
import { addressIn } from "./pick-subnet.ts";
import { writeWhole } from "./write-whole.ts";

const defaultHostCount = 2;
/** `.1` is the gateway; hosts start well above it. */
const firstAddress = 11;

/**
 * Brings a lab up: hosts that are up and of the right image stay as they are, dead or different ones are made anew, hosts
 * no longer wanted go. Addresses and keys of a host never change while its network lives. Returns when every host runs
 * and answers SSH.
 */
export async function labUp(options: LabUpOptions, progress: LabProgress = noProgress): Promise<Lab> {
  return convergeLab(options, progress, () => false);
}

/** {@link labUp}, making those hosts anew that `isStale` names although they are up. */
export async function convergeLab(
  options: LabUpOptions,
  progress: LabProgress,
  isStale: (host: string) => boolean,
): Promise<Lab> {
  const lab = labIdentity(options.checkout, options.name);
  const onWait = (pid: number): void =>
    progress({ kind: "step", text: `waiting for process ${pid}, which works on the lab` });
  const unlock = await lockLab(lab.directory, "lab", { signal: options.signal, onWait });
  try {
    return await converge(lab, options, progress, isStale);
  } finally {
    await unlock();
  }
}

async function converge(
  lab: LabIdentity,
  options: LabUpOptions,
  progress: LabProgress,
  isStale: (host: string) => boolean,
): Promise<Lab> {
  const { signal } = options;
  const previous = await readLabRecord(lab.directory);
  const engine = await detectEngine(options.engine ?? previous?.engine);
  const recipe = await recipeFor(options, previous);
  await ensureImage(recipe, { engine, progress, signal, labs: dirname(lab.directory) });
  const containers = await labContainers(engine, lab);
  const names = hostNames(options.hosts ?? previous?.hosts.map(({ name }) => name) ?? defaultHostCount);
  const subnet = await subnetFor(engine, lab, previous, containers);
  const record: LabRecord = {
    version: 1,
    image: recipe.name,
    tag: recipe.tag,
    python: options.python ?? previous?.python ?? false,
    ...optional("mirrorOption", options.mirror ?? previous?.mirrorOption),
    ...optional("mirror", recipe.sources?.[0]?.split(" ")[1]),
    engine: engine.name,
    subnet,
    hosts: giveAddresses(names, subnet, previous),
  };
  await writeFiles(lab, record);

  const keep = (host: LabHost): boolean =>
    !isStale(host.name) && isGood(containers.get(containerName(lab, host.name)), host, recipe);
  const kept = new Set(record.hosts.filter(keep).map(({ name }) => containerName(lab, name)));
  const leavings = [...containers.keys()].filter((container) => !kept.has(container));
  const missing = record.hosts.filter((host) => !kept.has(containerName(lab, host.name)));
  if (missing.length > 0) progress({ kind: "step", text: `starting ${missing.length} of ${names.length} hosts` });
  await eachHost(leavings, async (container) => {
    progress({ kind: "host", host: container.slice(lab.id.length + 1), state: "removing" });
    await removeContainer(engine, container);
  });
  await eachHost(missing, async (host) => {
    progress({ kind: "host", host: host.name, state: "starting" });
    await startHost(host, { engine, lab, image: recipe.tag, signal });
    progress({ kind: "host", host: host.name, state: "ready" });
  });
  return labOf(lab, record);
}

async function recipeFor(options: LabUpOptions, previous: LabRecord | undefined): Promise<ImageRecipe> {
  return imageRecipe(
    {
      image: options.image ?? previous?.image,
      python: options.python ?? previous?.python,
      mirror: options.mirror ?? previous?.mirrorOption,
    },
    await readMachineApt(),
  );
}

/**
 * The lab's subnet. A network that lived through the death of all its containers (a reboot) is made anew: podman's
 * record of given addresses may have outlived them.
 */
async function subnetFor(
  engine: Engine,
  lab: LabIdentity,
  previous: LabRecord | undefined,
  containers: ReadonlyMap<string, ContainerState>,
): Promise<string> {
  const isAlive = [...containers.values()].some(({ systemd }) => systemd !== undefined);
  if (!isAlive) {
    await eachHost(containers.keys(), (container) => removeContainer(engine, container));
    await removeNetwork(engine, lab);
  }
  return ensureNetwork(engine, lab, previous?.subnet);
}

/** Hosts keep the address that they had in this subnet; new ones get the lowest free one. */
export function giveAddresses(
  names: readonly string[],
  subnet: string,
  previous: Pick<LabRecord, "subnet" | "hosts"> | undefined,
): readonly LabHost[] {
  const known = new Map(previous?.subnet === subnet ? previous.hosts.map((host) => [host.name, host.address]) : []);
  const taken = new Set(names.flatMap((name) => known.get(name) ?? []));
  let next = firstAddress;
  return names.map((name) => {
    let address = known.get(name);
    while (address === undefined) {
      const candidate = addressIn(subnet, next++);
      if (!taken.has(candidate)) address = candidate;
    }
    return { name, address };
  });
}

function isGood(container: ContainerState | undefined, host: LabHost, recipe: ImageRecipe): boolean {
  return (
    container !== undefined &&
    container.image === recipe.tag &&
    container.address === host.address &&
    (container.systemd === "running" || container.systemd === "degraded")
  );
}

async function writeFiles(lab: LabIdentity, record: LabRecord): Promise<void> {
  await mkdir(lab.directory, { recursive: true, mode: 0o700 });
  await ensureUserKey(lab.directory);
  await eachHost(record.hosts, ({ name }) => ensureHostKeys(lab.directory, name));
  await writeWhole(knownHostsPath(lab.directory), await knownHostsText(lab.directory, record));
  await writeWhole(join(lab.directory, "ssh_config"), sshConfigText(lab.directory, record));
  await writeWhole(inventoryPath(lab.directory), inventoryText(lab.directory, record));
  await writeLabRecord(lab.directory, record);
}

export function labOf(lab: LabIdentity, record: LabRecord): Lab {
  return {
    name: lab.name,
    directory: lab.directory,
    image: record.image,
    subnet: record.subnet,
    mirror: record.mirror,
    hosts: record.hosts,
    user: adminUser,
    inventoryPath: inventoryPath(lab.directory),
    knownHostsPath: knownHostsPath(lab.directory),
    privateKeyPath: userKeyPath(lab.directory),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
