import type { EngineName } from "./engine.ts";
import type { LabHost } from "./lab-record.ts";

/** Which lab is meant. */
export interface LabChoice {
  /** Folder of the project that the lab belongs to. */
  readonly checkout: string;
  readonly name?: string | undefined;
}

export interface LabUpOptions extends LabChoice {
  /** A number, or the hosts' names. Without it: the hosts that the lab has, else two. */
  readonly hosts?: number | readonly string[] | undefined;
  readonly image?: string | undefined;
  /** Adds Python to the hosts, for runs of Ansible against them. */
  readonly python?: boolean | undefined;
  /** Debian archive to use instead of the machine's own. */
  readonly mirror?: string | undefined;
  readonly engine?: EngineName | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A lab that is up. */
export interface Lab {
  readonly name: string;
  readonly directory: string;
  readonly image: string;
  readonly subnet: string;
  /** The Debian archive that the hosts use, when this machine names one. */
  readonly mirror: string | undefined;
  readonly hosts: readonly LabHost[];
  readonly user: string;
  readonly inventoryPath: string;
  readonly knownHostsPath: string;
  readonly privateKeyPath: string;
}
