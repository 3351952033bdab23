import type { DockerObject } from "../state/docker.ts";
import type { Change } from "../task/change.ts";
import type { SettingContext } from "./docker-setting.ts";

/** What a plan knows of the host. */
export interface ContainerFacts extends Omit<SettingContext, "image"> {
  readonly container: DockerObject | undefined;
  /** The image that is asked for. */
  readonly image: DockerObject | undefined;
  /** The image that the container has. */
  readonly currentImage: DockerObject | undefined;
  readonly isCheck: boolean;
  /** What this task already did. */
  readonly applied: readonly Change[];
}

/** What the Engine says of how a container is. */
export interface ContainerStatus {
  readonly Status?: string;
  readonly Running?: boolean;
  readonly Paused?: boolean;
  readonly Restarting?: boolean;
  readonly ExitCode?: number;
  readonly Error?: string;
  readonly Health?: { readonly Status?: string };
}
