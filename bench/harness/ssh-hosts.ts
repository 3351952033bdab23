import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runOrFail } from "../../src/lab/run-command.ts";

/** Hundreds of hosts that are all this machine: one sshd that answers on every loopback address. */
export interface SshHosts {
  readonly inventory: string;
  readonly addresses: readonly string[];
  readonly keyPath: string;
  readonly knownHostsPath: string;
  /** Goes before a command that is to reach the hosts. */
  readonly enter: readonly string[];
  stop(): Promise<void>;
}

const addressesPerSubnet = 250;

/**
 * Starts the hosts in a network namespace of their own, where nothing but a loopback interface exists: the sshd can listen
 * on all addresses and is still reached from nowhere else.
 */
export async function startSshHosts(folder: string, count: number): Promise<SshHosts> {
  const at = (name: string): string => join(folder, name);
  await mkdir("/run/sshd", { recursive: true });
  for (const name of ["host_key", "user_key"])
    await runOrFail(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  const [type, key] = (await readFile(at("host_key.pub"), "utf8")).split(" ");
  await writeFile(at("known_hosts"), `127.* ${type} ${key}\n`);
  await writeFile(at("sshd_config"), sshdConfig(at));
  const addresses = Array.from(
    { length: count },
    (_, index) => `127.1.${Math.floor(index / addressesPerSubnet)}.${(index % addressesPerSubnet) + 1}`,
  );
  const inventory = at(`inventory-${count}.ini`);
  await writeFile(inventory, inventoryText(addresses, at("user_key"), at("known_hosts")));

  const sshd = `ip link set lo up && exec /usr/sbin/sshd -D -f "$1" -E "$2"`;
  const server = spawn(
    "setpriv",
    ["--pdeathsig", "TERM", "unshare", "--net", "sh", "-c", sshd, "sh", at("sshd_config"), at("sshd.log")],
    {
      stdio: "ignore",
    },
  );
  await listening(at("sshd.log"), server);
  return {
    inventory,
    addresses,
    keyPath: at("user_key"),
    knownHostsPath: at("known_hosts"),
    enter: ["nsenter", "-t", String(server.pid), "-n"],
    stop: async () => {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      if (server.exitCode === null && server.kill("SIGTERM")) await ended;
    },
  };
}

function sshdConfig(at: (name: string) => string): string {
  const lines = [
    "ListenAddress 0.0.0.0",
    "Port 22",
    `HostKey ${at("host_key")}`,
    `AuthorizedKeysFile ${at("user_key.pub")}`,
    `PidFile ${at("sshd.pid")}`,
    "StrictModes no",
    "UsePAM no",
    "UseDNS no",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "MaxStartups 4000",
    "LogLevel INFO",
    // bash reads ~/.bashrc when it believes that sshd started it; what this machine's has in it is not our question.
    "SetEnv SHLVL=2",
  ];
  return `${lines.join("\n")}\n`;
}

function inventoryText(addresses: readonly string[], keyPath: string, knownHostsPath: string): string {
  const hosts = addresses.map((address, index) => `host${index + 1} ansible_host=${address}`);
  const sshArguments = `-F none -o UserKnownHostsFile=${knownHostsPath} -o GlobalKnownHostsFile=/dev/null -o IdentitiesOnly=yes`;
  const vars = [
    "ansible_user=root",
    `ansible_ssh_private_key_file=${keyPath}`,
    `ansible_ssh_common_args=${sshArguments}`,
    "ansible_python_interpreter=/usr/bin/python3",
  ];
  return `${hosts.join("\n")}\n[all:vars]\n${vars.join("\n")}\n`;
}

async function listening(log: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const text = await readFile(log, "utf8").catch(() => "");
    if (text.includes("Server listening")) return;
    if (server.exitCode !== null) throw new Error(`sshd ended: ${text}`);
    await sleep(50);
  }
  throw new Error("sshd does not listen");
}
