import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { adminUser } from "./image-recipe.ts";
import { sshOptions } from "./inventory-text.ts";
import type { LabChoice } from "./lab.ts";
import { labIdentity } from "./lab-identity.ts";
import { userKeyPath } from "./lab-keys.ts";
import { readLabRecord } from "./lab-record.ts";
import type { Argv } from "./run-command.ts";

export interface LabSshOptions extends LabChoice {
  /** `admin` by default; `root` works too. */
  readonly user?: string | undefined;
}

/**
 * The command line of the system's ssh for a host of a lab, with its pinned host key. The words of `command` are joined
 * with blanks by ssh and read by the host's shell. Errors: `E_LAB_DOWN`, `E_LAB_HOST`.
 */
export async function labSsh(options: LabSshOptions, hostName: string, command: Argv = []): Promise<Argv> {
  const lab = labIdentity(options.checkout, options.name);
  const record = await readLabRecord(lab.directory);
  if (!record) {
    throw new TsrunError({ code: "E_LAB_DOWN", message: `lab \`${lab.name}\` is not up`, hint: "tsrun lab up" });
  }
  const host = record.hosts.find(({ name }) => name === hostName);
  if (!host) {
    const names = record.hosts.map(({ name }) => name);
    throw new TsrunError({
      code: "E_LAB_HOST",
      message: `lab \`${lab.name}\` has no host \`${hostName}\``,
      hint: didYouMean(hostName, names) ?? `its hosts are ${names.join(", ")}`,
    });
  }
  const login = `${options.user ?? adminUser}@${host.address}`;
  const settings = sshOptions(lab.directory).flatMap((option) => ["-o", option]);
  return ["ssh", "-F", "none", "-i", userKeyPath(lab.directory), ...settings, login, ...command];
}
