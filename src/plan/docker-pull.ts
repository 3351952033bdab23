import { joinImage, splitImage } from "../state/docker-names.ts";
import { dockerCli, type DockerEngine } from "../state/docker.ts";
import { runCommand, type Step } from "../task/change.ts";
import { sh } from "../task/sh.ts";

/** An image's name with its tag. */
export function wholeImageName(name: string, tag = "latest"): string {
  const split = splitImage(name);
  return joinImage(split.repository, split.tag ?? tag);
}

/** Gets an image from its registry. Docker's client does it, which knows where credentials are kept. */
export function pullStep(engine: DockerEngine, name: string, platform: string | undefined): Step {
  return runCommand(
    sh`${dockerCli(engine)} pull --quiet ${platform !== undefined && ["--platform", platform]} -- ${name}`,
  );
}
