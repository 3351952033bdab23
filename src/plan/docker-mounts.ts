import { TaskFailure } from "../task/failure.ts";
import { dockerTexts } from "./docker-args.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import { byteSize } from "./docker-units.ts";

type Mount = NonNullable<DockerContainerArgs["mounts"]>[number];

const modes =
  /^(?:rw|ro|z|Z|consistent|delegated|cached|rprivate|private|rshared|shared|rslave|slave|nocopy)(?:,(?:rw|ro|z|Z|consistent|delegated|cached|rprivate|private|rshared|shared|rslave|slave|nocopy))*$/;

/** `volumes`, told apart. */
export interface Volumes {
  /** Paths in the container alone: the Engine makes a nameless volume for each. */
  readonly nameless: readonly string[];
  /** `source:target:mode`. */
  readonly binds: readonly string[];
}

/** `volumes` as the Engine's API has them; `home` is for sources that begin with `~` or `.`. */
export function splitVolumes(volumes: readonly string[], mounts: readonly Mount[], home: string): Volumes {
  const taken = new Map<string, string>();
  const take = (target: string, option: string) => {
    const other = taken.get(target);
    if (other !== undefined)
      throw new TaskFailure(
        `the mount point \`${target}\` is twice in ${[...new Set([other, option])].map((name) => `\`${name}\``).join(" and ")}`,
      );
    taken.set(target, option);
  };
  for (const { target } of mounts) take(target, "mounts");
  const split = volumes.map((volume) => {
    const parts = volume.split(":");
    const [source = "", second = "", mode] = parts;
    if (parts.length === 3 && !modes.test(mode ?? ""))
      throw new TaskFailure(`\`${volume}\`: \`${mode}\` is no mode of a volume`);
    const isBind = parts.length === 3 || (parts.length === 2 && !modes.test(second));
    take(isBind || parts.length > 3 ? second : source, "volumes");
    return isBind ? { bind: `${onHost(source, home)}:${second}:${mode ?? "rw"}` } : { nameless: volume };
  });
  return {
    nameless: split.flatMap(({ nameless }) => (nameless === undefined ? [] : [nameless])),
    binds: split.flatMap(({ bind }) => (bind === undefined ? [] : [bind])),
  };
}

/** Python's `abspath`, from the home of the user. */
function onHost(source: string, home: string): string {
  if (!/^[.~]/.test(source)) return source;
  const parts: string[] = [];
  for (const part of `${home}/${source.replace(/^~\/?/, "")}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

const ownTypes: readonly (readonly [keyof Mount, Mount["type"]])[] = [
  ["volume_driver", "volume"],
  ["volume_options", "volume"],
  ["propagation", "bind"],
  ["no_copy", "volume"],
  ["labels", "volume"],
  ["tmpfs_size", "tmpfs"],
  ["tmpfs_mode", "tmpfs"],
];

/** What is compared of a mount, by Ansible's names: what is given. */
export function wantedMount(mount: Mount): Readonly<Record<string, unknown>> {
  const { target, type } = mount;
  if (mount.source === undefined && type !== "tmpfs" && type !== "volume")
    throw new TaskFailure(`source must be specified for mount "${target}" of type "${type}"`);
  for (const [option, ownType] of ownTypes)
    if (mount[option] !== undefined && type !== ownType)
      throw new TaskFailure(
        `${option} cannot be specified for mount "${target}" of type "${type}" (needs type "${ownType}")`,
      );
  const mode = mount.tmpfs_mode;
  if (mode !== undefined && !/^(?:0o?)?[0-7]+$/.test(mode))
    throw new TaskFailure(`tmpfs_mode of mount "${target}" is not an octal string`);
  const { volume_options: options, ...others } = mount;
  const given = {
    ...others,
    ...(mount.volume_driver !== undefined && options && { volume_options: dockerTexts(options) }),
    ...(mount.labels && { labels: dockerTexts(mount.labels) }),
    ...(mount.tmpfs_size !== undefined && { tmpfs_size: byteSize("tmpfs_size", mount.tmpfs_size) }),
    ...(mode !== undefined && { tmpfs_mode: Number.parseInt(mode.replace(/^0o/, ""), 8) }),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The same as the Engine's API has it. */
export function mountBody(wanted: Readonly<Record<string, unknown>>): object {
  const { type } = wanted;
  const driver = { Name: wanted["volume_driver"], Options: wanted["volume_options"] };
  return {
    Target: wanted["target"],
    Source: wanted["source"],
    Type: type,
    ReadOnly: wanted["read_only"],
    Consistency: wanted["consistency"],
    ...(type === "bind" &&
      wanted["propagation"] !== undefined && { BindOptions: { Propagation: wanted["propagation"] } }),
    ...(type === "volume" && {
      VolumeOptions: {
        NoCopy: wanted["no_copy"],
        Labels: wanted["labels"],
        ...(driver.Name !== undefined && { DriverConfig: driver }),
      },
    }),
    ...(type === "tmpfs" && { TmpfsOptions: { SizeBytes: wanted["tmpfs_size"], Mode: wanted["tmpfs_mode"] } }),
  };
}

/** A container's mount by Ansible's names. */
export function currentMount(mount: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const member = (name: string) => (mount[name] ?? {}) as Readonly<Record<string, unknown>>;
  const [volume, tmpfs] = [member("VolumeOptions"), member("TmpfsOptions")];
  const driver = (volume["DriverConfig"] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    type: mount["Type"],
    source: mount["Source"],
    target: mount["Target"],
    // Go leaves out what is false.
    read_only: mount["ReadOnly"] ?? false,
    consistency: mount["Consistency"],
    propagation: member("BindOptions")["Propagation"],
    no_copy: volume["NoCopy"] ?? false,
    labels: volume["Labels"] ?? {},
    volume_driver: driver["Name"],
    volume_options: driver["Options"] ?? {},
    tmpfs_size: tmpfs["SizeBytes"],
    tmpfs_mode: tmpfs["Mode"],
  };
}
