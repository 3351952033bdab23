import { isImageId } from "../state/docker-names.ts";
import { dockerContainer, type DockerEngine, dockerImage, type DockerObject, dockerVolume } from "../state/docker.ts";
import { type Change, change, create, remove, type Step, unknown } from "../task/change.ts";
import type { Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { dockerDiff, dockerEngine } from "./docker-args.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import {
  comparisonOf,
  type DockerDifference,
  differentSettings,
  refuseBadComparisons,
} from "./docker-container-compare.ts";
import { endpoint, type NetworkChange, networkChanges, networksOf } from "./docker-container-networks.ts";
import { containerSettings, imageConfig, type Setting, type SettingContext } from "./docker-container-settings.ts";
import {
  containerName,
  containerRequest,
  createSteps,
  healthStep,
  type NewContainer,
  networkRequests,
  recreateSteps,
  removeSteps,
  startSteps,
  stopRequests,
} from "./docker-container-steps.ts";
import { pullStep, wholeImageName } from "./docker-pull.ts";
import { dockerCalls } from "./docker-step.ts";
import { notYet } from "./not-yet.ts";

/** What a plan knows of the host. */
export interface ContainerFacts extends Omit<SettingContext, "image"> {
  readonly container: DockerObject | undefined;
  /** The image that is asked for. */
  readonly image: DockerObject | undefined;
  /** The image that the container has. */
  readonly currentImage: DockerObject | undefined;
  readonly isCheck: boolean;
  /** What this task already did. */
  readonly applied: readonly Change[];
}

interface ContainerStatus {
  readonly Status?: string;
  readonly Running?: boolean;
  readonly Paused?: boolean;
  readonly Restarting?: boolean;
  readonly ExitCode?: number;
  readonly Error?: string;
  readonly Health?: { readonly Status?: string };
}

/** The changes that bring a container to what the arguments say. */
export function planContainer(args: DockerContainerArgs, facts: ContainerFacts): Plan {
  const engine = dockerEngine(args);
  const name = containerName(args);
  const query = dockerContainer(engine, name);
  const header = `container ${name}`;
  const status = (facts.container?.["State"] ?? {}) as ContainerStatus;
  const isGoing = status.Status === "removing";
  const current = isGoing ? undefined : facts.container;
  const isRunning = status.Running === true;
  const isPaused = status.Paused === true;
  const isAutoRemoved = (current?.["HostConfig"] as DockerObject | undefined)?.["AutoRemove"] === true;
  const wasApplied = facts.applied.some((one) => one.query.id === query.id);

  if (args.state === "absent") {
    if (!facts.container) return { changes: [] };
    const differences = [
      ...(isRunning ? [{ name: "running", before: true, after: false }] : []),
      { name: "exists", before: true, after: false },
    ];
    const steps = isGoing ? [] : removeSteps(args, { isRunning, isPaused, isAutoRemoved });
    return { changes: [remove(query, steps, dockerDiff(header, differences))] };
  }
  if (args.state === "present" && args.image === undefined)
    throw new TaskFailure("state is present but all of the following are missing: image");
  if (wasApplied && isOver(args, current, status)) return { changes: [] };

  const pulled = planPull(args, engine, facts);
  if (pulled && !facts.isCheck) return { changes: [pulled], isPartial: true };
  const pulls = pulled ? [pulled] : newImage(args, engine, facts);
  if (pulled && !pulled.isQuiet) {
    const diff = dockerDiff(header, [{ name: "image", before: current?.["Image"] ?? null, after: "(to be pulled)" }]);
    const make = current ? change : create;
    return { changes: [pulled, make(query, unknown, [], diff)] };
  }

  // Under --check: an image that an earlier task would bring.
  if (
    current &&
    facts.image &&
    typeof facts.image["Id"] !== "string" &&
    comparisonOf(args, "image", "value") === "strict"
  )
    return { changes: [], unknown: `whether \`${args.image}\` will be another image than the container has` };

  const comparedImage =
    args.image_comparison === "current-image" || facts.image === undefined
      ? (facts.currentImage ?? facts.image)
      : facts.image;
  const settings = containerSettings(args, { ...facts, image: comparedImage });
  refuseBadComparisons(args, settings);
  const wantsRun = args.state === "started" || args.state === "healthy";
  const wantsHealth = args.state === "healthy";
  const isStrict =
    args.purge_networks || (args.networks !== undefined && comparisonOf(args, "networks", "set") === "strict");

  if (!current) {
    if (args.image === undefined) throw new TaskFailure("Cannot create container when image is not specified!");
    const made = newContainer(args, settings, args.image, facts.image, isStrict);
    const differences = [
      { name: "exists", before: false, after: true },
      { name: "image", before: undefined, after: args.image },
      ...given(settings),
      ...networkLines(made.networks),
      ...(wantsRun ? [{ name: "running", before: false, after: true }] : []),
    ];
    const steps = [
      ...createSteps(args, made, isGoing, wantsRun),
      ...(wantsRun ? runSteps(args, true) : []),
      ...(wantsHealth ? [healthStep(args)] : []),
    ];
    const after = predicted(made, facts.image, wantsRun, args);
    const mayAlter = volumesOf(engine, made);
    return { changes: [...pulls, create(query, after, steps, { ...dockerDiff(header, differences), mayAlter })] };
  }

  const differing = differentSettings(args, settings, current, comparedImage);
  const lasting = differing.filter(({ isUpdatable }) => !isUpdatable);
  const imageLines = differentImage(args, current, facts.image);
  const isForced = args.recreate && !wasApplied;
  if (lasting.length > 0 || imageLines.length > 0 || isForced) {
    const image = args.image ?? (current["Image"] as string);
    const made = newContainer(args, settings, image, facts.image ?? facts.currentImage, isStrict);
    const differences = [
      ...imageLines,
      ...differing,
      ...(imageLines.length + differing.length === 0 ? [{ name: "recreated", before: false, after: true }] : []),
      ...(wantsRun !== isRunning ? [{ name: "running", before: isRunning, after: wantsRun }] : []),
    ];
    const steps = [
      ...recreateSteps(args, made, { isRunning, isPaused, isAutoRemoved }, wantsRun),
      ...(wantsRun ? runSteps(args, true) : []),
      ...(wantsHealth ? [healthStep(args)] : []),
    ];
    const after = predicted(made, facts.image ?? facts.currentImage, wantsRun, args);
    const isEvent = lasting.length + imageLines.length === 0;
    const options = { ...dockerDiff(header, differences), isEvent, mayAlter: volumesOf(engine, made) };
    return { changes: [...pulls, change(query, after, steps, options)] };
  }
  const altered = alter(args, current, settings, differing, isStrict, { ...status, wasApplied });
  return { changes: [...pulls, ...altered] };
}

/** Whether a container that was just started has done what it was for, and is gone or ended well. Otherwise, why not. */
function isOver(args: DockerContainerArgs, current: DockerObject | undefined, status: ContainerStatus): boolean {
  if (args.detach === false) return true;
  if (args.state !== "started" && args.state !== "healthy") return false;
  if (!current) return args.auto_remove === true;
  const isBroken =
    status.Restarting === true || status.Status === "dead" || (status.Status === "exited" && status.ExitCode !== 0);
  if (isBroken)
    throw new TaskFailure(
      `the container was started, and ended with exit code ${status.ExitCode ?? "unknown"}${status.Error ? `: ${status.Error}` : ""}; what it wrote: \`docker logs ${containerName(args)}\``,
      { status: status.ExitCode ?? null },
    );
  return args.state === "started" && status.Status === "exited";
}

/** The pull of an image: needed, or asked for each time, and then it is quiet about itself. */
function planPull(args: DockerContainerArgs, engine: DockerEngine, facts: ContainerFacts): Change | undefined {
  const { image: name, pull } = args;
  if (name === undefined) return undefined;
  const query = dockerImage(engine, name);
  if (isImageId(name)) {
    if (!facts.image) throw new TaskFailure(`there is no image with the id \`${name}\``);
    return undefined;
  }
  const whole = wholeImageName(name);
  const step = pullStep(engine, whole, args.platform);
  if (!facts.image) {
    if (pull === "never") throw new TaskFailure(`there is no image \`${name}\`, and \`pull: never\` forbids to get it`);
    const diff = dockerDiff(`image ${whole}`, [{ name: "exists", before: false, after: true }]);
    const got: DockerObject = { Id: unknown, RepoTags: [whole] };
    return create(query, got, [step], diff);
  }
  const isDue = (pull === true || pull === "always") && !facts.applied.some((one) => one.query.id === query.id);
  // As with Ansible, --check takes it that there is nothing newer.
  const same: DockerObject = { Id: facts.image["Id"] };
  return isDue ? change(query, same, [step], { isEvent: true, isQuiet: true }) : undefined;
}

/** After a pull: that it brought another image. */
function newImage(
  args: DockerContainerArgs,
  engine: DockerEngine,
  { applied, image }: ContainerFacts,
): readonly Change[] {
  const query = dockerImage(engine, args.image ?? "");
  const done = applied.filter((one) => one.query.id === query.id);
  const before = done.length === 1 && done[0]?.isQuiet ? (done[0].after as DockerObject)["Id"] : undefined;
  if (before === undefined || image === undefined || before === image["Id"]) return [];
  const diff = dockerDiff(`image ${args.image}`, [{ name: "Id", before, after: image["Id"] }]);
  const after: DockerObject = { Id: image["Id"] };
  return [change(query, after, [], { ...diff, isEvent: true })];
}

function differentImage(
  args: DockerContainerArgs,
  current: DockerObject,
  image: DockerObject | undefined,
): readonly DockerDifference[] {
  if (comparisonOf(args, "image", "value") !== "strict") return [];
  const [before, after] = [current["Image"], image?.["Id"]];
  const name = imageConfig(current)["Image"];
  return [
    ...(typeof before === "string" && typeof after === "string" && before !== after
      ? [{ name: "image", before, after }]
      : []),
    ...(args.image_name_mismatch === "recreate" && args.image !== undefined && name !== args.image
      ? [{ name: "image_name", before: name, after: args.image }]
      : []),
  ];
}

/** Volumes that the Engine makes for a container when they are missing. */
function volumesOf(engine: DockerEngine, { body }: NewContainer): readonly Query<unknown>[] {
  const { Binds: binds = [] } = body["HostConfig"] as { readonly Binds?: readonly string[] };
  const sources = binds.map((bind) => bind.split(":")[0] ?? "").filter((source) => !source.startsWith("/"));
  return sources.map((source) => dockerVolume(engine, source));
}

/** What can be done to a container that stays. */
function alter(
  args: DockerContainerArgs,
  current: DockerObject,
  settings: readonly Setting[],
  differing: readonly DockerDifference[],
  isStrict: boolean,
  status: ContainerStatus & { readonly wasApplied: boolean },
): readonly Change[] {
  const engine = dockerEngine(args);
  const name = containerName(args);
  const query = dockerContainer(engine, name);
  const [isRunning, isPaused] = [status.Running === true, status.Paused === true];
  const wantsRun = args.state === "started" || args.state === "healthy";
  const isIgnored = comparisonOf(args, "networks", "set") === "ignore" && !args.purge_networks;
  const networks = isIgnored ? [] : networkChanges(args, current, isStrict);
  const limits = Object.assign(
    {},
    ...settings.filter(({ isUpdatable }) => isUpdatable).map((one) => one.hostConfig),
  ) as DockerObject;
  const starts = wantsRun && !isRunning;
  const restarts = args.state === "started" && isRunning && args.restart && !status.wasApplied;
  const stops = args.state === "stopped" && isRunning;
  const isHeld = starts || restarts ? false : isPaused;
  const pauses = wantsRun && args.paused !== undefined && args.paused !== isHeld;
  const waits = args.state === "healthy" && (starts || status.Health?.Status !== "healthy");
  const requests = [
    ...(differing.length > 0 ? [{ ...containerRequest(name, "update"), body: limits }] : []),
    ...networkRequests(name, networks),
    ...(restarts ? [containerRequest(name, `restart?t=${args.stop_timeout ?? 10}`)] : []),
    ...(stops ? stopRequests(args, name, isPaused) : []),
  ];
  const steps: readonly Step[] = [
    ...(requests.length > 0 ? [dockerCalls(engine, requests)] : []),
    ...(starts ? runSteps({ ...args, paused: undefined }, false) : []),
    ...(pauses ? [dockerCalls(engine, [containerRequest(name, args.paused ? "pause" : "unpause")])] : []),
    ...(waits ? [healthStep(args)] : []),
  ];
  if (steps.length === 0) return [];
  const differences = [
    ...differing,
    ...networkLines(networks),
    ...(starts || stops ? [{ name: "running", before: isRunning, after: starts }] : []),
    ...(restarts ? [{ name: "restarted", before: false, after: true }] : []),
    ...(pauses ? [{ name: "paused", before: isPaused, after: args.paused === true }] : []),
  ];
  const hostConfig =
    differing.length > 0 ? { ...(current["HostConfig"] as DockerObject), ...limits } : current["HostConfig"];
  const after: DockerObject = {
    HostConfig: hostConfig,
    State: stateOf(
      stops ? false : isRunning || starts,
      pauses ? args.paused === true : isHeld,
      waits ? "healthy" : status.Health?.Status,
    ),
    NetworkSettings: {
      ...(current["NetworkSettings"] as DockerObject),
      Networks: networksAfter(networksOf(current), networks),
    },
  };
  const isEvent = restarts && differences.length === 1;
  return [
    change(query, after, steps, {
      ...dockerDiff(`container ${name}`, differences),
      isEvent,
      isQuiet: differences.length === 0,
    }),
  ];
}

/** Starts it, and holds it where that is wanted. */
function runSteps(args: DockerContainerArgs, isStarted: boolean): readonly Step[] {
  const pause = containerRequest(containerName(args), "pause");
  return [...startSteps(args, isStarted), ...(args.paused ? [dockerCalls(dockerEngine(args), [pause])] : [])];
}

function newContainer(
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

function networkMode({ NetworkMode: mode }: DockerObject): string {
  return typeof mode === "string" ? mode : "default";
}

/** The networks that a container is in by its mode alone. */
function firstNetworks(mode: string, own: DockerObject): Readonly<Record<string, DockerObject>> {
  if (mode.startsWith("container:")) return {};
  return { [mode === "default" ? "bridge" : mode]: own };
}

function networksAfter(
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

/** What the Engine will say of a container, as far as it can be told. */
function predicted(
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

function stateOf(isRunning: boolean, isPaused: boolean, health: string | undefined): DockerObject {
  return {
    Status: isPaused ? "paused" : isRunning ? "running" : "exited",
    Running: isRunning,
    Paused: isPaused,
    ...(health !== undefined && { Health: { Status: health } }),
  };
}

/** What is given for a new container. */
function given(settings: readonly Setting[]): readonly DockerDifference[] {
  return settings.flatMap(({ option, wanted }): readonly DockerDifference[] => {
    if (wanted === undefined || (Array.isArray(wanted) && wanted.length === 0)) return [];
    if (option !== "env") return [{ name: option, before: undefined, after: wanted }];
    return (wanted as string[]).map((line) => ({
      name: `env.${line.split("=")[0]}`,
      before: undefined,
      after: "(hidden)",
    }));
  });
}

function networkLines(changes: readonly NetworkChange[]): readonly DockerDifference[] {
  return changes.map(({ name, before, after }) => ({ name: `network.${name}`, before, after }));
}

/** Why there is nothing to plan on yet; undefined when all that the arguments name is there. */
export function missingNetwork(
  args: DockerContainerArgs,
  networks: ReadonlyMap<string, unknown>,
  isCheck: boolean,
): Plan | undefined {
  const name = (args.networks ?? []).map((wish) => wish.name).find((wanted) => networks.get(wanted) === undefined);
  return name === undefined
    ? undefined
    : notYet(`Parameter error: network named ${name} could not be found. Does it exist?`, isCheck);
}
