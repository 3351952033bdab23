import { sh } from "../../task/sh.ts";
import { type FactSource, linesOf } from "./fact-source.ts";

type Values = Record<string, unknown>;

const interfaceTypes: Readonly<Record<string, string>> = {
  "1": "ether",
  "32": "infiniband",
  "512": "ppp",
  "772": "loopback",
  "65534": "tunnel",
};

/** Interfaces from sysfs, addresses and default routes from `ip`; without iproute2 from /proc. */
export const network: FactSource = {
  name: "network",
  gives: /^(interfaces|default_ipv[46]|all_ipv[46]_addresses)$/,
  aliases: ["interfaces", "default_ipv4", "default_ipv6", "all_ipv4_addresses", "all_ipv6_addresses"],
  needs: ["distribution", "platform"],
  // The two addresses only name a route to the world, as in Ansible; nothing is sent.
  script: sh`
    s interfaces
    v() { if [ -r "$1" ] && read -r x < "$1" 2>/dev/null; then echo "$2=$x"; fi; }
    for d in /sys/class/net/*; do
      [ -d "$d" ] || continue
      echo "interface \${d##*/}"
      for k in address mtu operstate type speed flags; do v "$d/$k" $k; done
      [ -e "$d/device/driver/module" ] && { m=$(readlink -f "$d/device/driver/module"); echo "module=\${m##*/}"; }
      [ -e "$d/device" ] && { m=$(readlink "$d/device"); echo "pciid=\${m##*/}"; }
      if [ -d "$d/bridge" ]; then echo "bridge=1"; v "$d/bridge/bridge_id" id; v "$d/bridge/stp_state" stp; for b in "$d"/brif/*; do [ -e "$b" ] && echo "port=\${b##*/}"; done; fi
      if [ -d "$d/bonding" ]; then echo "bonding=1"; for k in slaves mode miimon lacp_rate primary; do v "$d/bonding/$k" $k; done; fi
    done
    if command -v ip >/dev/null; then
      s addresses; ip addr show
      s route4; ip -4 route get 8.8.8.8
      s route6; ip -6 route get 2404:6800:400a:800::1012
    else
      s proc_route; cat /proc/net/route
      s proc_fib; cat /proc/net/fib_trie
      s proc_inet6; cat /proc/net/if_inet6
    fi`,
  parse(sections) {
    const interfaces = parseInterfaces(sections("interfaces"));
    const ip =
      sections("addresses") === ""
        ? withoutIp(sections("proc_route"), sections("proc_fib"), sections("proc_inet6"))
        : sections("addresses");
    const default4 = parseRoute(sections("route4") || routeFromProc(sections("proc_route"), ip));
    const default6 = parseRoute(sections("route6"));
    const [all4, all6]: [string[], string[]] = [[], []];
    for (const block of ip.split(/^(?=\d+: )/m)) {
      const device = /^\d+: ([^:@\s]+)/.exec(block)?.[1];
      const values = device === undefined ? undefined : interfaces.get(device);
      if (device === undefined || !values) continue;
      for (const line of linesOf(block).map((text) => text.trim())) {
        if (line.startsWith("inet ")) addIpv4(line, device, interfaces, default4, all4);
        else if (line.startsWith("inet6 ")) addIpv6(line, values, default6, all6);
      }
    }
    const facts: Values = {
      interfaces: [...interfaces.keys()],
      default_ipv4: default4,
      default_ipv6: default6,
      all_ipv4_addresses: all4,
      all_ipv6_addresses: all6,
    };
    // Members of `ansible_facts` whose names templates can write: `br-lan.10` is `ansible_br_lan_10`.
    for (const [device, values] of interfaces) facts[device.replace(/[^A-Za-z0-9_]/g, "_")] = values;
    return facts;
  },
};

function parseInterfaces(text: string): Map<string, Values> {
  const found = new Map<string, Values>();
  for (const block of text.split(/^(?=interface )/m).filter((part) => part.startsWith("interface "))) {
    const [head = "", ...lines] = linesOf(block);
    const pairs = lines.map(
      (line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1).trim()] as const,
    );
    const raw: Readonly<Record<string, string | undefined>> = Object.fromEntries(pairs);
    const device = head.slice("interface ".length);
    found.set(device, {
      device,
      ...(raw["address"] && raw["address"] !== "00:00:00:00:00:00" && { macaddress: raw["address"] }),
      ...(raw["mtu"] && { mtu: Number(raw["mtu"]) }),
      ...(raw["operstate"] && { active: raw["operstate"] !== "down" }),
      ...(raw["module"] && { module: raw["module"] }),
      ...(raw["type"] && { type: interfaceTypes[raw["type"]] ?? "unknown" }),
      ...(raw["pciid"] && { pciid: raw["pciid"] }),
      ...(raw["speed"] && { speed: Number(raw["speed"]) }),
      ...(raw["flags"] && { promisc: (Number(raw["flags"]) & 0x100) !== 0 }),
      ...(raw["bridge"] && {
        type: "bridge",
        interfaces: pairs.filter(([key]) => key === "port").map(([, port]) => port),
        id: raw["id"] ?? "",
        stp: raw["stp"] === "1",
      }),
      ...(raw["bonding"] && {
        type: "bonding",
        slaves: (raw["slaves"] ?? "").split(" ").filter(Boolean),
        mode: (raw["mode"] ?? "").split(" ")[0],
        miimon: (raw["miimon"] ?? "").split(" ")[0],
        lacp_rate: (raw["lacp_rate"] ?? "").split(" ")[0],
        ...(raw["primary"] && { primary: raw["primary"] }),
      }),
    });
  }
  return found;
}

function parseRoute(text: string): Values {
  const words = text.split("\n")[0]?.split(/\s+/) ?? [];
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  const [device, address, gateway] = [after("dev"), after("src"), after("via")];
  return { ...(device && { interface: device }), ...(address && { address }), ...(gateway && { gateway }) };
}

function addIpv4(line: string, device: string, interfaces: Map<string, Values>, defaults: Values, all: string[]): void {
  const words = line.split(/\s+/);
  const [address = "", prefix = "32"] = (words[1] ?? "").split("/");
  const broadcast = words[2] === "brd" ? (words[3] ?? "") : "";
  // The last word is the label: `eth0:1` counts as an interface of its own.
  const label = /^(inet .* )(\S+)$/.exec(line)?.[2] ?? device;
  const values = (interfaces.get(label) ?? interfaces.set(label, {}).get(label)) as Values;
  const bits = Number(prefix);
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const entry = { address, broadcast, netmask: dotted(mask), network: dotted((number & mask) >>> 0), prefix };
  const isSecondary = words.includes("secondary") || "ipv4" in values;
  if (isSecondary) values["ipv4_secondaries"] = [...((values["ipv4_secondaries"] as Values[]) ?? []), entry];
  else values["ipv4"] = entry;
  const main = interfaces.get(device) as Values;
  if (defaults["address"] === address) {
    const { address: _, ...rest } = entry;
    Object.assign(defaults, rest, {
      macaddress: main["macaddress"] ?? "",
      mtu: main["mtu"],
      type: main["type"] ?? "unknown",
      alias: label,
    });
  }
  if (!address.startsWith("127.")) all.push(address);
}

function addIpv6(line: string, values: Values, defaults: Values, all: string[]): void {
  const words = line.split(/\s+/);
  const isPeer = words[2] === "peer";
  const [address = "", ownPrefix = ""] = (words[1] ?? "").split("/");
  const prefix = isPeer ? ((words[3] ?? "").split("/")[1] ?? "") : ownPrefix;
  const scope = words[words.indexOf("scope") + 1] ?? "";
  values["ipv6"] = [...((values["ipv6"] as Values[]) ?? []), { address, prefix, scope }];
  if (defaults["address"] === address)
    Object.assign(defaults, {
      prefix,
      scope,
      macaddress: values["macaddress"] ?? "",
      mtu: values["mtu"],
      type: values["type"] ?? "unknown",
    });
  if (address !== "::1") all.push(address);
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** What `ip addr` would print, from /proc: local addresses with the on-link route that holds them. */
function withoutIp(routes: string, fib: string, inet6: string): string {
  const networks = linesOf(routes)
    .slice(1)
    .map((line) => {
      const [device = "", destination = "", , , , , , mask = ""] = line.split(/\s+/);
      return { device, network: hexAddress(destination), mask: hexAddress(mask) };
    });
  const locals = [...new Set([...fib.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map((match) => match[1] as string))];
  const lines = new Map<string, string[]>();
  for (const address of locals) {
    const number = numberOf(address);
    const onLink = networks.find(({ network, mask }) => mask !== 0 && (number & mask) >>> 0 === network);
    const device = address.startsWith("127.") ? "lo" : (onLink?.device ?? "unknown");
    const bits = address.startsWith("127.") ? 8 : (onLink?.mask ?? 0xffffffff).toString(2).replaceAll("0", "").length;
    const broadcast =
      bits < 31 && device !== "lo" ? ` brd ${dotted((number | ~((0xffffffff << (32 - bits)) >>> 0)) >>> 0)}` : "";
    lines.set(device, [...(lines.get(device) ?? []), `    inet ${address}/${bits}${broadcast} scope global ${device}`]);
  }
  for (const line of linesOf(inet6)) {
    const [hex = "", , prefix = "", scope = "", , device = ""] = line.trim().split(/\s+/);
    const word = { "00": "global", "10": "host", "20": "link", "40": "site" }[scope] ?? "global";
    lines.set(device, [
      ...(lines.get(device) ?? []),
      `    inet6 ${shortIpv6(hex)}/${Number.parseInt(prefix, 16)} scope ${word} `,
    ]);
  }
  return [...lines]
    .map(([device, addresses], index) => `${index + 1}: ${device}: <>\n${addresses.join("\n")}\n`)
    .join("");
}

function routeFromProc(routes: string, addresses: string): string {
  const entry = linesOf(routes)
    .slice(1)
    .map((line) => line.split(/\s+/))
    .find((fields) => fields[1] === "00000000" && fields[7] === "00000000");
  if (!entry) return "";
  const device = entry[0] as string;
  const source = new RegExp(`^\\d+: ${device}: [^]*?inet ([\\d.]+)/`, "m").exec(addresses)?.[1];
  return `8.8.8.8 via ${dotted(hexAddress(entry[2] ?? ""))} dev ${device}${source === undefined ? "" : ` src ${source}`}`;
}

/** /proc/net/route prints addresses in the byte order of little-endian machines. */
function hexAddress(hex: string): number {
  return Number.parseInt((hex.match(/../g) ?? []).reverse().join("") || "0", 16);
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** RFC 5952: lower case, no leading zeros, the longest run of zero groups as `::`. */
function shortIpv6(hex: string): string {
  const groups = (hex.match(/..../g) ?? []).map((group) => Number.parseInt(group, 16).toString(16));
  const runs = [...groups.join(":").matchAll(/\b0(?::0)+\b/g)]
    .map((match) => match[0])
    .sort((a, b) => b.length - a.length);
  const text = groups.join(":");
  return runs[0] === undefined ? text : text.replace(new RegExp(`(^|:)${runs[0]}(:|$)`), "::");
}
