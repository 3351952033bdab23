import type { Engine } from "./engine.ts";
import type { LabIdentity } from "./lab-identity.ts";
import type { Argv } from "./run-command.ts";

/** The command lines for podman and docker: both take the same flags but for how systemd becomes PID 1. */

export const labLabel = "io.tsrun.lab";
const checkoutLabel = "io.tsrun.checkout";

/** Everything needed to create a host's container. */
export interface HostContainer {
  readonly container: string;
  readonly host: string;
  readonly address: string;
  readonly network: string;
  readonly image: string;
}

export function createNetworkArgv(engine: Engine, lab: LabIdentity, subnet: string): Argv {
  return [...engine.command, "network", "create", ...labels(lab), "--subnet", subnet, lab.id];
}

export function createHostArgv(engine: Engine, lab: LabIdentity, host: HostContainer): Argv {
  return [
    ...engine.command,
    "create",
    ...labels(lab),
    ...["--pull", "never"],
    ...["--name", host.container],
    ...["--hostname", host.host],
    ...["--network", host.network],
    ...["--network-alias", host.host],
    ...["--ip", host.address],
    // `reboot` inside ends PID 1; the engine starts it again, with the same disk, address and machine id.
    ...["--restart", "always"],
    ...engine.ulimits.flatMap((limit) => ["--ulimit", limit]),
    ...systemdFlags(engine),
    host.image,
    "/sbin/init",
  ];
}

/**
 * Podman knows systemd. For docker these are the flags of kind (kubernetes-sigs/kind, docker provider), which has
 * booted systemd in docker on cgroup v1 and v2 for years; v1 also wants the machine's hierarchy, writable.
 */
function systemdFlags(engine: Engine): readonly string[] {
  if (engine.name === "podman") return ["--systemd=always", "--cap-add", "SYS_ADMIN"];
  const cgroup =
    engine.cgroupVersion === 2
      ? ["--cgroupns=private"]
      : ["--cgroupns=host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"];
  return [
    "--privileged",
    ...["--security-opt", "seccomp=unconfined"],
    ...["--security-opt", "apparmor=unconfined"],
    ...["--tmpfs", "/run"],
    ...["--tmpfs", "/run/lock"],
    ...["--tmpfs", "/tmp:exec"],
    ...["--env", "container=docker"],
    ...["--add-host", "host.containers.internal:host-gateway"],
    ...cgroup,
  ];
}

export function containersOfLabArgv(engine: Engine, lab: LabIdentity): Argv {
  return [...engine.command, "ps", "--all", "--filter", `label=${labLabel}=${lab.id}`, "--format", "{{.Names}}"];
}

export function inspectContainersArgv(engine: Engine, containers: readonly string[]): Argv {
  return [...engine.command, "container", "inspect", ...containers];
}

export function execArgv(engine: Engine, container: string, command: Argv): Argv {
  return [...engine.command, "exec", container, ...command];
}

/** `-v` removes the container's anonymous volumes too. Docker's `rm -f` kills at once; podman would wait 10 s. */
export function removeContainerArgv(engine: Engine, container: string): Argv {
  const noGrace = engine.name === "podman" ? ["--time", "0"] : [];
  return [...engine.command, "rm", "--force", "--volumes", ...noGrace, container];
}

function labels(lab: LabIdentity): readonly string[] {
  return ["--label", `${labLabel}=${lab.id}`, "--label", `${checkoutLabel}=${lab.checkout}`];
}
