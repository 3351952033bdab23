import type { DockerObject } from "../state/docker.ts";

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

export type Place = "Config" | "HostConfig";

/** A part of what the Engine says of a container. */
export function part(container: DockerObject, place: Place): DockerObject {
  return (container[place] ?? {}) as DockerObject;
}

/** What containers of an image have by default. */
export function imageConfig(image: DockerObject | undefined): DockerObject {
  return ((image?.["Config"] as DockerObject | null | undefined) ?? {}) as DockerObject;
}
