import { isImageId } from "../state/docker-names.ts";
import { type DockerEngine, dockerImage, type DockerObject } from "../state/docker.ts";
import { type Change, change, create, unknown } from "../task/change.ts";
import { TaskFailure } from "../task/failure.ts";
import { dockerDiff } from "./docker-args.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import { comparisonOf, type DockerDifference } from "./docker-container-compare.ts";
import type { ContainerFacts } from "./docker-container-facts.ts";
import { imageConfig } from "./docker-setting.ts";
import { pullStep, wholeImageName } from "./docker-pull.ts";

/** The pull of an image: needed, or asked for each time, and then it is quiet about itself. */
export function planPull(args: DockerContainerArgs, engine: DockerEngine, facts: ContainerFacts): Change | undefined {
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
export function newImage(
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

/** That a container is of another image than it should be. */
export function differentImage(
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
