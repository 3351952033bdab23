import { dockerVolume, type DockerEngine, type DockerObject } from "../state/docker.ts";
import { unknown } from "../task/change.ts";
import type { Query } from "../task/query.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import { endpoint, type NetworkChange, networkChanges } from "./docker-container-networks.ts";
import { imageConfig, type Setting } from "./docker-setting.ts";
import { containerName, type NewContainer } from "./docker-container-steps.ts";

/** What the Engine is told of a new container. */
export function newContainer(
  args: DockerContainerArgs,
  settings: readonly Setting[],
  image: string,
  inspected: DockerObject | undefined,
  isStrict: boolean,
): NewContainer {
  const hostConfig = Object.assign({}, ...settings.map((one) => one.hostConfig)) as Record<string, unknown>;
  // One that the Engine removes by itself could be gone before it is asked for its exit code: `cleanup` removes it.
  if (args.detach === false && hostConfig["AutoRemove"] === true) hostConfig["AutoRemove"] = false;
  const mode = networkMode(hostConfig);
  const wish = args.networks?.find(({ name }) => name === mode);
  const own = wish ? endpoint(wish) : {};
  const body: DockerObject = {
    ...(Object.assign({}, ...settings.map((one) => one.config)) as DockerObject),
    Image: image,
    HostConfig: hostConfig,
    ...(wish && Object.keys(own).length > 0 && { NetworkingConfig: { EndpointsConfig: { [mode]: own } } }),
  };
  const first = { ...predictedOf(body, inspected), NetworkSettings: { Networks: firstNetworks(mode, own) } };
  return { body, networks: networkChanges(args, first, isStrict) };
}

/** What the Engine will say of a container, as far as it can be told. */
export function predicted(
  { body, networks }: NewContainer,
  image: DockerObject | undefined,
  isRunning: boolean,
  args: DockerContainerArgs,
): DockerObject {
  const mode = networkMode(body["HostConfig"] as DockerObject);
  const wish = args.networks?.find(({ name }) => name === mode);
  const first = firstNetworks(mode, wish ? endpoint(wish) : {});
  return {
    ...predictedOf(body, image),
    Id: unknown,
    Name: `/${containerName(args)}`,
    Image: image?.["Id"] ?? unknown,
    Platform: image?.["Os"] ?? "linux",
    State: stateOf(isRunning, isRunning && args.paused === true, args.state === "healthy" ? "healthy" : undefined),
    NetworkSettings: { Networks: networksAfter(first, networks) },
  };
}

/** Volumes that the Engine makes for a container when they are missing. */
export function volumesOf(engine: DockerEngine, { body }: NewContainer): readonly Query<unknown>[] {
  const { Binds: binds = [] } = body["HostConfig"] as { readonly Binds?: readonly string[] };
  const sources = binds.map((bind) => bind.split(":")[0] ?? "").filter((source) => !source.startsWith("/"));
  return sources.map((source) => dockerVolume(engine, source));
}

function networkMode({ NetworkMode: mode }: DockerObject): string {
  return typeof mode === "string" ? mode : "default";
}

/** The networks that a container is in by its mode alone. */
function firstNetworks(mode: string, own: DockerObject): Readonly<Record<string, DockerObject>> {
  if (mode.startsWith("container:")) return {};
  return { [mode === "default" ? "bridge" : mode]: own };
}

/** The networks of a container after these changes. */
export function networksAfter(
  networks: Readonly<Record<string, DockerObject>>,
  changes: readonly NetworkChange[],
): Readonly<Record<string, DockerObject>> {
  const gone = new Set(changes.filter(({ leaves }) => leaves).map(({ name }) => name));
  const joined = changes.flatMap(({ name, join }) => (join ? [[name, join] as const] : []));
  return {
    ...Object.fromEntries(Object.entries(networks).filter(([name]) => !gone.has(name))),
    ...Object.fromEntries(joined),
  };
}

function predictedOf(body: DockerObject, image: DockerObject | undefined): DockerObject {
  const { HostConfig: hostConfig, NetworkingConfig: _, ...config } = body;
  const inherited = imageConfig(image);
  const both = (member: string) => ({ ...(inherited[member] as object), ...(config[member] as object) });
  const variables = [...((inherited["Env"] ?? []) as string[]), ...((config["Env"] ?? []) as string[])];
  const env = Object.fromEntries(variables.map((line) => [line.split("=")[0], line]));
  const merged = {
    Env: Object.values(env),
    Labels: both("Labels"),
    ExposedPorts: both("ExposedPorts"),
    Volumes: both("Volumes"),
  };
  return {
    Config: { ...inherited, ...config, ...merged },
    HostConfig: { NetworkMode: "default", PortBindings: {}, ...(hostConfig as object) },
  };
}

/** How a container is, as far as plans look at it. */
export function stateOf(isRunning: boolean, isPaused: boolean, health: string | undefined): DockerObject {
  return {
    Status: isPaused ? "paused" : isRunning ? "running" : "exited",
    Running: isRunning,
    Paused: isPaused,
    ...(health !== undefined && { Health: { Status: health } }),
  };
}
