import { access, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LabHost, LabRecord } from "./lab-record.ts";
import { runOrFail } from "./run-command.ts";

export const hostKeyTypes = ["ed25519", "ecdsa", "rsa"] as const;

export function userKeyPath(directory: string): string {
  return join(directory, "id_ed25519");
}

/** The lab's own user key pair, made once. */
export async function ensureUserKey(directory: string): Promise<void> {
  await ensureKey(userKeyPath(directory), "ed25519", "tsrun-lab");
}

/** The host's own keys, made once and kept over every reset, so that they can be pinned before it boots. */
export async function ensureHostKeys(directory: string, host: string): Promise<void> {
  await Promise.all(hostKeyTypes.map((type) => ensureKey(hostKeyPath(directory, host, type), type, `root@${host}`)));
}

/** Lines of a known_hosts file that pins every key of every host, by address and by name. */
export async function knownHostsText(directory: string, lab: LabRecord): Promise<string> {
  const lines = lab.hosts.flatMap((host) =>
    hostKeyTypes.map(async (type) => {
      const publicKey = await readFile(`${hostKeyPath(directory, host.name, type)}.pub`, "utf8");
      return knownHostsLine(host, publicKey);
    }),
  );
  return (await Promise.all(lines)).join("");
}

export function knownHostsLine(host: LabHost, publicKey: string): string {
  const [type, key] = publicKey.trim().split(" ");
  return `${host.address},${host.name} ${type} ${key}\n`;
}

export function hostKeyPath(directory: string, host: string, type: string): string {
  return join(directory, "hosts", host, `ssh_host_${type}_key`);
}

async function ensureKey(path: string, type: string, comment: string): Promise<void> {
  const isThere = await access(`${path}.pub`).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // ssh-keygen would ask before it overwrites the half of a pair that an interrupted run left.
  await rm(path, { force: true });
  await runOrFail(["ssh-keygen", "-q", "-t", type, "-N", "", "-C", comment, "-f", path]);
}
