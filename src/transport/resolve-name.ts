import { promises as dns } from "node:dns";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { Semaphore } from "./semaphore.ts";

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * Addresses of a name. `getaddrinfo` runs on four threads, where a hundred dead names wait for each other: so /etc/hosts and the name
 * servers are asked first, all at once and with a short deadline, and getaddrinfo (mDNS, LDAP) only for names that they do not know.
 */
export async function resolveName(name: string, timeoutMs: number): Promise<readonly Address[]> {
  const literal = name.replace(/^\[(.*)\]$/, "$1");
  const family = isIP(literal.replace(/%.*$/, ""));
  if (family !== 0) return [{ address: literal, family: family as 4 | 6 }];
  const known = hostsFile().get(name.toLowerCase());
  if (known) return known;
  const asked = name.includes(".") ? await askServers(name, timeoutMs) : [];
  return asked.length > 0 ? asked : await lookup(name);
}

async function askServers(name: string, timeoutMs: number): Promise<readonly Address[]> {
  const resolver = new dns.Resolver({ timeout: Math.min(2500, timeoutMs), tries: 2 });
  const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = [
    ...(six.status === "fulfilled" ? six.value.map((address) => ({ address, family: 6 as const })) : []),
    ...(four.status === "fulfilled" ? four.value.map((address) => ({ address, family: 4 as const })) : []),
  ];
  const failed = [four, six].find((answer) => answer.status === "rejected");
  if (addresses.length === 0 && failed && (failed.reason as NodeJS.ErrnoException).code === "ETIMEOUT")
    throw failed.reason;
  return addresses;
}

/** One thread stays free for files. */
const threads = new Semaphore(3);

function lookup(name: string): Promise<readonly Address[]> {
  return threads.use(async () => {
    const found = await dns.lookup(name, { all: true, verbatim: true });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  });
}

let hosts: ReadonlyMap<string, readonly Address[]> | undefined;

function hostsFile(): ReadonlyMap<string, readonly Address[]> {
  if (hosts) return hosts;
  const found = new Map<string, Address[]>();
  let text = "";
  try {
    text = readFileSync("/etc/hosts", "utf8");
  } catch {
    // Without the file there is nothing to know.
  }
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names) {
      const known = found.get(name.toLowerCase()) ?? [];
      found.set(name.toLowerCase(), [...known, { address, family: family as 4 | 6 }]);
    }
  }
  hosts = found;
  return found;
}
