import { dockerContainer, type DockerObject } from "../state/docker.ts";
import { type Change, change, type Step } from "../task/change.ts";
import { dockerDiff, dockerEngine } from "./docker-args.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import { comparisonOf, type DockerDifference } from "./docker-container-compare.ts";
import type { ContainerStatus } from "./docker-container-facts.ts";
import { networkChanges, networkLines, networksOf } from "./docker-container-networks.ts";
import { networksAfter, stateOf } from "./docker-container-predict.ts";
import type { Setting } from "./docker-setting.ts";
import {
  containerName,
  containerRequest,
  healthStep,
  networkRequests,
  runSteps,
  stopRequests,
} from "./docker-container-steps.ts";
import { dockerCalls } from "./docker-step.ts";

/** What can be done to a container that stays. */
export function alter(
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
