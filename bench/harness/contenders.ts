import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../src/lab/run-command.ts";
import type { BuiltTsrun } from "./built-tsrun.ts";
import type { Contender } from "./contest.ts";
import type { Sample } from "./measure.ts";
import { sshOptions, type Targets } from "./targets.ts";

/** A playbook for the tools that can run one. */
export interface PlaybookJob {
  readonly inventory: string;
  readonly playbook: string;
  /** Where they run, and where temporary things go. */
  readonly folder: string;
  readonly forks: number;
  /** How a host's recap has to look: nothing changed, or whatever it was. */
  readonly mustBeUnchanged: boolean;
  readonly extra?: readonly string[] | undefined;
  /** Put in front of the command. */
  readonly prefix?: readonly string[] | undefined;
}

export function tsrunPlaybook(tsrun: BuiltTsrun, job: PlaybookJob, name = "tsrun"): Contender {
  const { inventory, playbook, folder, forks, extra = [], prefix = [] } = job;
  return {
    name,
    argv: words(...prefix, ...tsrun.argv, "playbook", "-i", inventory, "-f", String(forks), playbook, ...extra),
    options: { cwd: folder, env: { NO_COLOR: "1", PWD: folder } },
    check: (sample) => checkRecap(sample, job.mustBeUnchanged),
  };
}

export type AnsibleKind = "ansible" | "ansible, pipelining" | "ansible, mitogen";

/** Ansible with nothing of this machine's configuration. Every run makes its own connections, as every tool here does. */
export function ansiblePlaybook(kind: AnsibleKind, job: PlaybookJob, maxRuns?: number): Contender {
  const { inventory, playbook, folder, forks, extra = [], prefix = [] } = job;
  const sockets = join(folder, "cp");
  const configuration = join(folder, "ansible.cfg");
  const env: Record<string, string> = {
    ANSIBLE_CONFIG: configuration,
    ANSIBLE_ROLES_PATH: fileURLToPath(new URL("../../roles", import.meta.url)),
    ANSIBLE_NOCOLOR: "1",
    ANSIBLE_FORKS: String(forks),
    ANSIBLE_SSH_CONTROL_PATH_DIR: sockets,
    ANSIBLE_PIPELINING: kind === "ansible" ? "0" : "1",
    ...(kind === "ansible, mitogen" && { ANSIBLE_STRATEGY: "mitogen_linear" }),
  };
  return {
    name: kind,
    argv: words(...prefix, "ansible-playbook", "-i", inventory, playbook, ...extra),
    options: { cwd: folder, env, memoryEveryMs: 250 },
    before: async () => {
      await writeFile(configuration, "");
      await closeMasters(sockets);
    },
    check: (sample) => checkRecap(sample, job.mustBeUnchanged),
    isPeer: true,
    maxRuns,
  };
}

/** Ends the ssh processes that Ansible keeps for a minute: the next run is not to find their connections. */
export async function closeMasters(sockets: string): Promise<void> {
  const script = 'for s in "$1"/*; do [ -S "$s" ] && ssh -o ControlPath="$s" -O exit none; done 2>/dev/null; exit 0';
  await runCommand(["sh", "-c", script, "sh", sockets]);
}

/** One hand-written script, sent over plain ssh to all hosts at once. */
export function floorScript(targets: Targets, script: string, folder: string): Contender {
  const options = sshOptions(targets).join(" ");
  const each = targets.hosts.map(
    ({ name, address, port }) =>
      `ssh ${options} -p ${port} ${targets.user}@${address} sudo sh -s <"$1" >"$2/${name}.out" & p="$p $!"`,
  );
  const all = `p=; ${each.join("\n")}\nfor i in $p; do wait $i || exit 1; done`;
  return { name: "floor", argv: ["sh", "-c", all, "sh", script, folder] };
}

/** The same script by the least program with ssh2: what Node and its SSH cost by themselves. */
export function bareSsh2({ hosts, keyPath, user }: Targets, script: string): Contender {
  const program = fileURLToPath(new URL("../peers/bare-ssh2.mjs", import.meta.url));
  const addresses = hosts.map(({ address, port }) => `${address}:${port}`);
  return { name: "bare ssh2", argv: [process.execPath, program, keyPath, user, script, ...addresses] };
}

function checkRecap({ stdout }: Sample, mustBeUnchanged: boolean): void {
  const counts = [...stdout.matchAll(/^\S+\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm)];
  if (counts.length === 0) throw new Error("the run printed no recap");
  for (const [line, , changed, unreachable, failed] of counts) {
    if (unreachable !== "0" || failed !== "0" || (mustBeUnchanged && changed !== "0")) throw new Error(line);
  }
}

function words(...all: readonly string[]): readonly [string, ...string[]] {
  const [first, ...rest] = all;
  if (first === undefined) throw new Error("expected a command, got nothing");
  return [first, ...rest];
}
