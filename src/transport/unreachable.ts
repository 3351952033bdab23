import { messageOf, TsrunError } from "../lib/errors.ts";

/** Why a host could not be reached; the message says it, `cause` has the original. */
export type UnreachableReason = "dns" | "refused" | "timeout" | "network" | "closed" | "protocol";

/** `E_UNREACHABLE` with the reason in words and what to look at. */
export function unreachable(where: string, reason: UnreachableReason, cause: unknown): TsrunError {
  return new Unreachable(where, reason, cause);
}

/** An `E_UNREACHABLE` whose reason can be asked for. */
export class Unreachable extends TsrunError {
  readonly reason: UnreachableReason;

  constructor(where: string, reason: UnreachableReason, cause: unknown) {
    super({ code: "E_UNREACHABLE", message: `${where}: ${words[reason](cause)}`, hint: hints[reason], cause });
    this.reason = reason;
  }
}

const words: Readonly<Record<UnreachableReason, (cause: unknown) => string>> = {
  dns: (cause) => `its name cannot be resolved (${messageOf(cause)})`,
  refused: () => "the connection was refused",
  timeout: (cause) => messageOf(cause),
  network: (cause) => `no way to it (${messageOf(cause)})`,
  protocol: (cause) => `it does not speak SSH as we do (${messageOf(cause)})`,
  closed: (cause) => `the connection was closed before login (${messageOf(cause)})`,
};

const hints: Readonly<Record<UnreachableReason, string>> = {
  dns: "set `ansible_host` to an address, or add the name to /etc/hosts",
  refused: "is sshd running there, and is `ansible_port` right?",
  timeout: "is the host up, and does a firewall let port 22 through?",
  network: "check the address in `ansible_host` and this machine's routes",
  protocol: "is that port sshd's? If so, try `ansible_connection: openssh`",
  closed: "sshd may be overloaded (MaxStartups) or refuse this address: see its log",
};

export function reasonOf(error: NodeJS.ErrnoException): UnreachableReason {
  if (error.code === "ECONNREFUSED") return "refused";
  if (error.code === "ETIMEDOUT") return "timeout";
  if (error.code === "ECONNRESET" || error.code === "EPIPE") return "closed";
  if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") return "dns";
  return "network";
}
