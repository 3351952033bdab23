import { dockerContainer, type DockerObject } from "../state/docker.ts";
import { change, create, remove, unknown } from "../task/change.ts";
import type { Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import { dockerDiff, dockerEngine } from "./docker-args.ts";
import { alter } from "./docker-container-alter.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import {
  comparisonOf,
  type DockerDifference,
  differentSettings,
  refuseBadComparisons,
} from "./docker-container-compare.ts";
import type { ContainerFacts, ContainerStatus } from "./docker-container-facts.ts";
import { differentImage, newImage, planPull } from "./docker-container-image.ts";
import { networkLines } from "./docker-container-networks.ts";
import { newContainer, predicted, volumesOf } from "./docker-container-predict.ts";
import { containerSettings } from "./docker-container-settings.ts";
import type { Setting } from "./docker-setting.ts";
import {
  containerName,
  createSteps,
  healthStep,
  recreateSteps,
  removeSteps,
  runSteps,
} from "./docker-container-steps.ts";
import { notYet } from "./not-yet.ts";

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
