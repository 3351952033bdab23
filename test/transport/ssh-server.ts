import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server as NetServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type Connection, type ParsedKey, type ServerChannel } from "ssh2";
import type { ConnectionSettings } from "../../src/transport/connection-settings.ts";
import { SshContext, type SshContextOptions } from "../../src/transport/ssh-context.ts";
import { SshTransport } from "../../src/transport/ssh.ts";

/** One in some hundred ed25519 keys that ssh2 makes is malformed (ssh-keygen cannot read it either): then another is made. */
export function makeKey(
  type: string,
  options: {
    readonly bits?: number;
    readonly passphrase?: string;
    readonly cipher?: string;
    readonly rounds?: number;
  } = {},
): { pem: string; key: ParsedKey } {
  const pem = ssh2.utils.generateKeyPairSync(type as "rsa", options as { bits: number }).private;
  const key = ssh2.utils.parseKey(pem, options.passphrase);
  return key instanceof Error ? makeKey(type, options) : { pem, key };
}

export function newKey(): { pem: string; key: ParsedKey; line: string } {
  const { pem, key } = makeKey("ed25519");
  return { pem, key, line: `${key.type} ${key.getPublicSSH().toString("base64")}` };
}

export interface TestServerOptions {
  readonly hostKey?: string;
  readonly password?: string;
  readonly authorized?: readonly ParsedKey[];
  /** Called for each session's command; the default echoes stdin. */
  readonly onExec?: (channel: ServerChannel, command: string, connection: Connection) => void;
  readonly refuseSessions?: boolean;
}

/** An SSH server within the test, which sees what a client sends. */
export class TestServer {
  readonly directory = mkdtempSync(join(tmpdir(), "tsrun-test-ssh-"));
  readonly hostKey: string;
  readonly passwords: string[] = [];
  readonly offeredKeys: string[] = [];
  connections = 0;
  port = 0;
  readonly #options: TestServerOptions;
  #server: NetServer | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(options: TestServerOptions = {}) {
    this.#options = options;
    this.hostKey = options.hostKey ?? newKey().pem;
  }

  /** `tamper` may take over a raw connection before SSH starts. */
  async start(tamper?: (socket: Socket, count: number) => boolean): Promise<this> {
    const ssh = new ssh2.Server({ hostKeys: [this.hostKey] }, (connection) => this.#serve(connection));
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      if (tamper?.(socket, this.connections)) return;
      (ssh as unknown as { injectSocket(socket: Socket): void }).injectSocket(socket);
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get publicLine(): string {
    const key = ssh2.utils.parseKey(this.hostKey) as ParsedKey;
    return `${key.type} ${key.getPublicSSH().toString("base64")}`;
  }

  file(name: string, text: string, mode = 0o600): string {
    const path = join(this.directory, name);
    writeFileSync(path, text, { mode });
    return path;
  }

  settings(more: Partial<ConnectionSettings> = {}): ConnectionSettings {
    return {
      kind: "ssh",
      inventoryName: "web1",
      host: "127.0.0.1",
      port: this.port,
      user: "bob",
      sshOptions: new Map([
        ["configfile", ["none"]],
        ["identityagent", ["none"]],
        ["identityfile", ["none"]],
      ]),
      sshArguments: "",
      knownHostsFiles: [this.file("known_hosts", `[127.0.0.1]:${this.port} ${this.publicLine}\n`)],
      connectTimeoutMs: 2000,
      ...more,
    };
  }

  transport(more: Partial<ConnectionSettings> = {}, context: SshContextOptions = {}): SshTransport {
    return new SshTransport(this.settings(more), new SshContext(context));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
    rmSync(this.directory, { recursive: true, force: true });
  }

  #serve(connection: Connection): void {
    const { password, authorized = [], onExec, refuseSessions } = this.#options;
    connection.on("error", () => {});
    connection.on("authentication", (auth) => {
      if (auth.method === "password") {
        this.passwords.push(auth.password);
        if (auth.password === password) auth.accept();
        else auth.reject(["publickey", "password"]);
      } else if (auth.method === "publickey") {
        this.offeredKeys.push(auth.key.data.toString("base64"));
        const known = authorized.find((key) => key.getPublicSSH().equals(auth.key.data));
        const { signature, blob, hashAlgo } = auth;
        // The client first asks whether the key would do, then signs.
        if (known && (!signature || known.verify(blob as Buffer, signature, hashAlgo) === true)) auth.accept();
        else auth.reject(["publickey", "password"]);
      } else auth.reject(["publickey", "password"]);
    });
    connection.on("tcpip", (accept, _reject, info) => {
      const channel = accept();
      const socket = new Socket();
      socket.on("error", () => channel.end());
      socket.connect(info.destPort, info.destIP, () => channel.pipe(socket).pipe(channel));
    });
    connection.on("session", (accept, reject) => {
      if (refuseSessions) return reject();
      accept().on("exec", (acceptExec, _reject, info) => {
        const channel = acceptExec();
        if (onExec) onExec(channel, info.command, connection);
        else channel.pipe(channel);
      });
    });
  }
}
