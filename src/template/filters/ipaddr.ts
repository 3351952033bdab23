import { plugin } from "../callable.ts";
import { small } from "../operators.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { describeValue, isInteger, isList } from "../values.ts";
import { BITS, broadcastOf, formatIp, type IpAddress, isInside, maskOf, networkOf, parseIp } from "./ip-address.ts";
import type { PluginTable } from "./table.ts";

/** The commonly used part of `ansible.utils`' filters for addresses and networks. */
export const ipFilters: PluginTable = {
  ipaddr: plugin("query?, version?", (value: unknown, query: unknown = "", version?: unknown) =>
    each(value, query, versionOf(version)),
  ),
  ipv4: plugin("query?", (value: unknown, query: unknown = "") => each(value, query, 4)),
  ipv6: plugin("query?", (value: unknown, query: unknown = "") => each(value, query, 6)),
  ipwrap: plugin("query?", (value: unknown) => (isList(value) ? value.map(wrap) : wrap(value))),
  ipsubnet: plugin("query?, index?", subnet),
  ipmath: plugin("amount", (value: unknown, amount: unknown) => {
    const ip = need(value);
    return formatIp(ip.address + BigInt(Number(amount)), ip.version);
  }),
  next_nth_usable: plugin("offset", (value: unknown, offset: unknown) => nth(value, Number(offset))),
  previous_nth_usable: plugin("offset", (value: unknown, offset: unknown) => nth(value, -Number(offset))),
  network_in_network: plugin("test", (value: unknown, test: unknown) => isInside(need(test), need(value))),
  network_in_usable: plugin("test", (value: unknown, test: unknown) => {
    const [net, ip] = [need(value), need(test)];
    return isInside(ip, net) && ip.address >= firstUsable(net) && ip.address <= lastUsable(net);
  }),
  nthhost: plugin("query?", (value: unknown, index: unknown = "") => {
    const net = need(value);
    const at =
      networkOf(net) + BigInt(Number(index)) + (Number(index) < 0 ? broadcastOf(net) - networkOf(net) + 1n : 0n);
    return at >= networkOf(net) && at <= broadcastOf(net) ? formatIp(at, net.version) : false;
  }),
  cidr_merge: plugin("action?", cidrMerge),
  ip4_hex: plugin("delimiter?", (value: unknown, delimiter: unknown = "") => {
    const hex = need(value).address.toString(16).padStart(8, "0");
    return (hex.match(/../g) ?? []).join(toText(delimiter));
  }),
  hwaddr: plugin("query?", hardwareAddress),
  macaddr: plugin("query?", hardwareAddress),
};

function versionOf(version: unknown): 4 | 6 | undefined {
  return version === undefined || version === null || version === false ? undefined : Number(version) === 4 ? 4 : 6;
}

function each(value: unknown, query: unknown, version: 4 | 6 | undefined): unknown {
  if (!isList(value)) return answer(value, query, version);
  return value.map((item) => answer(item, query, version)).filter((item) => item !== false && item !== null);
}

function read(value: unknown): IpAddress | undefined {
  if (isInteger(value) && value >= 0) {
    const address = BigInt(value);
    const version = address < 1n << 32n ? 4 : 6;
    return { version, address, prefix: BITS[version], hasPrefix: false };
  }
  return typeof value === "string" ? parseIp(value) : undefined;
}

function need(value: unknown): IpAddress {
  const ip = read(value);
  if (!ip) throw templateError(`${describeValue(value)} is no IP address`);
  return ip;
}

function answer(value: unknown, query: unknown, version: 4 | 6 | undefined): unknown {
  const ip = read(value);
  if (!ip || (version !== undefined && ip.version !== version)) return false;
  if (isInteger(query)) return host(ip, Number(query));
  const text = toText(query);
  const found = queries[text];
  if (Object.hasOwn(queries, text) && found) return found(ip, value);
  if (/^-?\d+$/.test(text)) return host(ip, Number(text));
  const network = parseIp(text);
  if (!network)
    throw templateError(
      `unknown query \`${text}\` for \`ipaddr\``,
      `it is one of ${Object.keys(queries).filter(Boolean).join(", ")}`,
    );
  return isInside(ip, network) ? value : false;
}

/** The nth address of the network, with its prefix. */
function host(ip: IpAddress, index: number): unknown {
  const base = index < 0 ? broadcastOf(ip) + 1n : networkOf(ip);
  const at = base + BigInt(index);
  return at < networkOf(ip) || at > broadcastOf(ip) ? false : `${formatIp(at, ip.version)}/${ip.prefix}`;
}

function size(ip: IpAddress): bigint {
  return broadcastOf(ip) - networkOf(ip) + 1n;
}

function firstUsable(ip: IpAddress): bigint {
  return networkOf(ip) + (ip.version === 4 && size(ip) > 2n ? 1n : ip.version === 6 && size(ip) > 1n ? 1n : 0n);
}

function lastUsable(ip: IpAddress): bigint {
  return broadcastOf(ip) - (ip.version === 4 && size(ip) > 2n ? 1n : 0n);
}

const show = (ip: IpAddress, address: bigint): string => formatIp(address, ip.version);
const isNetwork = (ip: IpAddress): boolean => ip.hasPrefix && ip.address === networkOf(ip) && size(ip) > 1n;
const within = (ip: IpAddress, ...networks: readonly string[]): boolean =>
  networks.some((net) => isInside({ ...ip, prefix: BITS[ip.version] }, need(net)));
const isPrivate = (ip: IpAddress): boolean => within(ip, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7");
const isLoopback = (ip: IpAddress): boolean => within(ip, "127.0.0.0/8", "::1/128");
const isMulticast = (ip: IpAddress): boolean => within(ip, "224.0.0.0/4", "ff00::/8");
const isLinkLocal = (ip: IpAddress): boolean => within(ip, "169.254.0.0/16", "fe80::/10");
const isPublic = (ip: IpAddress): boolean =>
  !isPrivate(ip) &&
  !isLoopback(ip) &&
  !isMulticast(ip) &&
  !isLinkLocal(ip) &&
  !within(ip, "0.0.0.0/8", "240.0.0.0/4", "::/128");

const cidr = (ip: IpAddress, address: bigint): string => `${show(ip, address)}/${ip.prefix}`;

const queries: Readonly<Record<string, (ip: IpAddress, value: unknown) => unknown>> = {
  "": (ip, value) => (isInteger(value) ? show(ip, ip.address) : value),
  bool: () => true,
  address: (ip) => (isNetwork(ip) ? false : show(ip, ip.address)),
  ip: (ip) => (isNetwork(ip) ? false : show(ip, ip.address)),
  "ip/prefix": (ip) => (isNetwork(ip) ? false : cidr(ip, ip.address)),
  ip_netmask: (ip) => (isNetwork(ip) ? false : `${show(ip, ip.address)} ${show(ip, maskOf(ip.prefix, ip.version))}`),
  "address/prefix": (ip) => (isNetwork(ip) ? false : cidr(ip, ip.address)),
  host: (ip) => (isNetwork(ip) ? false : cidr(ip, ip.address)),
  "host/prefix": (ip) => (isNetwork(ip) ? false : cidr(ip, ip.address)),
  hostnet: (ip) => (isNetwork(ip) ? false : cidr(ip, ip.address)),
  prefix: (ip) => ip.prefix,
  size: (ip) => small(size(ip)),
  int: (ip) => (ip.hasPrefix && ip.prefix !== BITS[ip.version] ? `${ip.address}/${ip.prefix}` : small(ip.address)),
  version: (ip) => ip.version,
  type: (ip) => (isNetwork(ip) ? "network" : "address"),
  netmask: (ip) => show(ip, maskOf(ip.prefix, ip.version)),
  hostmask: (ip) => show(ip, broadcastOf(ip) ^ networkOf(ip)),
  wildcard: (ip) => show(ip, broadcastOf(ip) ^ networkOf(ip)),
  net: (ip) => (isNetwork(ip) ? cidr(ip, networkOf(ip)) : false),
  network: (ip) => show(ip, networkOf(ip)),
  network_id: (ip) => show(ip, networkOf(ip)),
  subnet: (ip) => cidr(ip, networkOf(ip)),
  "network/prefix": (ip) => cidr(ip, networkOf(ip)),
  broadcast: (ip) => (size(ip) > 2n ? show(ip, broadcastOf(ip)) : null),
  first_usable: (ip) => (size(ip) > 1n ? show(ip, firstUsable(ip)) : null),
  last_usable: (ip) => (size(ip) > 1n ? show(ip, lastUsable(ip)) : null),
  next_usable: (ip) => (ip.address + 1n <= lastUsable(ip) ? show(ip, ip.address + 1n) : null),
  previous_usable: (ip) => (ip.address - 1n >= firstUsable(ip) ? show(ip, ip.address - 1n) : null),
  peer: (ip) => show(ip, ip.prefix === BITS[ip.version] - 1 ? ip.address ^ 1n : ip.address ^ 3n),
  range_usable: (ip) => (size(ip) > 1n ? `${show(ip, firstUsable(ip))}-${show(ip, lastUsable(ip))}` : null),
  size_usable: (ip) => small(lastUsable(ip) - firstUsable(ip) + 1n),
  revdns: (ip) => reverseName(ip),
  private: (ip, value) => (isPrivate(ip) ? value : false),
  public: (ip, value) => (isPublic(ip) ? value : false),
  unicast: (ip, value) => (isMulticast(ip) ? false : value),
  multicast: (ip, value) => (isMulticast(ip) ? value : false),
  loopback: (ip, value) => (isLoopback(ip) ? value : false),
  lo: (ip, value) => (isLoopback(ip) ? value : false),
  "link-local": (ip, value) => (isLinkLocal(ip) ? value : false),
  ipv4: (ip, value) => (ip.version === 4 ? value : false),
  ipv6: (ip, value) => (ip.version === 6 ? value : false),
  wrap: (ip, value) => (ip.version === 6 ? wrap(value) : value),
};

function reverseName(ip: IpAddress): string {
  if (ip.version === 4) return `${show(ip, ip.address).split(".").reverse().join(".")}.in-addr.arpa.`;
  return `${ip.address.toString(16).padStart(32, "0").split("").reverse().join(".")}.ip6.arpa.`;
}

function wrap(value: unknown): unknown {
  const ip = read(value);
  if (ip?.version !== 6) return value;
  return toText(value).replace(/^([^/]+)/, "[$1]");
}

function subnet(value: unknown, query: unknown = "", index?: unknown): unknown {
  const ip = read(value);
  if (!ip) return false;
  if (query === "" || query === null) return cidr(ip, networkOf(ip));
  if (typeof query === "string" && !/^\d+$/.test(query)) return isInside(ip, need(query)) ? true : false;
  const prefix = Number(query);
  if (prefix < ip.prefix) {
    const wide = { ...ip, prefix };
    return index === undefined ? `${show(ip, networkOf(wide))}/${prefix}` : false;
  }
  const count = 1n << BigInt(prefix - ip.prefix);
  if (index === undefined) return small(count);
  const at = BigInt(Number(index)) < 0n ? count + BigInt(Number(index)) : BigInt(Number(index));
  if (at < 0n || at >= count) return false;
  return `${show(ip, networkOf(ip) + (at << BigInt(BITS[ip.version] - prefix)))}/${prefix}`;
}

function nth(value: unknown, offset: number): unknown {
  const ip = need(value);
  const at = ip.address + BigInt(offset);
  return at >= firstUsable(ip) && at <= lastUsable(ip) ? show(ip, at) : false;
}

function cidrMerge(value: unknown, action: unknown = "merge"): unknown {
  if (!isList(value)) throw templateError(`\`cidr_merge\` needs a list, got ${describeValue(value)}`);
  let nets = value.map((item) => need(item)).map((ip) => ({ ...ip, address: networkOf(ip) }));
  if (action === "span") {
    const [first] = nets;
    if (!first) return null;
    let prefix = Math.min(...nets.map((net) => net.prefix));
    while (prefix > 0 && !nets.every((net) => isInside(net, { ...first, prefix }))) prefix--;
    return `${show(first, networkOf({ ...first, prefix }))}/${prefix}`;
  }
  for (let changed = true; changed; ) {
    changed = false;
    nets.sort(
      (a, b) => a.version - b.version || (a.address < b.address ? -1 : a.address > b.address ? 1 : a.prefix - b.prefix),
    );
    const merged: IpAddress[] = [];
    for (const net of nets) {
      const last = merged.at(-1);
      const pair =
        last && last.version === net.version && last.prefix === net.prefix
          ? { ...last, prefix: last.prefix - 1 }
          : undefined;
      if (last && isInside(net, last)) changed = true;
      else if (last && pair && networkOf(pair) === last.address && isInside(net, pair)) {
        merged[merged.length - 1] = pair;
        changed = true;
      } else merged.push(net);
    }
    nets = merged;
  }
  return nets.map((net) => `${show(net, net.address)}/${net.prefix}`);
}

function hardwareAddress(value: unknown, query: unknown = ""): unknown {
  const digits = toText(value).replace(/[-:.]/g, "").toLowerCase();
  if (!/^[\da-f]{12}$/.test(digits)) {
    if (query === "bool") return false;
    throw templateError(`${describeValue(value)} is no hardware address`);
  }
  const pairs = digits.match(/../g) ?? [];
  const quads = digits.match(/..../g) ?? [];
  switch (query) {
    case "":
      return value;
    case "bool":
      return true;
    case "linux":
      return pairs.join(":");
    case "unix":
      return pairs.map((pair) => pair.replace(/^0/, "")).join(":");
    case "win":
    case "eui48":
      return pairs.join("-").toUpperCase();
    case "cisco":
      return quads.join(".");
    case "bare":
      return digits.toUpperCase();
    case "pgsql":
    case "psql":
    case "postgresql":
      return `${digits.slice(0, 6)}:${digits.slice(6)}`;
    case "int":
      return Number.parseInt(digits, 16);
    default:
      throw templateError(`unknown query ${describeValue(query)} for \`hwaddr\``);
  }
}
