import { TaskFailure } from "../task/failure.ts";
import type { DockerObject } from "../state/docker.ts";
import { dockerTexts } from "./docker-args.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import { currentMount, mountBody, splitVolumes, wantedMount } from "./docker-mounts.ts";
import { exposedPorts, normalPort, portBindings } from "./docker-ports.ts";
import { imageConfig, part, type Setting, type SettingContext } from "./docker-setting.ts";

/** The settings in which the image has a part: its variables, labels, volumes and ports. */
export function imageSettings(args: DockerContainerArgs, context: SettingContext): readonly Setting[] {
  return [
    environment(args, context),
    ...labelSettings(args, context),
    ...platformSetting(args, context),
    ...mountSettings(args, context),
    ...portSettings(args, context),
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
