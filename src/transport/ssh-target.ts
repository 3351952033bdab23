import { homedir, hostname, userInfo } from "node:os";
import { TsrunError } from "../lib/errors.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import type { HostKeyChecking } from "./host-key-check.ts";
import type { SshConfig } from "./ssh-config.ts";
import { mergeOptions, type SshOptions } from "./ssh-options.ts";

/** Everything needed for one SSH connection: inventory first, then ssh's arguments, then ssh_config, then ssh's defaults. */
export interface SshTarget {
  readonly inventoryName: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  /** Keys somebody named, or ssh's default ones. */
  readonly identityFiles: readonly string[];
  readonly identitiesAreDefault: boolean;
  /** Only the named keys, even when the agent has more. */
  readonly identitiesOnly: boolean;
  readonly agentSocket: string | undefined;
  /** Bastions in order, as `[user@]host[:port]`. */
  readonly jumps: readonly string[];
  readonly proxyCommand: string | undefined;
  readonly hostKeyAlias: string | undefined;
  readonly hostKeyChecking: HostKeyChecking;
  readonly knownHostsFiles: readonly string[];
  readonly family: 0 | 4 | 6;
  readonly connectTimeoutMs: number;
  readonly keepaliveIntervalMs: number;
  readonly configFile: string | undefined;
}

const defaultIdentities = ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"];

/** Resolves settings against ssh_config. */
export async function resolveTarget(settings: ConnectionSettings, config: SshConfig): Promise<SshTarget> {
  const { host: name, sshOptions, inventoryName } = settings;
  const configFile = sshOptions.get("configfile")?.[0];
  const options = mergeOptions(sshOptions, await config.options(name, settings.user, configFile));
  const first = (keyword: string) => options.get(keyword)?.[0];
  const user = settings.user ?? first("user") ?? userInfo().username;
  const port = settings.port ?? portOf(first("port") ?? "22", inventoryName);
  const host = (first("hostname") ?? name).replaceAll("%h", name).replaceAll("%%", "%");
  const expand = (text: string) => expandTokens(text, { h: host, n: name, p: String(port), r: user });
  const paths = (keyword: string, fallback: readonly string[]) =>
    (
      options
        .get(keyword)
        ?.slice(0, 1)
        .flatMap((value) => value.split(/\s+/)) ?? fallback
    )
      .map(expand)
      .filter((path) => path !== "none");
  const named = [...(settings.privateKeyFile ? [settings.privateKeyFile] : []), ...(options.get("identityfile") ?? [])];
  const jump = first("proxyjump");
  const proxyCommand = first("proxycommand");
  const agent = first("identityagent");
  return {
    inventoryName,
    host,
    port,
    user,
    password: settings.password,
    identityFiles: (named.length > 0 ? named : defaultIdentities).map(expand).filter((path) => path !== "none"),
    identitiesAreDefault: named.length === 0,
    identitiesOnly: isYes(first("identitiesonly")),
    agentSocket: agentSocket(agent === undefined ? undefined : expand(agent)),
    jumps: jump === undefined || jump === "none" ? [] : jump.split(","),
    proxyCommand:
      proxyCommand === undefined || proxyCommand === "none" ? undefined : expandProxyCommand(proxyCommand, expand),
    hostKeyAlias: first("hostkeyalias"),
    hostKeyChecking: settings.hostKeyChecking ?? strictness(first("stricthostkeychecking")),
    knownHostsFiles: settings.knownHostsFiles ?? [
      ...paths("userknownhostsfile", ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]),
      ...paths("globalknownhostsfile", ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]),
    ],
    family: first("addressfamily") === "inet" ? 4 : first("addressfamily") === "inet6" ? 6 : 0,
    connectTimeoutMs: settings.connectTimeoutMs ?? seconds(first("connecttimeout")) ?? 10_000,
    keepaliveIntervalMs: settings.keepaliveIntervalMs ?? seconds(first("serveraliveinterval")) ?? 10_000,
    configFile,
  };
}

/** The settings of one bastion of a ProxyJump list: its own ssh_config entry, never the target's password or key. */
export function jumpSettings(jump: string, target: SshTarget): ConnectionSettings {
  const found = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:@]+))(?::(\d+))?\/?$/.exec(jump.trim());
  const host = found?.[2] ?? found?.[3];
  if (!found || !host) {
    throw new TsrunError({
      code: "E_CONNECTION_VARIABLE",
      message: `\`${jump}\` is no bastion: expected [user@]host[:port]`,
    });
  }
  const sshOptions: SshOptions = target.configFile ? new Map([["configfile", [target.configFile]]]) : new Map();
  return {
    kind: "ssh",
    inventoryName: `${target.inventoryName} (bastion ${host})`,
    host,
    user: found[1],
    port: found[4] === undefined ? undefined : portOf(found[4], target.inventoryName),
    sshOptions,
    sshArguments: "",
    connectTimeoutMs: target.connectTimeoutMs,
    keepaliveIntervalMs: target.keepaliveIntervalMs,
    hostKeyChecking: target.hostKeyChecking,
    knownHostsFiles: target.knownHostsFiles,
  };
}

function expandTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  if (!/[%~$]/.test(text)) return text;
  const all: Readonly<Record<string, string>> = {
    ...tokens,
    d: homedir(),
    u: userInfo().username,
    l: hostname(),
    L: hostname().split(".")[0] as string,
    i: String(process.getuid?.() ?? 0),
    "%": "%",
  };
  const home = text
    .replace(/^~(?=\/|$)/, homedir())
    .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => process.env[name] ?? "");
  return home.replaceAll(/%([%A-Za-z])/g, (whole, letter: string) => all[letter] ?? whole);
}

/**
 * A host name reaches the command through `%h`: like OpenSSH since CVE-2023-51385 we refuse names that a shell could take for more
 * than a name.
 */
function expandProxyCommand(command: string, expand: (text: string) => string): string {
  for (const token of ["%h", "%n", "%r"]) {
    const value = expand(token);
    if (command.includes(token) && (value.startsWith("-") || /[^\w.@:%+~-]/.test(value))) {
      throw new TsrunError({ code: "E_CONNECTION_VARIABLE", message: `\`${value}\` cannot stand in a ProxyCommand` });
    }
  }
  return expand(command.replace(/^~(?=\/)/, homedir()));
}

function agentSocket(configured: string | undefined): string | undefined {
  if (configured === "none") return undefined;
  if (configured === undefined || configured === "SSH_AUTH_SOCK") return process.env["SSH_AUTH_SOCK"];
  return configured.startsWith("$") ? process.env[configured.slice(1)] : configured;
}

function strictness(value: string | undefined): HostKeyChecking {
  if (value === "accept-new") return "accept-new";
  return value === "no" || value === "off" || value === "false" ? "no" : "yes";
}

function isYes(value: string | undefined): boolean {
  return value === "yes" || value === "true";
}

function seconds(value: string | undefined): number | undefined {
  const given = Number(value);
  return value !== undefined && given > 0 ? given * 1000 : undefined;
}

function portOf(text: string, name: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new TsrunError({ code: "E_CONNECTION_VARIABLE", message: `${name}: expected a port, got \`${text}\`` });
}
