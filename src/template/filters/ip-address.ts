/** An IPv4 or IPv6 address with the network it was written in. */
export interface IpAddress {
  readonly version: 4 | 6;
  readonly address: bigint;
  readonly prefix: number;
  /** True when a prefix or mask was written. */
  readonly hasPrefix: boolean;
}

export const BITS = { 4: 32, 6: 128 } as const;

/** Reads `10.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `fe80::1/64`; undefined for anything else. */
export function parseIp(text: string): IpAddress | undefined {
  const match = /^([\da-fA-F.:]+)(?:\/([\d.]+))?$/.exec(text.trim());
  if (!match) return undefined;
  const [, host = "", suffix] = match;
  const version = host.includes(":") ? 6 : 4;
  const address = version === 4 ? parseV4(host) : parseV6(host);
  if (address === undefined) return undefined;
  const prefix = suffix === undefined ? BITS[version] : parsePrefix(suffix, version);
  return prefix === undefined ? undefined : { version, address, prefix, hasPrefix: suffix !== undefined };
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.reduce((total, part) => (total << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  let full = text;
  if (embedded) {
    const v4 = parseV4(embedded[2] as string);
    if (v4 === undefined) return undefined;
    full = `${embedded[1] as string}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  }
  const halves = full.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [head = [], tail = []] = groups;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...tail];
  if (all.length !== 8 || all.some((group) => !/^[\da-fA-F]{1,4}$/.test(group))) return undefined;
  return all.reduce((total, group) => (total << 16n) | BigInt(`0x${group}`), 0n);
}

function parsePrefix(text: string, version: 4 | 6): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) <= BITS[version] ? Number(text) : undefined;
  const mask = version === 4 ? parseV4(text) : undefined;
  if (mask === undefined) return undefined;
  const bits = mask.toString(2).padStart(32, "0");
  const netmask = /^(1*)0*$/.exec(bits);
  if (netmask) return (netmask[1] as string).length;
  const hostmask = /^(0*)1*$/.exec(bits);
  return hostmask ? (hostmask[1] as string).length : undefined;
}

export function formatIp(address: bigint, version: 4 | 6): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => ((address >> shift) & 255n).toString()).join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
  );
  const text = groups.join(":");
  // The longest run of at least two zero groups becomes `::` (RFC 5952).
  const runs = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length);
  const run = runs[0];
  if (!run) return text;
  const before = text.slice(0, run.index).replace(/:$/, "");
  const after = text.slice(run.index + run[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

export function maskOf(prefix: number, version: 4 | 6): bigint {
  const bits = BigInt(BITS[version]);
  return ((1n << bits) - 1n) ^ ((1n << (bits - BigInt(prefix))) - 1n);
}

export function networkOf(ip: IpAddress): bigint {
  return ip.address & maskOf(ip.prefix, ip.version);
}

export function broadcastOf(ip: IpAddress): bigint {
  return networkOf(ip) | ((1n << BigInt(BITS[ip.version] - ip.prefix)) - 1n);
}

export function isInside(inner: IpAddress, outer: IpAddress): boolean {
  return (
    inner.version === outer.version &&
    inner.prefix >= outer.prefix &&
    (inner.address & maskOf(outer.prefix, outer.version)) === networkOf(outer)
  );
}
