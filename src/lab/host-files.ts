import { readFile } from "node:fs/promises";
import { adminUid, adminUser } from "./image-recipe.ts";
import { hostKeyPath, hostKeyTypes, userKeyPath } from "./lab-keys.ts";
import type { LabHost } from "./lab-record.ts";
import { addressIn } from "./pick-subnet.ts";
import type { TarFile } from "./tarball.ts";

/** Everything that makes an image this host: its keys, its names, and the lab's key as the way in. */
export async function hostFiles(directory: string, host: LabHost): Promise<readonly TarFile[]> {
  const userKey = await readFile(`${userKeyPath(directory)}.pub`, "utf8");
  const keys = hostKeyTypes.map(async (type): Promise<readonly TarFile[]> => {
    const path = hostKeyPath(directory, host.name, type);
    const target = `etc/ssh/ssh_host_${type}_key`;
    return [
      { path: target, content: await readFile(path, "utf8"), mode: 0o600, uid: 0 },
      { path: `${target}.pub`, content: await readFile(`${path}.pub`, "utf8"), mode: 0o644, uid: 0 },
    ];
  });
  return [
    ...(await Promise.all(keys)).flat(),
    { path: "root/.ssh/authorized_keys", content: userKey, mode: 0o600, uid: 0 },
    { path: `home/${adminUser}/.ssh/authorized_keys`, content: userKey, mode: 0o600, uid: adminUid },
    { path: "etc/hosts", content: hostsText(host), mode: 0o644, uid: 0 },
  ];
}

/** `/etc/hosts` as Debian's installer writes it, and the machine under the name that podman gives it. */
export function hostsText(host: LabHost): string {
  return [
    "127.0.0.1\tlocalhost",
    `${host.address}\t${host.name}`,
    `${addressIn(`${host.address}/24`, 1)}\thost.containers.internal`,
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "",
  ].join("\n");
}
