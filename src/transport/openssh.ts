import type { ChildProcess } from "node:child_process";
import { TsrunError } from "../lib/errors.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import { pipeOfProcess } from "./local.ts";
import { splitWords } from "./split-words.ts";
import { loginShellCommand, type Pipe, type PipeEnd, type Transport } from "./transport.ts";

/**
 * The system's ssh, one process a session: for certificates, FIDO keys, GSSAPI, post-quantum key exchange and whatever else ssh_config can
 * say. Logging in happens with the first session, so `connect` does nothing. It cannot be given a password: nobody is there to type it.
 */
export class OpensshTransport implements Transport {
  readonly kind = "openssh";
  readonly failure = undefined;
  readonly #settings: ConnectionSettings;
  readonly #children = new Set<ChildProcess>();

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  async connect(): Promise<void> {
    const { password, inventoryName } = this.#settings;
    if (password === undefined) return;
    throw new TsrunError({
      code: "E_CONNECTION_VARIABLE",
      message: `${inventoryName}: \`ansible_password\` does not work with \`ansible_connection: openssh\``,
      hint: "use a key, or `ansible_connection: ssh`",
    });
  }

  async open(command: readonly string[]): Promise<Pipe> {
    return pipeOfProcess("ssh", [...sshArguments(this.#settings), loginShellCommand(command)], this.#children);
  }

  /** ssh ends with 255 when it is ssh itself that failed. */
  explainEnd(end: PipeEnd, stderr: string): TsrunError | undefined {
    if (end.code !== 255) return undefined;
    const { inventoryName } = this.#settings;
    const message = `${inventoryName}: ssh: ${stderr.trim().split("\n").slice(-4).join("; ") || "it gave no reason"}`;
    if (/Permission denied|Too many authentication failures/.test(stderr)) {
      return new TsrunError({ code: "E_AUTHENTICATION", message, hint: "try the same with: ssh -v HOST" });
    }
    if (/Host key verification failed|IDENTIFICATION HAS CHANGED/.test(stderr)) {
      return new TsrunError({ code: "E_HOST_KEY", message: `${inventoryName}: ssh: ${stderr.trim()}` });
    }
    return new TsrunError({ code: "E_UNREACHABLE", message });
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.stdin?.end();
  }
}

/** Arguments for ssh, as Ansible orders them: inventory first, since ssh takes the first value it sees. */
export function sshArguments(settings: ConnectionSettings): string[] {
  const { host, port, user, privateKeyFile, hostKeyChecking, knownHostsFiles, connectTimeoutMs, keepaliveIntervalMs } =
    settings;
  if (host.startsWith("-") || user?.startsWith("-")) {
    throw new TsrunError({
      code: "E_CONNECTION_VARIABLE",
      message: `\`${host}\` is no host name: it starts with a dash`,
    });
  }
  const option = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : ["-o", `${name}=${value}`];
  return [
    "-T",
    ...option("BatchMode", "yes"),
    ...option("ConnectTimeout", Math.ceil((connectTimeoutMs ?? 10_000) / 1000)),
    ...option("ServerAliveInterval", Math.ceil((keepaliveIntervalMs ?? 10_000) / 1000)),
    ...option("ServerAliveCountMax", 3),
    ...option("StrictHostKeyChecking", hostKeyChecking),
    ...option("UserKnownHostsFile", knownHostsFiles?.join(" ")),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-l", user]),
    ...(privateKeyFile === undefined ? [] : ["-i", privateKeyFile]),
    ...splitWords(settings.sshArguments),
    "--",
    host,
  ];
}
