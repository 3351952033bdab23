import { fileURLToPath } from "node:url";
import type { Lab, LabUpOptions } from "../../src/lab/lab.ts";
import { labDown } from "../../src/lab/lab-down.ts";
import { labIdentity } from "../../src/lab/lab-identity.ts";
import { lockLab } from "../../src/lab/lab-lock.ts";
import type { LabProgressEvent } from "../../src/lab/lab-progress.ts";
import { labReset } from "../../src/lab/lab-reset.ts";
import { labSsh } from "../../src/lab/lab-ssh.ts";
import { labUp } from "../../src/lab/lab-up.ts";
import { type CommandResult, runCommand } from "../../src/lab/run-command.ts";
import { allowBullseyeScript } from "./allow-bullseye.ts";

/**
 * Real hosts for tests. All suites of a mocha run share one lab per image, because booting costs seconds; a suite that
 * needs untouched hosts calls `reset()` in its own `before`. The labs go down at the end of the run.
 *
 *   const lab = useLab();
 *   it("…", async () => { await lab().sh("node1", "id -un"); });
 *
 * TSRUN_TEST_LAB=name uses labs of another name, for two runs side by side. TSRUN_KEEP_LAB=1 leaves them up.
 */
export interface TestLab extends Lab {
  /** Runs sh on a host by the system's ssh, as `admin` unless said otherwise. */
  sh(
    host: string,
    script: string,
    options?: { readonly user?: string; readonly input?: string },
  ): Promise<CommandResult>;
  /** {@link sh}, as root, and a failure is an error. Returns stdout. */
  root(host: string, script: string): Promise<string>;
  /** Clean hosts again, in seconds; all without names. Addresses and keys stay. */
  reset(...hosts: readonly string[]): Promise<void>;
  /** Lets a Debian 12 host install what only Debian 11 has (consul 1.8.7); everything else stays Debian 12's. */
  allowBullseye(host: string): Promise<void>;
}

export interface TestLabOptions {
  /** At least so many hosts: `node1`, `node2`, … Four without it. */
  readonly hosts?: number;
  readonly image?: "debian-12" | "debian-11";
  /** Hosts with Python, for runs of Ansible against them. */
  readonly python?: boolean;
}

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const upTimeoutMs = 15 * 60_000;

interface Shared {
  readonly name: string;
  hosts: number;
  lab: Promise<TestLab>;
  release: () => Promise<void>;
}

const shared = new Map<string, Shared>();

/** Brings a lab up before the tests of the enclosing `describe` and returns how to get at it from inside a test. */
export function useLab(options: TestLabOptions = {}): () => TestLab {
  let lab: TestLab | undefined;
  before("lab", async function () {
    this.timeout(upTimeoutMs);
    lab = await sharedLab(options);
  });
  return () => {
    if (!lab) throw new Error("the lab is up only inside tests and hooks");
    return lab;
  };
}

async function sharedLab(options: TestLabOptions): Promise<TestLab> {
  const { image = "debian-12", python = false, hosts = 4 } = options;
  const prefix = process.env["TSRUN_TEST_LAB"] ?? "test";
  const name = `${prefix}${image === "debian-12" ? "" : "-11"}${python ? "-py" : ""}`;
  const up: LabUpOptions = { checkout, name, image, python, hosts };
  const found = shared.get(name);
  if (!found) {
    const { directory } = labIdentity(checkout, name);
    const release = await lockLab(directory, "tests", { timeoutMs: upTimeoutMs, onWait: tellWait });
    const lab = labUp(up, tellStep).then(testLab);
    shared.set(name, { name, hosts, lab, release });
    return lab;
  }
  if (found.hosts < hosts) {
    found.hosts = hosts;
    found.lab = found.lab.then(() => labUp(up, tellStep)).then(testLab);
  }
  return found.lab;
}

after("labs", async function () {
  this.timeout(60_000);
  for (const { name, release } of shared.values()) {
    if (!process.env["TSRUN_KEEP_LAB"]) await labDown({ checkout, name });
    await release();
  }
  shared.clear();
});

function testLab(lab: Lab): TestLab {
  const { name } = lab;
  const sh: TestLab["sh"] = async (host, script, { user, input } = {}) =>
    runCommand(await labSsh({ checkout, name, user }, host, [script]), { input, timeoutMs: 5 * 60_000 });
  const root: TestLab["root"] = async (host, script) => {
    const result = await sh(host, "sh -s", { user: "root", input: script });
    if (result.exitCode !== 0)
      throw new Error(`${host}: exit code ${result.exitCode}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  };
  return {
    ...lab,
    sh,
    root,
    reset: async (...hosts) => {
      await labReset({ checkout, name, hosts: hosts.length > 0 ? hosts : undefined });
    },
    allowBullseye: async (host) => {
      await root(host, allowBullseyeScript(lab.mirror));
    },
  };
}

function tellStep(event: LabProgressEvent): void {
  if (event.kind === "step") process.stderr.write(`    lab: ${event.text}\n`);
}

function tellWait(pid: number): void {
  process.stderr.write(`    lab: waiting for process ${pid}, whose tests use the lab\n`);
}
