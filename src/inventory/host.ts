import type { VarsLayer } from "../vars/layer.ts";

/** A machine as the inventory knows it. */
export interface Host {
  readonly name: string;
  /** Inventory source that named it first; undefined for hosts that were added while running. */
  readonly source: string | undefined;
  /** `localhost` that no inventory names: reached without SSH, member of no group. */
  readonly isImplicit: boolean;
  /** Variables from inventory sources, weak to strong. */
  readonly layers: readonly VarsLayer[];
}

/** Group of hosts. Names keep characters that are no variable names, as Ansible does by default. */
export interface Group {
  readonly name: string;
  readonly parents: ReadonlySet<Group>;
  readonly children: ReadonlySet<Group>;
  /** Direct members only; `Inventory.hostsOf` has those of child groups too. */
  readonly hosts: ReadonlySet<Host>;
  /** `ansible_group_priority`: of two groups at the same depth the higher one wins. */
  readonly priority: number;
  readonly layers: readonly VarsLayer[];
}

/** Names that mean the controller itself (`LOCALHOST` in ansible/constants.py). */
export const LOCALHOST_NAMES: readonly string[] = ["localhost", "127.0.0.1", "::1"];
