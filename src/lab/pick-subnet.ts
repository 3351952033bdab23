import { createHash } from "node:crypto";
import { TsrunError } from "../lib/errors.ts";

/** An IPv4 range: first address and prefix length. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const candidateCount = 1000;

/**
 * A /24 in 10.0.0.0/8 that overlaps none of the ranges in use (`a.b.c.d/n`). Which one depends on the seed, so two
 * labs that start at the same moment rarely ask for the same.
 */
export function pickSubnet(seed: string, inUse: readonly string[]): string {
  const taken = inUse.map(parseRange);
  for (let attempt = 0; attempt < candidateCount; attempt++) {
    const digest = createHash("sha256").update(`${seed}/${attempt}`).digest();
    const subnet = `10.${64 + ((digest[0] as number) % 128)}.${digest[1]}.0/24`;
    const range = parseRange(subnet);
    if (!taken.some((other) => range.start <= other.end && other.start <= range.end)) return subnet;
  }
  throw new TsrunError({
    code: "E_LAB_SUBNET",
    message: "expected a free /24 network in 10.0.0.0/8, got none: routes or other container networks cover it",
    hint: "remove networks that nobody uses: podman network prune",
  });
}

/** The n-th address of a network, counted from its first one (`.0`). */
export function addressIn(subnet: string, index: number): string {
  return formatAddress(parseRange(subnet).start + index);
}

/**
 * Networks of the kernel's routing table, from the text of `/proc/net/route` (addresses there are little-endian hex).
 * The default route is left out: it covers everything and takes nothing.
 */
export function routedNetworks(procNetRoute: string): readonly string[] {
  return procNetRoute
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 8)
    .map((fields) => `${littleEndian(fields[1] as string)}/${prefixLength(fields[7] as string)}`)
    .filter((network) => !network.endsWith("/0"));
}

function parseRange(subnet: string): Range {
  const [address = "", prefix = "32"] = subnet.split("/");
  const size = 2 ** (32 - Number(prefix));
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const start = Math.floor(number / size) * size;
  return { start, end: start + size - 1 };
}

function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

function littleEndian(hex: string): string {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(".");
}

function prefixLength(hexMask: string): number {
  const bits = Number.parseInt(hexMask, 16).toString(2);
  return bits.replaceAll("0", "").length;
}
