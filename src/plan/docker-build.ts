import { z } from "zod";
import { joinPath } from "../state/host-path.ts";
import { dockerCli, type DockerEngine } from "../state/docker.ts";
import { runCommand, type Step } from "../task/change.ts";
import { sh, shLines } from "../task/sh.ts";

/** How an image is built: members of `build` of docker_image. */
export const dockerBuildArgs = z.strictObject({
  path: z.string(),
  dockerfile: z.string().optional(),
  args: z.record(z.string(), z.unknown()).optional(),
  cache_from: z.array(z.string()).optional(),
  container_limits: z
    .strictObject({
      memory: z.number().int().optional(),
      memswap: z.number().int().optional(),
      cpushares: z.number().int().optional(),
      cpusetcpus: z.string().optional(),
    })
    .optional(),
  etc_hosts: z.record(z.string(), z.string()).optional(),
  http_timeout: z.number().int().positive().optional(),
  network: z.string().optional(),
  nocache: z.boolean().default(false),
  platform: z.string().optional(),
  pull: z.boolean().default(false),
  rm: z.boolean().default(true),
  target: z.string().optional(),
  use_config_proxy: z.boolean().optional(),
});

/** Whether a build takes its files from a directory of the host, and not from an address. */
export function isBuildDirectory(path: string): boolean {
  return !/^(https?:\/\/|git:\/\/|github\.com\/|git@)/.test(path);
}

/** Variables that mean something to Docker's client itself. */
const ownVariables = /^(?:PATH|HOME|LD_.*|DOCKER_.*)$|[^A-Za-z0-9_]|^\d|^$/;

/**
 * Builds an image with Docker's client, which knows `.dockerignore`. Its classic builder, as Ansible's module has it: BuildKit is a plugin
 * that need not be there. Values of arguments stay out of the command line, though the image's history shows them.
 */
export function buildStep(engine: DockerEngine, options: z.output<typeof dockerBuildArgs>, name: string): Step {
  const { container_limits: limits = {} } = options;
  const dockerfile =
    options.dockerfile !== undefined && isBuildDirectory(options.path)
      ? joinPath(options.path, options.dockerfile)
      : options.dockerfile;
  const option = (flag: string, value: string | number | undefined) => value !== undefined && [flag, value];
  const given = Object.entries(options.args ?? {}).map(([key, value]) => [key, String(value)] as const);
  const words = [
    ["-t", name, `--rm=${options.rm}`, `--force-rm=${options.rm}`],
    option("-f", dockerfile),
    options.nocache && "--no-cache",
    options.pull && "--pull",
    option("--network", options.network),
    option("--target", options.target),
    option("--platform", options.platform),
    option("--memory", limits.memory),
    option("--memory-swap", limits.memswap),
    option("--cpu-shares", limits.cpushares),
    option("--cpuset-cpus", limits.cpusetcpus),
    Object.entries(options.etc_hosts ?? {}).map(([host, address]) => ["--add-host", `${host}:${address}`]),
    (options.cache_from ?? []).map((image) => ["--cache-from", image]),
    given.map(([key, value]) => ["--build-arg", ownVariables.test(key) ? `${key}=${value}` : key]),
  ];
  const variables = given.filter(([key]) => !ownVariables.test(key)).map(([key, value]) => sh`export ${key}=${value}`);
  const command = sh`DOCKER_BUILDKIT=0 ${dockerCli(engine)} build ${words} -- ${options.path}`;
  return runCommand(shLines([...variables, command]), {
    ...(options.http_timeout !== undefined && { timeoutMs: options.http_timeout * 1000 }),
  });
}
