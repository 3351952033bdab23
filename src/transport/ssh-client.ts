import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import type { Client, ConnectConfig } from "ssh2";
import type { TsrunError } from "../lib/errors.ts";
import { dial, interrupted } from "./dial.ts";
import { HostKeyCheck } from "./host-key-check.ts";
import { SshAuthentication } from "./ssh-authentication.ts";
import type { SshContext } from "./ssh-context.ts";
import type { SshTarget } from "./ssh-target.ts";
import { Unreachable, unreachable } from "./unreachable.ts";

/** curve25519 costs 8 ms; group exchange would block us for 2 s each. No SHA-1, no CBC. */
const kex = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
] as const;
const cipher = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr"] as const;
const hmac = [
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512",
] as const;

const authenticationTimeoutMs = 30_000;
/** Only for connections that are dropped before the login (MaxStartups); never after a refused login. */
const attempts = 6;

/**
 * Logs in. Throws `E_UNREACHABLE`, `E_HOST_KEY`, `E_AUTHENTICATION`, `E_INTERRUPTED`. `via` is a bastion's client.
 */
export async function connectClient(
  target: SshTarget,
  context: SshContext,
  via: Client | undefined,
  signal?: AbortSignal,
): Promise<Client> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await context.logins(target.host, target.port).use(() => connectOnce(target, context, via, signal));
    } catch (error) {
      const isDropped = error instanceof Unreachable && error.reason === "closed";
      if (!isDropped || attempt === attempts || signal?.aborted) throw error;
      await pause(Math.min(4000, 250 * 2 ** attempt) * (0.5 + Math.random()), signal);
    }
  }
}

async function connectOnce(
  target: SshTarget,
  context: SshContext,
  via: Client | undefined,
  signal?: AbortSignal,
): Promise<Client> {
  const authentication = new SshAuthentication(target);
  await authentication.prepare(context.keys);
  const socket = await openSocket(target, via, signal);
  try {
    return await context.handshakes.use(() => handshake(target, context, authentication, socket, signal));
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function openSocket(target: SshTarget, via: Client | undefined, signal?: AbortSignal): Promise<Duplex> {
  const { host, port, inventoryName, family, connectTimeoutMs, proxyCommand } = target;
  if (via) return forward(via, target);
  if (proxyCommand === undefined)
    return dial({ inventoryName, host, port, family, timeoutMs: connectTimeoutMs, signal });
  const child = spawn("/bin/sh", ["-c", `exec ${proxyCommand}`], { stdio: ["pipe", "pipe", "ignore"] });
  child.on("error", () => {});
  const socket = Duplex.from({ readable: child.stdout, writable: child.stdin }) as Duplex;
  socket.once("close", () => child.kill());
  return socket;
}

function forward(via: Client, target: SshTarget): Promise<Duplex> {
  const { host, port, inventoryName, connectTimeoutMs } = target;
  const where = `${inventoryName} (${host}:${port}, through the bastion)`;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(unreachable(where, "timeout", new Error("no answer in time"))),
      connectTimeoutMs,
    );
    const done = (error: Error | undefined, channel?: Duplex) => {
      clearTimeout(timer);
      if (error || !channel) reject(unreachable(where, "network", error ?? new Error("no channel")));
      else resolve(channel);
    };
    try {
      via.forwardOut("127.0.0.1", 0, host, port, done);
    } catch (error) {
      done(error as Error);
    }
  });
}

async function handshake(
  target: SshTarget,
  context: SshContext,
  authentication: SshAuthentication,
  socket: Duplex,
  signal?: AbortSignal,
): Promise<Client> {
  const { Client: SshClient } = (await import("ssh2")).default;
  const { inventoryName, host, port, hostKeyAlias, hostKeyChecking, knownHostsFiles } = target;
  const where = `${inventoryName} (${host}:${port})`;
  const check = new HostKeyCheck({
    inventoryName,
    host,
    port,
    alias: hostKeyAlias,
    checking: hostKeyChecking,
    files: knownHostsFiles,
    warn: context.warn,
  });
  const client = new SshClient();
  let hasKeys = false;
  return new Promise((resolve, reject) => {
    let timer = setTimeout(
      () => fail(timeout("no SSH key exchange", target.connectTimeoutMs)),
      target.connectTimeoutMs,
    );
    const timeout = (what: string, ms: number) => unreachable(where, "timeout", new Error(`${what} in ${ms / 1000} s`));
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const fail = (error: TsrunError) => {
      finish();
      reject(check.refusal ?? error);
      client.destroy();
    };
    const onAbort = () => fail(interrupted(inventoryName));
    signal?.addEventListener("abort", onAbort, { once: true });
    client.once("handshake", () => {
      hasKeys = true;
      askForNoProofs(client);
      clearTimeout(timer);
      timer = setTimeout(
        () => fail(timeout("no answer to the login", authenticationTimeoutMs)),
        authenticationTimeoutMs,
      );
    });
    client.on("banner", (text) => {
      if (/expired|password/i.test(text)) authentication.serverText = text.trim().slice(0, 500);
    });
    client.on("change password", (text: string) => {
      authentication.serverText = text;
      fail(authentication.failure(undefined));
    });
    client.once("ready", () => {
      finish();
      resolve(client);
    });
    client.on("error", (error: Error & { level?: string }) => {
      // An agent that does not answer is one key less; ssh2 goes on by itself.
      if (error.level === "agent") return;
      const isLogin = error.level === "client-authentication" || /authentication failures/i.test(error.message);
      if (isLogin) fail(authentication.failure(error));
      else fail(connectionError(where, error, hasKeys));
    });
    client.once("close", () =>
      fail(hasKeys ? authentication.failure(new Error("closed during the login")) : closed(where)),
    );
    if (socket.destroyed) {
      fail(closed(where));
      return;
    }
    try {
      client.connect({
        sock: socket,
        username: target.user,
        readyTimeout: 0,
        keepaliveInterval: target.keepaliveIntervalMs,
        keepaliveCountMax: 3,
        authHandler: authentication.handler,
        hostVerifier: (key: Buffer) => check.verify(key),
        algorithms: {
          kex: [...kex],
          cipher: [...cipher],
          hmac: [...hmac],
          serverHostKey: check.algorithms(),
          compress: ["none"],
        },
      } as ConnectConfig);
    } catch (error) {
      fail(connectionError(where, error as Error, false));
    }
  });
}

/**
 * After the login OpenSSH names all of its host keys, and ssh2 has it prove each with a signature: 10 ms of a small machine for RSA, for a
 * list that nobody reads. It does so only with what calls itself OpenSSH (`hostKeysProve` of its client.js).
 */
function askForNoProofs(client: Client): void {
  (client as unknown as { _remoteVer: string })._remoteVer = "";
}

function closed(where: string): TsrunError {
  return unreachable(where, "closed", new Error("no SSH greeting"));
}

function connectionError(where: string, error: Error & { level?: string }, hasKeys: boolean): TsrunError {
  if (error.level === "client-socket" || /Connection lost before handshake/.test(error.message)) {
    return unreachable(where, hasKeys ? "network" : "closed", error);
  }
  if (hasKeys) return unreachable(where, "network", error);
  return unreachable(where, "protocol", error);
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
