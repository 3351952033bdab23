import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { copyPositions } from "../yaml/positions.ts";
import { type Group, type Host, LOCALHOST_NAMES } from "./host.ts";
import { type InventoryWarning, matchHosts } from "./match-hosts.ts";
import type { VarsFiles } from "./vars-files.ts";

interface MutableGroup extends Group {
  readonly parents: Set<MutableGroup>;
  readonly children: Set<MutableGroup>;
  readonly hosts: Set<MutableHost>;
  readonly layers: VarsLayer[];
  priority: number;
}

interface MutableHost extends Host {
  readonly layers: VarsLayer[];
  readonly groups: Set<MutableGroup>;
}

/**
 * Hosts, groups and their variables. Filled by `loadInventory`; `add_host` and `group_by` alter it while a run goes on. Whoever
 * caches what follows from it compares {@link version}.
 */
export class Inventory {
  readonly #hosts = new Map<string, MutableHost>();
  readonly #groups = new Map<string, MutableGroup>();
  readonly #varsFiles: VarsFiles | undefined;
  readonly #warn: (warning: InventoryWarning) => void;
  readonly #memo = new Map<string, unknown>();
  #implicit: MutableHost | undefined;
  #version = 0;

  constructor(options: { readonly varsFiles?: VarsFiles; readonly warn?: (warning: InventoryWarning) => void } = {}) {
    this.#varsFiles = options.varsFiles;
    this.#warn = options.warn ?? (() => {});
    this.addChild("all", "ungrouped");
  }

  get hosts(): ReadonlyMap<string, Host> {
    return this.#hosts;
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#groups;
  }

  /** Raised by every alteration. */
  get version(): number {
    return this.#version;
  }

  /**
   * Hosts of a pattern such as `web:&prod:!web3`, in the order of the inventory, narrowed by `limit`. A term that matches nothing is
   * a warning, as in Ansible; a limit that matches nothing at all is an error.
   */
  match(
    pattern: string | readonly string[],
    limit: string | readonly string[] = [],
    at?: SourceRange,
  ): readonly Host[] {
    return matchHosts(this, pattern, limit, { at, warn: this.#warn });
  }

  /** A host by name; for the names of this machine also one that no inventory names. */
  host(name: string): Host | undefined {
    return this.#hosts.get(name) ?? (LOCALHOST_NAMES.includes(name) ? this.#implicitHost(name) : undefined);
  }

  /** Hosts of a group and of the groups below it. */
  hostsOf(group: Group): readonly Host[] {
    return this.#remember(`hosts ${group.name}`, () => {
      const groups = new Set([group]);
      // A set may grow while it is walked: breadth first, each group once.
      for (const one of groups) for (const child of one.children) groups.add(child);
      return [...new Set([...groups].flatMap(({ hosts }) => [...hosts]))];
    });
  }

  /** Groups that a host is in, directly or through others, weak to strong: by depth, priority, name. `all` comes first. */
  groupsOf(host: Host): readonly Group[] {
    return this.#remember(`groups ${host.name}`, () => {
      const groups = new Set<Group>(this.#hosts.get(host.name)?.groups);
      for (const one of groups) for (const parent of one.parents) groups.add(parent);
      groups.add(this.#group("all"));
      return [...groups].sort(
        (a, b) => this.#depth(a) - this.#depth(b) || a.priority - b.priority || compareNames(a.name, b.name),
      );
    });
  }

  /** Names of a host's groups without `all`, sorted: the variable `group_names`. */
  groupNames(hostName: string): readonly string[] {
    const host = this.host(hostName);
    const names = host ? this.groupsOf(host).map(({ name }) => name) : [];
    return names.filter((name) => name !== "all").sort(compareNames);
  }

  /** Names of the hosts of every group: the variable `groups`. */
  groupMembers(): Readonly<Record<string, readonly string[]>> {
    return this.#remember("group members", () =>
      Object.fromEntries(
        [...this.#groups.values()].map((group) => [group.name, this.hostsOf(group).map(({ name }) => name)]),
      ),
    );
  }

  /** The inventory source that named a host first. */
  sourceOf(hostName: string): string | undefined {
    return this.#hosts.get(hostName)?.source;
  }

  /**
   * Variables of a host, weak to strong: inventory group vars, `group_vars/all` (inventory, playbook), `group_vars/*` (inventory,
   * playbook), inventory host vars, `host_vars/*` (inventory, playbook). `playbookDirectory`: beside which playbook to look, where it
   * is not the one that the inventory was loaded with.
   */
  layersFor(hostName: string, playbookDirectory?: string): readonly VarsLayer[] {
    const host = this.host(hostName);
    if (host === undefined) return [];
    return this.#remember(`layers ${hostName} ${playbookDirectory}`, () => {
      const groups = this.groupsOf(host);
      const files = (kind: "group_vars" | "host_vars", names: readonly string[]): readonly VarsLayer[] =>
        this.#varsFiles?.layers(kind, names, playbookDirectory) ?? [];
      const [all, ...others] = groups.map(({ name }) => name);
      return [
        ...groups.flatMap(({ layers }) => layers),
        ...files("group_vars", all === undefined ? [] : [all]),
        ...files("group_vars", others),
        ...host.layers,
        ...files("host_vars", [host.name]),
      ];
    });
  }

  /** What is said of a group itself, weak to strong: in the sources, then in `group_vars`. */
  ownLayersOfGroup(group: Group): readonly VarsLayer[] {
    return [...group.layers, ...(this.#varsFiles?.layers("group_vars", [group.name]) ?? [])];
  }

  /** What is said of a host itself. */
  ownLayersOfHost(host: Host): readonly VarsLayer[] {
    return [...host.layers, ...(this.#varsFiles?.layers("host_vars", [host.name]) ?? [])];
  }

  /** Makes a host known and member of a group. Known ones stay as they are. */
  declareHost(name: string, details: { readonly group?: string; readonly source?: string | undefined } = {}): Host {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = { name, source: details.source, isImplicit: false, layers: [], groups: new Set() };
      this.#hosts.set(name, host);
    }
    if (details.group !== undefined) {
      const group = this.#group(details.group);
      group.hosts.add(host);
      host.groups.add(group);
    }
    this.#alter();
    return host;
  }

  /** Makes a group known. */
  declareGroup(name: string): Group {
    return this.#group(name);
  }

  /** Puts a group below another. Throws when that would make a circle. */
  addChild(parentName: string, childName: string, at?: SourceRange): void {
    const parent = this.#group(parentName);
    const child = this.#group(childName);
    if (parent === child || this.#isBelow(parent, child)) {
      throw new TsrunError({
        code: "E_GROUP_CYCLE",
        message: `group \`${childName}\` cannot be a child of \`${parentName}\`, which it contains`,
        at,
      });
    }
    parent.children.add(child);
    child.parents.add(parent);
    this.#alter();
  }

  /** Puts variables on top of those that a host has. */
  addHostVars(name: string, layer: VarsLayer): void {
    (this.#hosts.get(name) ?? (this.declareHost(name) as MutableHost)).layers.push(layer);
    this.#alter();
  }

  /** Puts variables on top of those that a group has. `ansible_group_priority` is taken out. */
  addGroupVars(name: string, layer: VarsLayer): void {
    const group = this.#group(name);
    const { ansible_group_priority: priority, ...others } = layer.values;
    if (priority === undefined) group.layers.push(layer);
    else {
      group.priority = Number(priority) || 1;
      copyPositions(layer.values, others);
      group.layers.push({ ...layer, values: others });
    }
    this.#alter();
  }

  /** What `add_host` does: a host, its groups and its variables, which are data. Answers whether it was new. */
  addHost(name: string, groups: readonly string[], values: Readonly<Record<string, unknown>> = {}): boolean {
    const before = this.#hosts.get(name);
    const missing = groups.filter((group) => !before?.groups.has(this.#group(group)));
    // Ansible puts it into `all` itself: it comes before hosts that are in groups only.
    this.declareHost(name, { group: "all" });
    for (const group of missing) this.declareHost(name, { group });
    if (Object.keys(values).length > 0) this.addHostVars(name, { name: `add_host ${name}`, values, trusted: false });
    this.#settleHost(name);
    return before === undefined || missing.length > 0;
  }

  /** What `group_by` does: a host becomes member of a group with the given parents. Answers whether it was none before. */
  addToGroup(hostName: string, groupName: string, parents: readonly string[] = ["all"]): boolean {
    const isNew = !this.#hosts.get(hostName)?.groups.has(this.#group(groupName));
    for (const parent of parents) if (parent !== "all") this.addChild(parent, groupName);
    this.declareHost(hostName, { group: groupName });
    this.#settleHost(hostName);
    for (const parent of parents) this.#settleGroup(this.#group(parent));
    return isNew;
  }

  /** Every group is below `all`; a host of no other group is in `ungrouped`, and only then. */
  settle(): void {
    for (const group of this.#groups.values()) this.#settleGroup(group);
    for (const name of this.#hosts.keys()) this.#settleHost(name);
  }

  #settleGroup(group: MutableGroup): void {
    if (group.name !== "all" && group.parents.size === 0) this.addChild("all", group.name);
  }

  #settleHost(name: string): void {
    const host = this.#hosts.get(name) as MutableHost;
    const ungrouped = this.#group("ungrouped");
    const others = [...host.groups].filter((group) => group !== ungrouped && group.name !== "all");
    for (const group of others) this.#settleGroup(group);
    if (others.length === 0) this.declareHost(name, { group: "ungrouped" });
    else if (host.groups.delete(ungrouped)) {
      ungrouped.hosts.delete(host);
      this.#alter();
    }
  }

  #group(name: string): MutableGroup {
    const known = this.#groups.get(name);
    if (known) return known;
    const group = {
      name,
      parents: new Set<never>(),
      children: new Set<never>(),
      hosts: new Set<never>(),
      layers: [],
      priority: 1,
    };
    this.#groups.set(name, group);
    this.#alter();
    return group;
  }

  #implicitHost(name: string): Host {
    const values = { ansible_connection: "local" };
    const layers = [{ name: "implicit localhost", values, trusted: true }];
    this.#implicit ??= { name, source: undefined, isImplicit: true, layers, groups: new Set() };
    return this.#implicit;
  }

  #isBelow(group: Group, ancestor: Group): boolean {
    const groups = new Set([ancestor]);
    for (const one of groups) for (const child of one.children) groups.add(child);
    return groups.has(group);
  }

  /** Longest way up to `all`. */
  #depth(group: Group): number {
    return this.#remember(`depth ${group.name}`, () =>
      Math.max(0, ...[...group.parents].map((parent) => this.#depth(parent) + 1)),
    );
  }

  #remember<T>(key: string, compute: () => T): T {
    if (this.#memo.has(key)) return this.#memo.get(key) as T;
    const value = compute();
    this.#memo.set(key, value);
    return value;
  }

  #alter(): void {
    this.#version++;
    if (this.#memo.size > 0) this.#memo.clear();
  }
}

/** By code points, as Python sorts. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
