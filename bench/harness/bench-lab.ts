import { detectEngine } from "../../src/lab/engine.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { labDown } from "../../src/lab/lab-down.ts";
import { containerName } from "../../src/lab/lab-host.ts";
import { labIdentity } from "../../src/lab/lab-identity.ts";
import { labReset } from "../../src/lab/lab-reset.ts";
import { labUp } from "../../src/lab/lab-up.ts";
import { runOrFail } from "../../src/lab/run-command.ts";
import { checkout } from "./built-tsrun.ts";

const name = "bench";

/** Four lab hosts with Python, for Ansible's sake; made when a bench first needs them. */
export async function benchLab(): Promise<Lab> {
  return labUp({ checkout, name, hosts: 4, python: true, image: "debian-12" });
}

/** Clean hosts again. */
export async function resetBenchLab(): Promise<void> {
  await labReset({ checkout, name });
}

export async function benchLabDown(): Promise<void> {
  await labDown({ checkout, name });
}

/** Runs a command inside of a host, past its sshd. */
export async function inHost(host: string, ...command: readonly string[]): Promise<string> {
  const { command: engine } = await detectEngine();
  const container = containerName(labIdentity(checkout, name), host);
  return (await runOrFail([...engine, "exec", container, ...command])).stdout;
}

/**
 * How many processes and threads a host has started so far: a container gives out process ids of its own, one after the
 * other. Looking adds one.
 */
export async function processesStarted(host: string): Promise<number> {
  return Number(await inHost(host, "sh", "-c", "echo $$"));
}
