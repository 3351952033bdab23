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
  return [...engine.command, "network", "create", ...labels(lab), `--subnet=${subnet}`, lab.id];
}

export function createHostArgv(engine: Engine, lab: LabIdentity, host: HostContainer): Argv {
  return [
    ...engine.command,
    "create",
    ...labels(lab),
    "--pull=never",
    `--name=${host.container}`,
    `--hostname=${host.host}`,
    `--network=${host.network}`,
    `--network-alias=${host.host}`,
    `--ip=${host.address}`,
    // The same after every reset: neighbours would go on sending to the old one until their ARP entry dies (30 s).
    `--mac-address=${macAddress(host.address)}`,
    // `reboot` inside ends PID 1; the engine starts it again, with the same disk, address and machine id.
    "--restart=always",
    ...engine.ulimits.map((limit) => `--ulimit=${limit}`),
    ...systemdFlags(engine),
    host.image,
    "/sbin/init",
  ];
}

/** Of a host's usual powers those that an engine withholds: mounts and namespaces, `ip` and `ping`, PAM's audit log, containers of its own. */
const hostCapabilities = ["SYS_ADMIN", "NET_ADMIN", "NET_RAW", "AUDIT_WRITE", "MKNOD"];

/** A locally administered MAC address made from an IPv4 address, as docker makes them. */
export function macAddress(address: string): string {
  const bytes = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return ["02", "42", ...bytes].join(":");
}

/**
 * Podman knows systemd. For docker these are the flags of kind (kubernetes-sigs/kind, docker provider), which has
 * booted systemd in docker on cgroup v1 and v2 for years; v1 also wants the machine's hierarchy, writable.
 */
function systemdFlags(engine: Engine): readonly string[] {
  // Podman's `/etc/hosts` would repeat this machine's and could not be replaced by a rename; the host brings its own.
  if (engine.name === "podman") {
    return ["--systemd=always", "--no-hosts", ...hostCapabilities.map((capability) => `--cap-add=${capability}`)];
  }
  const cgroup =
    engine.cgroupVersion === 2
      ? ["--cgroupns=private"]
      : ["--cgroupns=host", "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw"];
  return [
    "--privileged",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--tmpfs=/run",
    "--tmpfs=/run/lock",
    "--tmpfs=/tmp:exec",
    "--env=container=docker",
    "--add-host=host.containers.internal:host-gateway",
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

/** Unpacks a tar archive from standard input, owners as in the archive: podman would give everything to root by default. */
export function copyTarArgv(engine: Engine, container: string): Argv {
  const keepOwners = engine.name === "podman" ? ["--archive=false"] : [];
  return [...engine.command, "cp", ...keepOwners, "-", `${container}:/`];
}

/** `-v` removes the container's anonymous volumes too. Docker's `rm -f` kills at once; podman would wait 10 s. */
export function removeContainerArgv(engine: Engine, container: string): Argv {
  const noGrace = engine.name === "podman" ? ["--time=0"] : [];
  return [...engine.command, "rm", "--force", "--volumes", ...noGrace, container];
}

function labels(lab: LabIdentity): readonly string[] {
  return [`--label=${labLabel}=${lab.id}`, `--label=${checkoutLabel}=${lab.checkout}`];
}
