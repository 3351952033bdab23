import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { TsrunError } from "../lib/errors.ts";
import type { Engine } from "./engine.ts";
import { copyTarArgv, createHostArgv, execArgv, removeContainerArgv } from "./engine-commands.ts";
import { hostFiles } from "./host-files.ts";
import { containerState, systemdState } from "./lab-containers.ts";
import type { LabIdentity } from "./lab-identity.ts";
import type { LabHost } from "./lab-record.ts";
import { lastLines, runCommand, runOrFail, shellWord } from "./run-command.ts";
import { tarball } from "./tarball.ts";

export interface HostContext {
  readonly engine: Engine;
  readonly lab: LabIdentity;
  /** Full name of the image. */
  readonly image: string;
  readonly signal?: AbortSignal | undefined;
}

const bootTimeoutMs = 120_000;
const pollMs = 100;
const removeAttempts = 5;

export function containerName(lab: LabIdentity, host: string): string {
  return `${lab.id}-${host}`;
}

/** Creates and starts a host with its own keys, and waits until it is up. */
export async function startHost(host: LabHost, context: HostContext): Promise<void> {
  const { engine, lab, image, signal } = context;
  const container = containerName(lab, host.name);
  const spec = { container, host: host.name, address: host.address, network: lab.id, image };
  await runOrFail(createHostArgv(engine, lab, spec), { signal });
  const files = tarball(await hostFiles(lab.directory, host), Math.floor(Date.now() / 1000));
  await runOrFail(copyTarArgv(engine, container), { signal, input: files });
  await runOrFail([...engine.command, "start", container], { signal });
  await waitUntilUp(host, context);
}

/**
 * Removes a container, whatever state it is in. When its processes were killed around podman, `rm --force` fails while
 * it finds out step by step (running, then stopping, then stopped), and works when it is asked again.
 */
export async function removeContainer(engine: Engine, container: string): Promise<void> {
  const argv = removeContainerArgv(engine, container);
  for (let attempt = 1; attempt < removeAttempts; attempt++) {
    const result = await runCommand(argv);
    if (result.exitCode === 0) return;
    if ((await runCommand([...engine.command, "container", "inspect", container])).exitCode !== 0) return;
    await sleep(pollMs * attempt);
  }
  await runOrFail(argv);
}

/** Waits for systemd to have started everything and for sshd to answer. Errors: `E_LAB_BOOT`. */
async function waitUntilUp(host: LabHost, context: HostContext): Promise<void> {
  const { engine, lab, signal } = context;
  const container = containerName(lab, host.name);
  const deadline = Date.now() + bootTimeoutMs;
  let systemd: string | undefined;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    systemd = await systemdState(engine, container);
    if ((systemd === "running" || systemd === "degraded") && (await answersSsh(host.address))) return;
    await sleep(pollMs);
  }
  throw new TsrunError({
    code: "E_LAB_BOOT",
    message: `host \`${host.name}\` did not come up within ${bootTimeoutMs / 1000} s: ${await symptoms(host, context, systemd)}`,
    hint: `see for yourself: ${[...engine.command, "logs", container].map(shellWord).join(" ")}`,
  });
}

async function symptoms(host: LabHost, { engine, lab }: HostContext, systemd: string | undefined): Promise<string> {
  const container = containerName(lab, host.name);
  const [state, logs, jobs] = await Promise.all([
    containerState(engine, container),
    runCommand([...engine.command, "logs", "--tail", "5", container]),
    runCommand(execArgv(engine, container, ["systemctl", "list-jobs", "--no-pager", "--no-legend"])),
  ]);
  const parts = [
    `container ${state?.state ?? "gone"}`,
    `systemd ${systemd ?? "does not answer"}`,
    jobs.exitCode === 0 && lastLines(jobs.stdout, 5),
    lastLines(logs.stderr || logs.stdout, 5),
  ];
  return parts.filter(Boolean).join("; ");
}

/** Whether an SSH server greets at port 22 (RFC 4253, 4.2: the identification string starts with `SSH-`). */
function answersSsh(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => finish(false));
    socket.once("error", () => finish(false));
    socket.once("data", (data) => finish(data.toString("latin1").startsWith("SSH-")));
  });
}
