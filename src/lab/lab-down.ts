import { rm } from "node:fs/promises";
import { eachHost } from "./each-host.ts";
import { detectEngine, type EngineName } from "./engine.ts";
import { imageRepository } from "./image-recipe.ts";
import type { LabChoice } from "./lab.ts";
import { labContainers } from "./lab-containers.ts";
import { removeContainer } from "./lab-host.ts";
import { labIdentity } from "./lab-identity.ts";
import { lockLab } from "./lab-lock.ts";
import { removeNetwork } from "./lab-network.ts";
import { type LabProgress, noProgress } from "./lab-progress.ts";
import { readLabRecord } from "./lab-record.ts";
import { runCommand } from "./run-command.ts";

export interface LabDownOptions extends LabChoice {
  /** Removes the cached images of all labs too, so that the next one is built from scratch. */
  readonly images?: boolean | undefined;
  readonly engine?: EngineName | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Removes everything of a lab: hosts, network, keys, inventory. The cached image stays unless asked otherwise. */
export async function labDown(options: LabDownOptions, progress: LabProgress = noProgress): Promise<void> {
  const lab = labIdentity(options.checkout, options.name);
  const unlock = await lockLab(lab.directory, "lab", { signal: options.signal });
  try {
    const record = await readLabRecord(lab.directory);
    const engine = await detectEngine(options.engine ?? record?.engine);
    const containers = await labContainers(engine, lab);
    await eachHost(containers.keys(), async (container) => {
      progress({ kind: "host", host: container.slice(lab.id.length + 1), state: "removing" });
      await removeContainer(engine, container);
    });
    await removeNetwork(engine, lab);
    if (options.images) {
      const filter = ["--filter", `reference=${imageRepository}`, "--format", "{{.Repository}}:{{.Tag}}"];
      const images = await runCommand([...engine.command, "images", ...filter]);
      await runCommand([...engine.command, "rmi", ...images.stdout.split("\n").filter(Boolean)]);
    }
    await rm(lab.directory, { recursive: true, force: true });
  } finally {
    await unlock();
  }
}
