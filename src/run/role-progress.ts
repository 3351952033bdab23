import { type Expanded, type ExpandedBlock, type Frame, roleFrameOf } from "../project/expanded.ts";
import type { HostRun } from "./host-run.ts";

/**
 * How far each host is with a play's roles. As with Ansible a role runs once a host with the same parameters, and only a use of which at
 * least one task was not skipped counts (`has_run` in ansible/playbook/role/__init__.py): what a false `when` kept from a host is not lost to the
 * next role that depends on it.
 */
export class RoleProgress {
  readonly #ran = new WeakMap<Frame, Set<HostRun>>();
  readonly #ended = new WeakMap<Frame, Set<HostRun>>();
  readonly #completed = new Map<string, Set<HostRun>>();

  /** A task of a role was run. */
  ran(host: HostRun, frame: Frame): void {
    mark(this.#ran, roleFrameOf(frame), host);
  }

  /** `meta: end_role`. */
  end(host: HostRun, frame: Frame): void {
    mark(this.#ended, roleFrameOf(frame), host);
  }

  /** A block is over: if it is a role, the hosts that still run have completed it. */
  complete({ frame }: ExpandedBlock, hosts: readonly HostRun[]): void {
    if (frame.roleKey === undefined) return;
    const completed = this.#completed.get(frame.roleKey) ?? new Set();
    for (const host of hosts) if (host.isActive && this.#ran.get(frame)?.has(host)) completed.add(host);
    this.#completed.set(frame.roleKey, completed);
  }

  /** Whether a host has nothing to do with a node: its role was ended, or is a second use of one that ran. */
  leavesOut(host: HostRun, node: Expanded): boolean {
    const role = roleFrameOf(node.frame);
    if (role === undefined) return false;
    if (this.#ended.get(role)?.has(host)) return true;
    if (node.kind === "task" || node.isOnce !== true) return false;
    return this.#completed.get(role.roleKey as string)?.has(host) === true;
  }
}

function mark(known: WeakMap<Frame, Set<HostRun>>, frame: Frame | undefined, host: HostRun): void {
  if (frame === undefined) return;
  const hosts = known.get(frame);
  if (hosts) hosts.add(host);
  else known.set(frame, new Set([host]));
}
