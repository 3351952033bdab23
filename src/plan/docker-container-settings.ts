import type { DockerObject } from "../state/docker.ts";
import { TaskFailure } from "../task/failure.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import { apiValue } from "./docker-container-values.ts";
import { imageSettings } from "./docker-image-settings.ts";
import { type Comparable, part, type Place, type Setting, type SettingContext } from "./docker-setting.ts";
import { pythonText } from "./docker-units.ts";

/** Arguments with the defaults that are asked for. */
export function withDefaults(args: DockerContainerArgs): DockerContainerArgs {
  const first = args.networks_cli_compatible ? args.networks?.[0]?.name : undefined;
  const networkMode = args.network_mode ?? first;
  const plain = networkMode === undefined ? args : { ...args, network_mode: networkMode };
  if (args.container_default_behavior !== "compatibility") return plain;
  const old = {
    auto_remove: false,
    detach: true,
    init: false,
    interactive: false,
    memory: "0",
    paused: false,
    privileged: false,
    read_only: false,
    tty: false,
  };
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
  return { ...old, ...given } as DockerContainerArgs;
}

/** The settings that the arguments name. */
export function containerSettings(args: DockerContainerArgs, context: SettingContext): readonly Setting[] {
  return [
    ...plainSettings(args, context),
    ...streamSettings(args),
    ...imageSettings(args, context),
    ...restartSettings(args),
    ...logSettings(args),
  ].filter(({ expected }) => expected !== undefined);
}

type Row = readonly [
  option: keyof DockerContainerArgs,
  place: Place,
  member: string,
  kind: Comparable,
  isUpdatable?: boolean,
];

const rows: readonly Row[] = [
  ["auto_remove", "HostConfig", "AutoRemove", "value"],
  ["blkio_weight", "HostConfig", "BlkioWeight", "value", true],
  ["capabilities", "HostConfig", "CapAdd", "set"],
  ["cap_drop", "HostConfig", "CapDrop", "set"],
  ["cgroupns_mode", "HostConfig", "CgroupnsMode", "value"],
  ["cgroup_parent", "HostConfig", "CgroupParent", "value"],
  ["command", "Config", "Cmd", "list"],
  ["cpu_period", "HostConfig", "CpuPeriod", "value", true],
  ["cpu_quota", "HostConfig", "CpuQuota", "value", true],
  ["cpuset_cpus", "HostConfig", "CpusetCpus", "value", true],
  ["cpuset_mems", "HostConfig", "CpusetMems", "value", true],
  ["cpu_shares", "HostConfig", "CpuShares", "value", true],
  ["entrypoint", "Config", "Entrypoint", "list"],
  ["cpus", "HostConfig", "NanoCpus", "value"],
  ["devices", "HostConfig", "Devices", "set of mappings"],
  ["device_read_bps", "HostConfig", "BlkioDeviceReadBps", "set of mappings"],
  ["device_write_bps", "HostConfig", "BlkioDeviceWriteBps", "set of mappings"],
  ["device_read_iops", "HostConfig", "BlkioDeviceReadIOps", "set of mappings"],
  ["device_write_iops", "HostConfig", "BlkioDeviceWriteIOps", "set of mappings"],
  ["device_requests", "HostConfig", "DeviceRequests", "set of mappings"],
  ["dns_servers", "HostConfig", "Dns", "list"],
  ["dns_opts", "HostConfig", "DnsOptions", "set"],
  ["dns_search_domains", "HostConfig", "DnsSearch", "list"],
  ["domainname", "Config", "Domainname", "value"],
  ["etc_hosts", "HostConfig", "ExtraHosts", "set"],
  ["groups", "HostConfig", "GroupAdd", "set"],
  ["healthcheck", "Config", "Healthcheck", "mapping"],
  ["hostname", "Config", "Hostname", "value"],
  ["init", "HostConfig", "Init", "value"],
  ["ipc_mode", "HostConfig", "IpcMode", "value"],
  ["kernel_memory", "HostConfig", "KernelMemory", "value", true],
  ["links", "HostConfig", "Links", "set"],
  ["mac_address", "Config", "MacAddress", "value"],
  ["memory", "HostConfig", "Memory", "value", true],
  ["memory_reservation", "HostConfig", "MemoryReservation", "value", true],
  ["memory_swap", "HostConfig", "MemorySwap", "value", true],
  ["memory_swappiness", "HostConfig", "MemorySwappiness", "value"],
  ["network_mode", "HostConfig", "NetworkMode", "value"],
  ["oom_killer", "HostConfig", "OomKillDisable", "value"],
  ["oom_score_adj", "HostConfig", "OomScoreAdj", "value"],
  ["pid_mode", "HostConfig", "PidMode", "value"],
  ["pids_limit", "HostConfig", "PidsLimit", "value"],
  ["privileged", "HostConfig", "Privileged", "value"],
  ["read_only", "HostConfig", "ReadonlyRootfs", "value"],
  ["runtime", "HostConfig", "Runtime", "value"],
  ["security_opts", "HostConfig", "SecurityOpt", "set"],
  ["shm_size", "HostConfig", "ShmSize", "value"],
  ["stop_signal", "Config", "StopSignal", "value"],
  ["stop_timeout", "Config", "StopTimeout", "value"],
  ["storage_opts", "HostConfig", "StorageOpt", "mapping"],
  ["sysctls", "HostConfig", "Sysctls", "mapping"],
  ["tmpfs", "HostConfig", "Tmpfs", "mapping"],
  ["tty", "Config", "Tty", "value"],
  ["ulimits", "HostConfig", "Ulimits", "set of mappings"],
  ["user", "Config", "User", "value"],
  ["userns_mode", "HostConfig", "UsernsMode", "value"],
  ["uts", "HostConfig", "UTSMode", "value"],
  ["volume_driver", "HostConfig", "VolumeDriver", "value"],
  ["volumes_from", "HostConfig", "VolumesFrom", "set"],
  ["working_dir", "Config", "WorkingDir", "value"],
];

function plainSettings(args: DockerContainerArgs, context: SettingContext): readonly Setting[] {
  return rows.flatMap(([option, place, member, kind, isUpdatable = false]): readonly Setting[] => {
    if (args[option] === undefined) return [];
    const wanted = apiValue(args, option, context);
    if (wanted === undefined) return [];
    return [
      {
        option,
        kind,
        wanted,
        expected: isCapability(option) ? capabilityNames(wanted as readonly string[]) : wanted,
        isUpdatable,
        current: (container) => {
          const value = part(container, place)[member];
          if (option === "healthcheck" && isNoHealthcheck(value)) return { Test: ["NONE"] };
          return isCapability(option) && Array.isArray(value) ? capabilityNames(value as string[]) : value;
        },
        [place === "Config" ? "config" : "hostConfig"]: { [member]: wanted },
      },
    ];
  });
}

function isCapability(option: string): boolean {
  return option === "capabilities" || option === "cap_drop";
}

/** Engines show them with and without `CAP_`. */
function capabilityNames(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toUpperCase().replace(/^CAP_/, ""));
}

function isNoHealthcheck(value: unknown): boolean {
  const test = (value as { readonly Test?: readonly string[] } | null | undefined)?.Test;
  return value === null || value === undefined || (test?.length === 1 && test[0] === "NONE");
}

/** Whether somebody is attached, which the Engine keeps although nobody is. */
function streamSettings({ detach, interactive }: DockerContainerArgs): readonly Setting[] {
  const isAttached = detach !== true;
  const config = {
    AttachStdout: isAttached,
    AttachStderr: isAttached,
    AttachStdin: isAttached && interactive === true,
    StdinOnce: isAttached && interactive === true,
    OpenStdin: interactive ?? false,
  };
  return [
    {
      option: "detach",
      kind: "value",
      wanted: detach,
      // Also for a body without it.
      expected: detach ?? null,
      isIgnored: detach === undefined,
      config,
      current: (container) =>
        !(part(container, "Config")["AttachStderr"] === true && part(container, "Config")["AttachStdout"] === true),
    },
    {
      option: "interactive",
      kind: "value",
      wanted: interactive,
      expected: interactive,
      current: (container) => part(container, "Config")["OpenStdin"] === true,
    },
  ];
}

function restartSettings({ restart_policy: name, restart_retries: retries }: DockerContainerArgs): readonly Setting[] {
  if (name === undefined) {
    if (retries !== undefined)
      throw new TaskFailure("missing parameter(s) required by 'restart_retries': restart_policy");
    return [];
  }
  const policy = (container: DockerObject) => (part(container, "HostConfig")["RestartPolicy"] ?? {}) as DockerObject;
  return [
    {
      option: "restart_policy",
      kind: "value",
      wanted: name,
      expected: name,
      isUpdatable: true,
      hostConfig: { RestartPolicy: { Name: name, ...(retries !== undefined && { MaximumRetryCount: retries }) } },
      // A container that was made without one has none by name.
      current: (container) => policy(container)["Name"] || "no",
    },
    {
      option: "restart_retries",
      kind: "value",
      wanted: retries,
      expected: retries,
      isUpdatable: true,
      current: (container) => policy(container)["MaximumRetryCount"],
    },
  ];
}

function logSettings(args: DockerContainerArgs): readonly Setting[] {
  const { log_driver: driver, log_options: given } = args;
  if (driver === undefined) {
    if (given) throw new TaskFailure("missing parameter(s) required by 'log_options': log_driver");
    return [];
  }
  const options = given && Object.fromEntries(Object.entries(given).map(([name, value]) => [name, pythonText(value)]));
  const log = (container: DockerObject) => (part(container, "HostConfig")["LogConfig"] ?? {}) as DockerObject;
  return [
    {
      option: "log_driver",
      kind: "value",
      wanted: driver,
      expected: driver,
      hostConfig: { LogConfig: { Type: driver, Config: options ?? {} } },
      current: (container) => log(container)["Type"],
    },
    {
      option: "log_options",
      kind: "mapping",
      wanted: options,
      expected: options,
      current: (container) => log(container)["Config"],
    },
  ];
}
