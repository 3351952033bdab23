import type { Lab } from "../../src/lab/lab.ts";

/** Hosts as plain ssh reaches them. */
export interface Targets {
  readonly hosts: readonly Target[];
  readonly user: string;
  readonly keyPath: string;
  readonly knownHostsPath: string;
}

export interface Target {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export function labTargets(lab: Lab): Targets {
  return {
    hosts: lab.hosts.map(({ name, address }) => ({ name, address, port: 22 })),
    user: lab.user,
    keyPath: lab.privateKeyPath,
    knownHostsPath: lab.knownHostsPath,
  };
}

/** Arguments of ssh and scp that leave this machine's own configuration out. */
export function sshOptions({
  keyPath,
  knownHostsPath,
}: Pick<Targets, "keyPath" | "knownHostsPath">): readonly string[] {
  return ["-F", "none", "-i", keyPath, "-o", `UserKnownHostsFile=${knownHostsPath}`, "-o", "IdentitiesOnly=yes"];
}
