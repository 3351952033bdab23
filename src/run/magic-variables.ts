import { dirname } from "node:path";
import { LOCALHOST_NAMES } from "../inventory/host.ts";
import { searchPath } from "../project/expand.ts";
import { type Frame, frameWith, shortRoleName } from "../project/expanded.ts";
import type { Project } from "../project/project.ts";
import { Omit } from "../template/values.ts";
import type { VarsLayer } from "../vars/layer.ts";
import type { HostRun } from "./host-run.ts";
import type { PlayVariables } from "./variables.ts";

export interface MagicOptions {
  readonly project: Project;
  readonly isCheck: boolean;
  readonly wantsDiff: boolean;
  readonly host: (name: string) => HostRun;
  /** All variables of a host outside of any play. */
  readonly varsOf: (host: HostRun) => object;
}

/**
 * The variables that Ansible calls magic: what a task can know of its host, its place and its run. Every task of every host sees some forty of
 * them and reads one or two, so their layers are made once for the run, for a host and for a place, and a member is computed
 * each time it is read: hosts fail, groups grow.
 */
export class MagicVariables {
  readonly #options: MagicOptions;
  readonly #run: VarsLayer;
  readonly #ofHosts = new WeakMap<HostRun, VarsLayer>();
  readonly #ofConnections = new WeakMap<Frame, VarsLayer>();
  readonly #ofFrames = new WeakMap<Frame, { readonly play: PlayVariables; readonly layer: VarsLayer }>();
  #shared: { readonly version: number; readonly groups: object; readonly hostvars: object } | undefined;

  constructor(options: MagicOptions) {
    this.#options = options;
    const { project, isCheck, wantsDiff } = options;
    this.#run = magic({ ansible_check_mode: isCheck, ansible_diff_mode: wantsDiff, ...project.runMagicValues() });
  }

  /** What a task sees. */
  layers(host: HostRun, frame: Frame, play: PlayVariables): readonly VarsLayer[] {
    return [this.hostLayer(host), this.#frameLayer(frame, play), this.#run];
  }

  /** What holds for a host wherever it is spoken of. */
  hostLayer(host: HostRun): VarsLayer {
    let layer = this.#ofHosts.get(host);
    if (!layer) {
      layer = magic(this.#hostValues(host));
      this.#ofHosts.set(host, layer);
    }
    return layer;
  }

  /** How a task reaches its host, where no variable says so: Ansible gives keywords and options under the names of their variables. */
  connectionLayer(frame: Frame): VarsLayer {
    let layer = this.#ofConnections.get(frame);
    if (!layer) {
      const { type, user } = this.#options.project.options.connection;
      const said = (name: string): unknown => frameWith(frame, name)?.raw[name] ?? undefined;
      const [kind, login] = [said("connection") ?? type ?? "ssh", said("remote_user") ?? user];
      const values = {
        ansible_connection: kind === "smart" ? "ssh" : kind,
        ...(login !== undefined && { ansible_user: login, ansible_ssh_user: login }),
      };
      layer = { name: "connection", trusted: true, values };
      this.#ofConnections.set(frame, layer);
    }
    return layer;
  }

  #frameLayer(frame: Frame, play: PlayVariables): VarsLayer {
    const known = this.#ofFrames.get(frame);
    if (known?.play === play) return known.layer;
    const layer = magic(frameValues(frame, play));
    this.#ofFrames.set(frame, { play, layer });
    return layer;
  }

  #hostValues(host: HostRun): Record<string, unknown> {
    const { project, varsOf } = this.#options;
    const shared = (): { readonly groups: object; readonly hostvars: object } => this.#sharedByHosts();
    const values = {
      inventory_hostname: host.name,
      inventory_hostname_short: /^[\d.:]+$/.test(host.name) ? host.name : host.name.split(".")[0],
      omit: Omit,
      get inventory_file() {
        return project.inventorySource(host.name) ?? null;
      },
      get inventory_dir() {
        const source = project.inventorySource(host.name);
        return source === undefined ? null : dirname(source);
      },
      get group_names() {
        return project.groupNames(host.name);
      },
      get groups() {
        return shared().groups;
      },
      get hostvars() {
        return shared().hostvars;
      },
      get ansible_facts() {
        return host.facts.facts;
      },
    };
    return Object.defineProperty(values, "vars", { enumerable: false, get: () => varsOf(host) });
  }

  /** Groups, and `hostvars` with one lazy member a host: the same for all until the inventory grows. */
  #sharedByHosts(): { readonly groups: object; readonly hostvars: object } {
    const { project, host, varsOf } = this.#options;
    const version = project.inventoryVersion;
    if (this.#shared?.version === version) return this.#shared;
    const hostvars = {};
    const names = new Set(project.hostNames());
    for (const name of names)
      Object.defineProperty(hostvars, name, { enumerable: true, get: () => varsOf(host(name)) });
    // A localhost that no inventory names has variables too, but is none of the hosts that are counted.
    for (const name of LOCALHOST_NAMES)
      if (!names.has(name)) Object.defineProperty(hostvars, name, { enumerable: false, get: () => varsOf(host(name)) });
    this.#shared = { version, groups: project.groups(), hostvars };
    return this.#shared;
  }
}

function frameValues(frame: Frame, play: PlayVariables): Record<string, unknown> {
  const { play: expanded } = play;
  const { role, parentRoles } = frame;
  const directory = dirname(expanded.path);
  const ofRole = role && {
    role_name: shortRoleName(role),
    role_path: role.path,
    ansible_role_name: role.name,
    role_uuid: role.path,
    // As with Ansible these are undefined in a role that no other brought in.
    ...(parentRoles.length > 0 && {
      ansible_parent_role_names: parentRoles.map(({ name }) => name),
      ansible_parent_role_paths: parentRoles.map(({ path }) => path),
    }),
    ansible_collection_name: role.collection ?? null,
  };
  return {
    playbook_dir: directory,
    ansible_play_name: play.name,
    ansible_search_path: searchPath(frame, directory),
    ...ofRole,
    get ansible_play_hosts() {
      return play.allHosts().filter((name) => play.isActive(name));
    },
    get ansible_play_hosts_all() {
      return play.allHosts();
    },
    get ansible_play_batch() {
      return play.activeHosts();
    },
    get play_hosts() {
      return play.activeHosts();
    },
    // Includes add roles to a play while it runs.
    get ansible_play_role_names() {
      return expanded.namedRoles.map(({ name }) => name);
    },
    get role_names() {
      return expanded.namedRoles.map(({ name }) => name);
    },
    get ansible_role_names() {
      return expanded.roles.map(({ name }) => name);
    },
    get ansible_dependent_role_names() {
      return [...new Set(expanded.roles.flatMap((each) => each.dependencies.map(({ name }) => name)))];
    },
  };
}

function magic(values: Readonly<Record<string, unknown>>): VarsLayer {
  return { name: "magic", trusted: false, values };
}
