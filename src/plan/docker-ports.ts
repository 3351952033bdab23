import { TaskFailure } from "../task/failure.ts";

export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** Published ports as the Engine's API has them, `80/tcp` to where they are bound. `defaultIp` is for those without an address. */
export function portBindings(
  ports: readonly string[],
  defaultIp: string,
): Readonly<Record<string, readonly PortBinding[]>> {
  const bindings: Record<string, PortBinding[]> = {};
  for (const port of ports) {
    if (port === "all") throw new TaskFailure('"all" in `published_ports` is not supported: set `publish_all_ports`');
    const parts = port.split(/:(?![^[]*\])/);
    const [inside = "", protocol = "tcp"] = (parts.at(-1) ?? "").split("/");
    const containerPorts = portRange(inside);
    if (parts.length > 3)
      throw new TaskFailure(`\`${port}\`: expected at most three parts; an IPv6 address stands in square brackets`);
    const [address, outside] =
      parts.length === 3
        ? [addressOf(parts[0] ?? ""), parts[1]]
        : [defaultIp, parts.length === 2 ? parts[0] : undefined];
    const hostPorts = !outside ? [] : containerPorts.length === 1 ? [outside] : portRange(outside).map(String);
    if (hostPorts.length > 0 && hostPorts.length !== containerPorts.length)
      throw new TaskFailure(`\`${port}\`: two ranges of different lengths`);
    containerPorts.forEach((number, at) => {
      (bindings[`${number}/${protocol}`] ??= []).push({ HostIp: address, HostPort: hostPorts[at] ?? "" });
    });
  }
  return bindings;
}

/** Ports that the container listens on: the ones given, and each that is published. */
export function exposedPorts(exposed: readonly string[], published: readonly string[]): readonly string[] {
  const given = exposed.map((port) => normalPort(port.trim()));
  return [...new Set([...given, ...published])];
}

export function normalPort(port: string): string {
  return port.includes("/") ? port : `${port}/tcp`;
}

function portRange(text: string): readonly number[] {
  const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [start, end] = [Number(first), Number(last ?? first)];
  if (Number.isNaN(start) || end < start) throw new TaskFailure(`invalid port or range of ports: \`${text}\``);
  return Array.from({ length: end - start + 1 }, (_, index) => start + index);
}

function addressOf(text: string): string {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return text;
  if (/^\[[0-9a-fA-F:]+\]$/.test(text)) return text.slice(1, -1);
  if (/^\[[0-9a-fA-F:]+%[^\]/]+\]$/.test(text)) return text;
  throw new TaskFailure(`\`${text}\`: published ports are bound to an IPv4 or IPv6 address, not to a host's name`);
}
