import { readFile } from "node:fs/promises";
import { TsrunError } from "../lib/errors.ts";
import { type Argv, type CommandResult, lastLines, runCommand } from "./run-command.ts";

/** What runs the containers, and how it must be called on this machine. */
export interface Engine {
  readonly name: "podman" | "docker";
  /** The program and its global flags. */
  readonly command: Argv;
  readonly cgroupVersion: 1 | 2;
  /** `NAME=SOFT:HARD` values for `--ulimit`; empty when the engine's own defaults are fine. */
  readonly ulimits: readonly string[];
}

export type EngineName = Engine["name"];

/** What was found out about the machine; gathered by {@link detectEngine}, judged by {@link chooseEngine}. */
export interface EngineProbes {
  readonly isRoot: boolean;
  /** `podman info --format json`; undefined when there is no podman. */
  readonly podman: CommandResult | undefined;
  /** `docker info --format '{{json .}}'`; undefined when there is no docker. */
  readonly docker: CommandResult | undefined;
  readonly hasRunc: boolean;
  readonly hasIptables: boolean;
  /** Text of `/proc/self/limits`. */
  readonly limits: string;
}

const packages = "podman runc netavark aardvark-dns iptables mmdebstrap uidmap openssh-client";
export const installHint = `apt-get install -y ${packages}`;

/** Finds the container engine of this machine. Errors: `E_LAB_NO_ENGINE`, `E_LAB_ENGINE`, `E_LAB_NOT_ROOT`, `E_LAB_RUNTIME`. */
export async function detectEngine(wanted?: EngineName): Promise<Engine> {
  const [podman, docker, runc, iptables, limits] = await Promise.all([
    probe(["podman", "info", "--format", "json"]),
    probe(["docker", "info", "--format", "{{json .}}"]),
    probe(["runc", "--version"]),
    probe(["iptables", "--version"]),
    readFile("/proc/self/limits", "utf8").catch(() => ""),
  ]);
  const isRoot = process.getuid?.() === 0;
  return chooseEngine(
    { isRoot, podman, docker, hasRunc: runc !== undefined, hasIptables: iptables !== undefined, limits },
    wanted,
  );
}

/** The engine to use, or the one error that says what to do. Podman is preferred: it needs no daemon. */
export function chooseEngine(probes: EngineProbes, wanted?: EngineName): Engine {
  const podman = wanted === "docker" ? undefined : probes.podman;
  const docker = wanted === "podman" ? undefined : probes.docker;
  const dockerWorks = docker !== undefined && docker.exitCode === 0 && !dockerServerError(docker.stdout);
  if (podman !== undefined && (probes.isRoot || !dockerWorks)) return podmanEngine(probes, podman);
  if (docker !== undefined) return dockerEngine(docker, dockerWorks);
  throw new TsrunError({
    code: "E_LAB_NO_ENGINE",
    message: `the lab needs ${wanted ? `\`${wanted}\`` : "`podman` or `docker`"}, which is not installed`,
    hint: wanted === "docker" ? "apt-get install -y docker.io" : installHint,
  });
}

interface PodmanInfo {
  readonly host?: {
    readonly cgroupVersion?: string;
    readonly networkBackend?: string;
    readonly ociRuntime?: { readonly name?: string };
  };
}

function podmanEngine(probes: EngineProbes, info: CommandResult): Engine {
  // Containers of a rootless podman have no address that the machine can reach.
  if (!probes.isRoot) {
    throw new TsrunError({
      code: "E_LAB_NOT_ROOT",
      message: "the lab gives each host its own address, for which podman must run as root",
      hint: "sudo env PATH=$PATH tsrun lab up",
    });
  }
  if (info.exitCode !== 0) throw engineError("podman", info, "podman info");
  const { host } = JSON.parse(info.stdout) as PodmanInfo;
  if (host?.networkBackend === "netavark" && !probes.hasIptables) {
    throw new TsrunError({
      code: "E_LAB_RUNTIME",
      message: "podman's networks need `iptables`, which is not installed",
      hint: "apt-get install -y iptables",
    });
  }
  const cgroupVersion = host?.cgroupVersion === "v1" ? 1 : 2;
  return {
    name: "podman",
    command: podmanCommand(probes, host, cgroupVersion),
    cgroupVersion,
    ulimits: ulimits(probes),
  };
}

/** crun refuses hybrid cgroups ("cgroups in hybrid mode not supported"); runc boots systemd on v1, hybrid and v2. */
function podmanCommand(probes: EngineProbes, host: PodmanInfo["host"], cgroupVersion: 1 | 2): Argv {
  if (cgroupVersion === 2 || host?.ociRuntime?.name === "runc") return ["podman"];
  if (probes.hasRunc) return ["podman", "--runtime", "runc"];
  throw new TsrunError({
    code: "E_LAB_RUNTIME",
    message: `this machine uses cgroup v1, where podman needs \`runc\`, got \`${host?.ociRuntime?.name ?? "no runtime"}\``,
    hint: "apt-get install -y runc",
  });
}

/** Podman asks for limits above a container's or a session's hard ones, which fails without CAP_SYS_RESOURCE. */
function ulimits(probes: EngineProbes): readonly string[] {
  const nofile = Math.min(hardLimit(probes.limits, "Max open files"), 65_536);
  const nproc = Math.min(hardLimit(probes.limits, "Max processes"), 32_768);
  return [`nofile=${nofile}:${nofile}`, `nproc=${nproc}:${nproc}`];
}

function hardLimit(limits: string, name: string): number {
  const line = limits.split("\n").find((candidate) => candidate.startsWith(name));
  const value = Number(line?.slice(name.length).trim().split(/\s+/)[1]);
  return Number.isFinite(value) ? value : Number.POSITIVE_INFINITY;
}

function dockerEngine(info: CommandResult, works: boolean): Engine {
  if (!works) throw engineError("docker", info, "systemctl start docker");
  const { CgroupVersion } = JSON.parse(info.stdout) as { CgroupVersion?: string };
  return { name: "docker", command: ["docker"], cgroupVersion: CgroupVersion === "1" ? 1 : 2, ulimits: [] };
}

/** `docker info` prints its client's half and exits 0 in some versions when the daemon cannot be reached. */
function dockerServerError(stdout: string): boolean {
  return !stdout.trim().startsWith("{") || /"ServerErrors":\[/.test(stdout);
}

function engineError(name: string, result: CommandResult, hint: string): TsrunError {
  const output = lastLines(result.stderr || result.stdout, 3);
  return new TsrunError({
    code: "E_LAB_ENGINE",
    message: `\`${name}\` is installed but does not work: ${output}`,
    hint,
  });
}

async function probe(argv: Argv): Promise<CommandResult | undefined> {
  const result = await runCommand(argv, { timeoutMs: 20_000 });
  return result.exitCode === 127 ? undefined : result;
}
