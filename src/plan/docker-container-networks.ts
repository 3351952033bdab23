import { isAsWanted } from "./docker-container-compare.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import type { DockerObject } from "../state/docker.ts";

type NetworkWish = NonNullable<DockerContainerArgs["networks"]>[number];

/** A network that a container joins, or leaves. */
export interface NetworkChange {
  readonly name: string;
  readonly join?: DockerObject;
  readonly leaves: boolean;
  readonly before: unknown;
  readonly after: unknown;
}

/** How a container stands in a network, as the Engine's API has it. */
export function endpoint({ ipv4_address: v4, ipv6_address: v6, aliases, links }: NetworkWish): DockerObject {
  const addresses = { ...(v4 && { IPv4Address: v4 }), ...(v6 && { IPv6Address: v6 }) };
  return {
    ...(Object.keys(addresses).length > 0 && { IPAMConfig: addresses }),
    ...(aliases && aliases.length > 0 && { Aliases: aliases }),
    ...(links && links.length > 0 && { Links: linkPairs(links) }),
  };
}

function linkPairs(links: readonly string[]): readonly string[] {
  return links.map((link) => (link.includes(":") ? link : `${link}:${link}`));
}

/** The networks of a container by name. */
export function networksOf(container: DockerObject): Readonly<Record<string, DockerObject>> {
  const { Networks } = (container["NetworkSettings"] ?? {}) as {
    readonly Networks?: Readonly<Record<string, DockerObject>>;
  };
  return Networks ?? {};
}

/** What is to be done so that a container is in its networks, and, where they are `isStrict`, in no other. */
export function networkChanges(
  { networks = [] }: DockerContainerArgs,
  container: DockerObject,
  isStrict: boolean,
): readonly NetworkChange[] {
  const current = networksOf(container);
  const wanted = networks.flatMap((wish): readonly NetworkChange[] => {
    const found = current[wish.name];
    if (found && isEndpoint(wish, found)) return [];
    const { name, ...after } = wish;
    return [{ name, join: endpoint(wish), leaves: found !== undefined, before: found && shown(wish, found), after }];
  });
  const extra = isStrict ? Object.keys(current).filter((name) => !networks.some((wish) => wish.name === name)) : [];
  return [...wanted, ...extra.map((name) => ({ name, leaves: true, before: {}, after: undefined }))];
}

function isEndpoint(wish: NetworkWish, found: DockerObject): boolean {
  const addresses = (found["IPAMConfig"] ?? {}) as DockerObject;
  const isAddress = (wanted: string | undefined, name: string) => !wanted || wanted === addresses[name];
  const hasAll = (wanted: readonly string[] | undefined, name: string) =>
    !wanted || wanted.length === 0 || isAsWanted(wanted, found[name], "allow_more_present", "set");
  return (
    isAddress(wish.ipv4_address, "IPv4Address") &&
    isAddress(wish.ipv6_address, "IPv6Address") &&
    hasAll(wish.aliases, "Aliases") &&
    hasAll(wish.links && linkPairs(wish.links), "Links")
  );
}

/** The same members of an endpoint as those that are wished. */
function shown(wish: NetworkWish, found: DockerObject): DockerObject {
  const addresses = (found["IPAMConfig"] ?? {}) as DockerObject;
  return {
    ...(wish.ipv4_address && { ipv4_address: addresses["IPv4Address"] ?? null }),
    ...(wish.ipv6_address && { ipv6_address: addresses["IPv6Address"] ?? null }),
    ...(wish.aliases && { aliases: found["Aliases"] ?? null }),
    ...(wish.links && { links: found["Links"] ?? null }),
  };
}

/** Networks that a container joins or leaves, for a diff. */
export function networkLines(
  changes: readonly NetworkChange[],
): readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[] {
  return changes.map(({ name, before, after }) => ({ name: `network.${name}`, before, after }));
}
