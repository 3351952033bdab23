import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Host, type HostOptions } from "../../../src/host/host.ts";
import type { ConnectionSettings } from "../../../src/transport/connection-settings.ts";
import { createTransport } from "../../../src/transport/create-transport.ts";
import { SshContext } from "../../../src/transport/ssh-context.ts";

/** A real sshd on a loopback port, with its own keys; users are made and removed with it. */
export class Sshd {
  readonly directory = mkdtempSync("/tmp/tsrun-test-sshd-");
  readonly #users: string[] = [];
  readonly #files: string[] = [];
  readonly #hosts: Host[] = [];
  readonly context = new SshContext();
  #process: ChildProcess | undefined;
  port = 0;

  /** Starts the server; `lines` are added to its configuration. */
  async start(...lines: string[]): Promise<void> {
    const at = (name: string) => `${this.directory}/${name}`;
    mkdirSync("/run/sshd", { recursive: true });
    execFileSync("chmod", ["755", this.directory]);
    for (const name of ["host_key", "user_key"]) {
      rmSync(at(name), { force: true });
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
    }
    this.port = await freePort();
    const config = [
      ...lines,
      `Port ${this.port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${at("host_key")}`,
      `AuthorizedKeysFile ${at("user_key.pub")}`,
      `PidFile ${at("pid")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "PermitRootLogin yes",
      "LogLevel VERBOSE",
    ];
    writeFileSync(at("config"), `${config.join("\n")}\n`);
    const [type, key] = readFileSync(at("host_key.pub"), "utf8").split(" ");
    writeFileSync(at("known_hosts"), `[127.0.0.1]:${this.port} ${type} ${key}\n`);
    this.#process = spawn("/usr/sbin/sshd", ["-D", "-f", at("config"), "-E", at("log")], {
      stdio: "ignore",
      detached: true,
    });
    for (let tries = 0; tries < 100 && !this.log().includes("Server listening"); tries++) await sleep(50);
  }

  log(): string {
    try {
      return readFileSync(`${this.directory}/log`, "utf8");
    } catch {
      return "";
    }
  }

  /** Makes a user with a home; removed by {@link stop}. */
  addUser(name: string, shell = "/bin/bash", password?: string): string {
    const user = `tsrun-test-${name}`;
    execFileSync("useradd", ["-m", "-p", "*", "-s", shell, user]);
    this.#users.push(user);
    if (password !== undefined) execFileSync("chpasswd", { input: `${user}:${password}\n` });
    return user;
  }

  /** A sudoers file of its own; removed by {@link stop}. */
  sudoers(text: string): void {
    const path = `/etc/sudoers.d/tsrun-test-${this.#files.length}`;
    writeFileSync(path, `${text}\n`, { mode: 0o440 });
    this.#files.push(path);
  }

  settings(user: string, more: Partial<ConnectionSettings> = {}): ConnectionSettings {
    return {
      kind: "ssh",
      inventoryName: "target",
      host: "127.0.0.1",
      port: this.port,
      user,
      privateKeyFile: `${this.directory}/user_key`,
      sshOptions: new Map([
        ["configfile", ["none"]],
        ["identityagent", ["none"]],
      ]),
      sshArguments: "-F none",
      knownHostsFiles: [`${this.directory}/known_hosts`],
      ...more,
    };
  }

  host(user: string, more: Partial<ConnectionSettings> = {}, options: Partial<HostOptions> = {}): Host {
    const settings = this.settings(user, more);
    const host = new Host({ name: "target", transport: () => createTransport(settings, this.context), ...options });
    this.#hosts.push(host);
    return host;
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#hosts.map((host) => host.close()));
    this.#process?.kill("SIGKILL");
    await sleep(50);
    for (const user of this.#users) {
      try {
        execFileSync("pkill", ["-KILL", "-u", user]);
      } catch {
        // Nothing of that user runs.
      }
      await sleep(50);
      execFileSync("find", [
        "/dev/shm",
        "-maxdepth",
        "1",
        "-user",
        user,
        "-name",
        ".tsrun-*",
        "-exec",
        "rm",
        "-rf",
        "{}",
        "+",
      ]);
      execFileSync("userdel", ["-r", "-f", user], { stdio: "ignore" });
    }
    for (const path of this.#files) rmSync(path, { force: true });
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

/** The error that a promise rejects with. */
export async function errorOf(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; hint?: string | undefined }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("expected an error, but the call succeeded");
}
