import type { DockerObject } from "../state/docker.ts";
import { TaskFailure } from "../task/failure.ts";
import { splitCommand } from "../task/command-line.ts";
import { dockerTexts } from "./docker-args.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import { currentMount, mountBody, splitVolumes, wantedMount } from "./docker-mounts.ts";
import { exposedPorts, normalPort, portBindings } from "./docker-ports.ts";
import { byteSize, nanoseconds, pythonText } from "./docker-units.ts";

/** How Ansible compares a kind of value. */
export type Comparable = "value" | "list" | "set" | "set of mappings" | "mapping";

/** An option of a container: what is wanted, what is, and where the Engine's API has it. */
export interface Setting {
  /** Ansible's name. */
  readonly option: string;
  readonly kind: Comparable;
  /** Undefined: it is only compared, and only where all is. */
  readonly wanted: unknown;
  /** What the container should show, where the image has a part in it. */
  readonly expected: unknown;
  current(container: DockerObject): unknown;
  /** Members of the body for a new container. */
  readonly config?: DockerObject;
  readonly hostConfig?: DockerObject;
  /** Whether the Engine can alter it while the container is there. */
  readonly isUpdatable?: boolean;
  readonly isIgnored?: boolean;
}

/** What is to be known beside the arguments. */
export interface SettingContext {
  /** The image whose defaults count. */
  readonly image: DockerObject | undefined;
  readonly envFile: string | undefined;
  readonly home: string;
  readonly defaultIp: string;
  /** Ids of containers that arguments name. */
  readonly containerIds: ReadonlyMap<string, string>;
}

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
    environment(args, context),
    ...labelSettings(args, context),
    ...restartSettings(args),
    ...logSettings(args),
    ...platformSetting(args, context),
    ...mountSettings(args, context),
    ...portSettings(args, context),
  ].filter(({ expected }) => expected !== undefined);
}

type Place = "Config" | "HostConfig";
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

/** An option's value as the Engine's API has it. */
function apiValue(args: DockerContainerArgs, option: keyof DockerContainerArgs, context: SettingContext): unknown {
  const value = args[option];
  switch (option) {
    case "command":
      return commandWords(args, args.command);
    case "entrypoint":
      return commandWords(args, args.entrypoint);
    case "cpus":
      return Math.round((args.cpus ?? 0) * 1e9);
    case "memory":
    case "memory_reservation":
    case "kernel_memory":
    case "shm_size":
      return byteSize(option, value as string);
    case "memory_swap":
      return value === "unlimited" || value === "-1" ? -1 : byteSize(option, value as string);
    case "mac_address":
      return (value as string).replaceAll("-", ":");
    case "devices":
      return (value as readonly string[]).map((device) => {
        const [onHost, inContainer = onHost, permissions = "rwm"] = device.split(":");
        return { PathOnHost: onHost, PathInContainer: inContainer, CgroupPermissions: permissions };
      });
    case "device_read_bps":
    case "device_write_bps":
      return args[option]?.map(({ path, rate }) => ({ Path: path, Rate: byteSize(option, rate) }));
    case "device_read_iops":
    case "device_write_iops":
      return args[option]?.map(({ path, rate }) => ({ Path: path, Rate: rate }));
    case "device_requests":
      return args.device_requests?.map((request) => ({
        Driver: request.driver ?? "",
        Count: request.count ?? 0,
        DeviceIDs: request.device_ids ?? null,
        Capabilities: request.capabilities ?? null,
        Options: request.options ?? {},
      }));
    case "etc_hosts":
      return Object.entries(args.etc_hosts ?? {}).map(([name, address]) => `${name}:${pythonText(address)}`);
    case "healthcheck":
      return healthcheck(args.healthcheck);
    case "links":
      return args.links?.map((link) => {
        const [container = "", alias = container] = link.split(/:(.*)/s);
        return `/${container}:/${args.name.replace(/^\//, "")}/${alias}`;
      });
    case "storage_opts":
      return dockerTexts(args.storage_opts ?? {});
    case "sysctls":
      return Object.fromEntries(Object.entries(args.sysctls ?? {}).map(([name, one]) => [name, pythonText(one)]));
    case "tmpfs":
      return Object.fromEntries(
        (args.tmpfs ?? [])
          .map((mount) => mount.split(/:(.*)/s).slice(0, 2))
          .map(([path, options = ""]) => [path, options]),
      );
    case "ulimits":
      return args.ulimits?.map((limit) => {
        const [name, soft, hard = soft] = limit.split(":");
        if (!/^-?\d+$/.test(soft ?? "") || !/^-?\d+$/.test(hard ?? ""))
          throw new TaskFailure(`\`ulimits\`: expected \`name:soft\` or \`name:soft:hard\`, got \`${limit}\``);
        return { Name: name, Soft: Number(soft), Hard: Number(hard) };
      });
    case "network_mode":
    case "ipc_mode":
    case "pid_mode": {
      const name = /^container:(.*)$/s.exec(value as string)?.[1];
      const id = name === undefined ? undefined : context.containerIds.get(name);
      return id === undefined ? value : `container:${id}`;
    }
    default:
      return value;
  }
}

function commandWords(args: DockerContainerArgs, value: string | readonly string[] | undefined): unknown {
  if (args.command_handling === "correct") return typeof value === "string" ? splitCommand(value) : value;
  const line = typeof value === "string" ? value : (value ?? []).join(" ");
  return line === "" ? undefined : splitCommand(line);
}

function healthcheck(check: DockerContainerArgs["healthcheck"]): object {
  const { test } = check ?? {};
  if (test === undefined || test.length === 0) return { Test: ["NONE"] };
  const members = {
    Test: typeof test === "string" ? ["CMD-SHELL", test] : test,
    Interval: duration("interval", check?.interval),
    Timeout: duration("timeout", check?.timeout),
    StartPeriod: duration("start_period", check?.start_period),
    Retries: check?.retries,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value));
}

function duration(option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : nanoseconds(`healthcheck.${option}`, text);
}

function part(container: DockerObject, place: Place): DockerObject {
  return (container[place] ?? {}) as DockerObject;
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

function environment(args: DockerContainerArgs, { image, envFile }: SettingContext): Setting {
  const own = { ...readEnvFile(envFile ?? ""), ...args.env };
  const isGiven = args.env !== undefined || args.env_file !== undefined;
  const lines = (variables: object) => Object.entries(variables).map(([name, value]) => `${name}=${String(value)}`);
  const inherited = (imageConfig(image)["Env"] ?? []) as readonly string[];
  const expected = {
    ...Object.fromEntries(inherited.map((line) => line.split(/=(.*)/s).slice(0, 2))),
    ...own,
  } as object;
  return {
    option: "env",
    kind: "set",
    wanted: isGiven ? lines(own) : undefined,
    expected: lines(expected),
    current: (container) => part(container, "Config")["Env"],
    ...(isGiven && { config: { Env: lines(own) } }),
  };
}

function readEnvFile(text: string): Readonly<Record<string, string>> {
  const lines = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.trim())
    .filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf("=");
      // The line may be half of a secret.
      if (at < 0) throw new TaskFailure("`env_file` has a line without `=`");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

export function imageConfig(image: DockerObject | undefined): DockerObject {
  return ((image?.["Config"] as DockerObject | null | undefined) ?? {}) as DockerObject;
}

function labelSettings(args: DockerContainerArgs, { image }: SettingContext): readonly Setting[] {
  if (args.labels === undefined) return [];
  const wanted = dockerTexts(args.labels);
  const inherited = (imageConfig(image)["Labels"] ?? {}) as DockerObject;
  return [
    {
      option: "labels",
      kind: "mapping",
      wanted,
      expected: args.image_label_mismatch === "ignore" ? { ...inherited, ...wanted } : wanted,
      config: { Labels: wanted },
      current: (container) => part(container, "Config")["Labels"],
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

/** A container tells its system only; the rest is its image's. */
function platformSetting({ platform }: DockerContainerArgs, { image }: SettingContext): readonly Setting[] {
  if (platform === undefined) return [];
  const parts = platform.split("/").length;
  return [
    {
      option: "platform",
      kind: "value",
      wanted: platform,
      expected: platform,
      current: (container) => {
        const all = [container["Platform"], image?.["Architecture"], image?.["Variant"]];
        const isArchitecture = parts === 1 && platform !== container["Platform"];
        return (isArchitecture ? all.slice(1, 2) : all.slice(0, parts)).filter(Boolean).join("/");
      },
    },
  ];
}

function mountSettings(args: DockerContainerArgs, { image, home }: SettingContext): readonly Setting[] {
  const { nameless, binds } = splitVolumes(args.volumes ?? [], args.mounts ?? [], home);
  const mounts = args.mounts?.map(wantedMount);
  const inherited = Object.keys((imageConfig(image)["Volumes"] ?? {}) as object);
  const expected = [...new Set([...inherited, ...nameless])];
  const isGiven = args.volumes !== undefined;
  return [
    {
      option: "mounts",
      kind: "set of mappings",
      wanted: mounts,
      expected: mounts,
      ...(mounts && { hostConfig: { Mounts: mounts.map(mountBody) } }),
      current: (container) => ((part(container, "HostConfig")["Mounts"] ?? []) as DockerObject[]).map(currentMount),
    },
    {
      option: "volumes",
      kind: "set",
      wanted: isGiven ? nameless : undefined,
      expected: expected.length > 0 ? expected : undefined,
      ...(isGiven && { config: { Volumes: Object.fromEntries(nameless.map((path) => [path, {}])) } }),
      current: (container) => Object.keys((part(container, "Config")["Volumes"] ?? {}) as object),
    },
    {
      option: "volume_binds",
      kind: "set",
      wanted: isGiven ? binds : undefined,
      expected: binds,
      ...(isGiven && { hostConfig: { Binds: binds } }),
      current: (container) => part(container, "HostConfig")["Binds"],
    },
  ];
}

function portSettings(args: DockerContainerArgs, { image, defaultIp }: SettingContext): readonly Setting[] {
  const published = args.published_ports && portBindings(args.published_ports, defaultIp);
  const exposed = exposedPorts(args.exposed_ports ?? [], Object.keys(published ?? {}));
  const inherited = Object.keys((imageConfig(image)["ExposedPorts"] ?? {}) as object).map(normalPort);
  const all = args.publish_all_ports;
  return [
    {
      option: "exposed_ports",
      kind: "set",
      wanted: exposed,
      expected: [...new Set([...inherited, ...exposed])],
      config: { ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])) },
      current: (container) => Object.keys((part(container, "Config")["ExposedPorts"] ?? {}) as object).map(normalPort),
    },
    {
      option: "published_ports",
      kind: "mapping",
      wanted: published,
      expected: published,
      ...(published && { hostConfig: { PortBindings: published } }),
      current: (container) => part(container, "HostConfig")["PortBindings"],
    },
    {
      option: "publish_all_ports",
      kind: "value",
      wanted: all,
      expected: all,
      ...(all !== undefined && { hostConfig: { PublishAllPorts: all } }),
      current: (container) => part(container, "HostConfig")["PublishAllPorts"],
    },
  ];
}
