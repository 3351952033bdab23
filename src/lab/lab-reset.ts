import { TsrunError } from "../lib/errors.ts";
import type { Lab, LabChoice } from "./lab.ts";
import { labIdentity } from "./lab-identity.ts";
import { type LabProgress, noProgress } from "./lab-progress.ts";
import { readLabRecord } from "./lab-record.ts";
import { convergeLab } from "./lab-up.ts";

export interface LabResetOptions extends LabChoice {
  /** Names of the hosts to make anew; all without it. */
  readonly hosts?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Gives clean hosts in seconds: each is removed and made anew from the cached image, with its address and keys. */
export async function labReset(options: LabResetOptions, progress: LabProgress = noProgress): Promise<Lab> {
  const lab = labIdentity(options.checkout, options.name);
  const record = await readLabRecord(lab.directory);
  const known = new Set(record?.hosts.map(({ name }) => name));
  const unknown = options.hosts?.find((host) => !known.has(host));
  if (!record || unknown !== undefined) {
    throw new TsrunError({
      code: record ? "E_LAB_HOST" : "E_LAB_DOWN",
      message: record ? `lab \`${lab.name}\` has no host \`${unknown}\`` : `lab \`${lab.name}\` is not up`,
      hint: record ? `its hosts are ${[...known].join(", ")}` : "tsrun lab up",
    });
  }
  const { checkout, name, signal } = options;
  return convergeLab({ checkout, name, signal }, progress, (host) => options.hosts?.includes(host) ?? true);
}
