import { splitCommand } from "../task/command-line.ts";
import { TaskFailure } from "../task/failure.ts";
import { dockerTexts } from "./docker-args.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import type { SettingContext } from "./docker-setting.ts";
import { byteSize, nanoseconds, pythonText } from "./docker-units.ts";

/** An option's value as the Engine's API has it. */
export function apiValue(
  args: DockerContainerArgs,
  option: keyof DockerContainerArgs,
  context: SettingContext,
): unknown {
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
