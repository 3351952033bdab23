import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { dump } from "js-yaml";
import { detectEngine } from "../../src/lab/engine.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { labDown } from "../../src/lab/lab-down.ts";
import { containerName } from "../../src/lab/lab-host.ts";
import { labIdentity } from "../../src/lab/lab-identity.ts";
import { labReset } from "../../src/lab/lab-reset.ts";
import { labSsh } from "../../src/lab/lab-ssh.ts";
import { labUp } from "../../src/lab/lab-up.ts";
import { type CommandResult, runCommand, runOrFail } from "../../src/lab/run-command.ts";

export const checkout = fileURLToPath(new URL("../..", import.meta.url));
const name = "consul-e2e";
const runTimeoutMs = 300_000;

/** A recap's line. */
export interface Counts {
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
}

export interface PlaybookRun {
  readonly exitCode: number | null;
  /** Everything it printed. */
  readonly output: string;
  /** By host. */
  readonly recap: ReadonlyMap<string, Counts>;
}

/** Lab hosts, a folder for what a test writes, and ways to use them. */
export class ConsulLab {
  readonly lab: Lab;
  readonly folder: string;

  constructor(lab: Lab, folder: string) {
    this.lab = lab;
    this.folder = folder;
  }

  static async up(hosts: readonly string[]): Promise<ConsulLab> {
    // Hosts of an interrupted test are no clean ones.
    await labDown({ checkout, name });
    const lab = await labUp({ checkout, name, hosts, image: "debian-12" });
    const result = new ConsulLab(lab, await mkdtemp(join(tmpdir(), "tsrun-consul-")));
    try {
      await result.prepare(hosts);
    } catch (error) {
      await result.down();
      throw error;
    }
    return result;
  }

  /** Makes a host as it was before any test. */
  async reset(host: string): Promise<void> {
    await labReset({ checkout, name, hosts: [host] });
    await this.prepare([host]);
  }

  private async prepare(hosts: readonly string[]): Promise<void> {
    const playbook = join(checkout, "test/e2e/consul-bullseye.yaml");
    const run = await this.playbook([this.lab.inventoryPath], playbook, ["-l", hosts.join(",")]);
    expect(run.exitCode, run.output).to.equal(0);
  }

  async down(): Promise<void> {
    await labDown({ checkout, name });
    await rm(this.folder, { recursive: true });
  }

  address(host: string): string {
    const found = this.lab.hosts.find((each) => each.name === host);
    if (!found) throw new Error(`no lab host ${host}`);
    return found.address;
  }

  /** The address of this machine that the hosts reach. */
  get gateway(): string {
    return this.lab.subnet.replace(/\.0\/\d+$/, ".1");
  }

  /** Gives a host one more address, on its loopback interface. */
  async addAddress(host: string, address: string): Promise<void> {
    const { command } = await detectEngine();
    const container = containerName(labIdentity(checkout, name), host);
    await runOrFail([
      ...command,
      "exec",
      "--privileged",
      container,
      "ip",
      "address",
      "add",
      `${address}/32`,
      "dev",
      "lo",
    ]);
  }

  /** Writes an inventory and returns its path. */
  async inventory(fileName: string, content: unknown): Promise<string> {
    const path = join(this.folder, fileName);
    await writeFile(path, dump(content));
    return path;
  }

  /** Login settings of the lab, for an inventory. */
  connection(host: string): Record<string, string> {
    return {
      ansible_host: this.address(host),
      ansible_user: this.lab.user,
      ansible_ssh_private_key_file: this.lab.privateKeyPath,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${this.lab.knownHostsPath} -o IdentitiesOnly=yes`,
    };
  }

  /** Runs `tsrun playbook` as a person would. */
  async playbook(inventories: readonly string[], file: string, args: readonly string[] = []): Promise<PlaybookRun> {
    const main = join(checkout, "dist/src/cli/main.js");
    const sources = inventories.flatMap((path) => ["-i", path]);
    const argv = [process.execPath, main, "playbook", ...sources, file, ...args];
    const result = await runCommand(argv, { timeoutMs: runTimeoutMs, env: { NO_COLOR: "1", PWD: dirname(main) } });
    const output = result.stdout + result.stderr;
    return { exitCode: result.exitCode, output, recap: readRecap(result.stdout) };
  }

  /** Runs a command on a host as root; it must succeed. */
  async on(host: string, command: string): Promise<string> {
    const result = await this.attempt(host, command);
    expect(result.exitCode, `${host}: ${command}: ${result.stderr}`).to.equal(0);
    return result.stdout.trim();
  }

  async attempt(host: string, command: string): Promise<CommandResult> {
    return runCommand(await labSsh({ checkout, name, user: "root" }, host, [command]));
  }

  /** Changes whenever the unit is started anew. */
  invocation(host: string, unit: string): Promise<string> {
    return this.on(host, `systemctl show --value -p InvocationID ${unit}`);
  }
}

function readRecap(stdout: string): Map<string, Counts> {
  const recap = new Map<string, Counts>();
  for (const line of stdout.split("\n")) {
    const match = /^(\S+)\s+: (ok=\d+.*)$/.exec(line);
    if (!match?.[1] || !match[2]) continue;
    const counts = Object.fromEntries(
      [...match[2].matchAll(/(\w+)=(\d+)/g)].map(([, key, count]) => [key, Number(count)]),
    );
    recap.set(match[1], counts as unknown as Counts);
  }
  return recap;
}

/** How many tasks changed each host, by host. */
export function changedByHost(run: PlaybookRun): Record<string, number> {
  return Object.fromEntries([...run.recap].map(([host, { changed }]) => [host, changed]));
}
