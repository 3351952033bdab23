import { detectEngine } from "./engine.ts";
import type { LabChoice } from "./lab.ts";
import { labContainers } from "./lab-containers.ts";
import { containerName } from "./lab-host.ts";
import { labIdentity } from "./lab-identity.ts";
import { readLabRecord } from "./lab-record.ts";

export interface HostStatus {
  readonly host: string;
  readonly address: string;
  readonly image: string;
  /** `running`, `exited`, … as the engine says; `gone` without a container, `dead` when only the record of it runs. */
  readonly state: string;
  /** systemd's own word; undefined when it does not answer. */
  readonly systemd: string | undefined;
}

/** The hosts of a lab as they are now; none when the lab was never up or is down. */
export async function labStatus(options: LabChoice): Promise<readonly HostStatus[]> {
  const lab = labIdentity(options.checkout, options.name);
  const record = await readLabRecord(lab.directory);
  if (!record) return [];
  const containers = await labContainers(await detectEngine(record.engine), lab);
  return record.hosts.map(({ name, address }) => {
    const found = containers.get(containerName(lab, name));
    const isDead = found?.state === "running" && found.systemd === undefined;
    return {
      host: name,
      address,
      image: record.image,
      state: isDead ? "dead" : (found?.state ?? "gone"),
      systemd: found?.systemd,
    };
  });
}
