import type { ConnectionSettings } from "./connection-settings.ts";
import type { SshContext } from "./ssh-context.ts";
import type { Transport } from "./transport.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** The transport for a host; nothing is connected yet, and ssh2 is loaded only when it is needed. */
export async function createTransport(
  settings: ConnectionSettings,
  context: SshContext,
  workers?: WorkerPool,
): Promise<Transport> {
  switch (settings.kind) {
    case "ssh":
      if (workers) return workers.transport(settings);
      return new (await import("./ssh.ts")).SshTransport(settings, context);
    case "openssh":
      return new (await import("./openssh.ts")).OpensshTransport(settings);
    case "local":
      return new (await import("./local.ts")).LocalTransport();
  }
}
