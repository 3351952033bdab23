import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { HostKeyChecking } from "./host-key-check.ts";
import { mergeOptions, parseSshArguments, type SshOptions } from "./ssh-options.ts";

/** How to reach one inventory host; ssh_config fills what is left open. */
export interface ConnectionSettings {
  readonly kind: "ssh" | "openssh" | "local";
  readonly inventoryName: string;
  readonly host: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  /** From `ansible_ssh_common_args`, `ansible_ssh_extra_args` and `ansible_ssh_args`. */
  readonly sshOptions: SshOptions;
  /** The same arguments as they were written, for the system's ssh. */
  readonly sshArguments: string;
  /** Undefined: ssh_config's StrictHostKeyChecking, else `yes`. */
  readonly hostKeyChecking?: HostKeyChecking | undefined;
  readonly knownHostsFiles?: readonly string[] | undefined;
  /** For the TCP connection, and again for the key exchange. 10 s. */
  readonly connectTimeoutMs?: number | undefined;
  /** After three silent intervals the connection is lost. 10 s. */
  readonly keepaliveIntervalMs?: number | undefined;
}

const kinds: Readonly<Record<string, ConnectionSettings["kind"]>> = {
  ssh: "ssh",
  smart: "ssh",
  paramiko: "ssh",
  paramiko_ssh: "ssh",
  "ansible.builtin.ssh": "ssh",
  "ansible.builtin.paramiko_ssh": "ssh",
  openssh: "openssh",
  local: "local",
  "ansible.builtin.local": "local",
};

/** Maps Ansible's inventory variables. Throws `E_CONNECTION_VARIABLE` for values that mean nothing. */
export function connectionSettings(vars: (name: string) => unknown, inventoryName: string): ConnectionSettings {
  const first = (...names: string[]) =>
    names.map((name) => text(name, vars(name))).find((value) => value !== undefined);
  const sshArguments = ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"]
    .map((name) => text(name, vars(name)))
    .filter((value) => value !== undefined)
    .join(" ");
  const timeout = number("ansible_ssh_timeout", vars("ansible_ssh_timeout") ?? vars("ansible_timeout"));
  return {
    kind: kindOf(first("ansible_connection")),
    inventoryName,
    host: first("ansible_host", "ansible_ssh_host") ?? inventoryName,
    port: port(first("ansible_port", "ansible_ssh_port")),
    user: first("ansible_user", "ansible_ssh_user"),
    password: first("ansible_password", "ansible_ssh_password", "ansible_ssh_pass"),
    privateKeyFile: first("ansible_ssh_private_key_file", "ansible_private_key_file"),
    sshOptions: optionsOf(sshArguments),
    sshArguments,
    hostKeyChecking: checking(vars("ansible_ssh_host_key_checking") ?? vars("ansible_host_key_checking")),
    connectTimeoutMs: timeout === undefined ? undefined : timeout * 1000,
  };
}

/** Settings are asked for at every task of every host, and their arguments are mostly the same text. */
function optionsOf(sshArguments: string): SshOptions {
  let options = parsedArguments.get(sshArguments);
  if (!options) {
    options = mergeOptions(parseSshArguments(sshArguments));
    parsedArguments.set(sshArguments, options);
  }
  return options;
}

const parsedArguments = new Map<string, SshOptions>();

function kindOf(name: string | undefined): ConnectionSettings["kind"] {
  if (name === undefined || name === "") return "ssh";
  const kind = kinds[name];
  if (kind) return kind;
  throw new TsrunError({
    code: "E_CONNECTION_VARIABLE",
    message: `unknown connection \`${name}\`: expected ssh, openssh or local`,
    hint: didYouMean(name, Object.keys(kinds)),
  });
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value === "" ? undefined : value;
  if (typeof value === "number") return String(value);
  throw new TsrunError({ code: "E_CONNECTION_VARIABLE", message: `\`${name}\`: expected text, got ${typeof value}` });
}

function number(name: string, value: unknown): number | undefined {
  const given = text(name, value);
  if (given === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given);
  throw new TsrunError({ code: "E_CONNECTION_VARIABLE", message: `\`${name}\`: expected a number, got \`${given}\`` });
}

function port(value: string | undefined): number | undefined {
  const given = number("ansible_port", value);
  if (given === undefined || (Number.isInteger(given) && given > 0 && given < 65536)) return given;
  throw new TsrunError({
    code: "E_CONNECTION_VARIABLE",
    message: `\`ansible_port\`: expected a port, got \`${given}\``,
  });
}

/** Ansible's boolean, or `accept-new`. */
function checking(value: unknown): HostKeyChecking | undefined {
  const given = (typeof value === "boolean" ? String(value) : text("ansible_host_key_checking", value))?.toLowerCase();
  if (given === undefined) return undefined;
  if (given === "accept-new") return "accept-new";
  if (/^(true|yes|on|1)$/.test(given)) return "yes";
  if (/^(false|no|off|0)$/.test(given)) return "no";
  throw new TsrunError({
    code: "E_CONNECTION_VARIABLE",
    message: `\`ansible_host_key_checking\`: expected true, false or accept-new, got \`${given}\``,
  });
}
