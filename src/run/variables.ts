import { dirname } from "node:path";
import { frameLayers } from "../project/frame-layers.ts";
import type { ExpandedPlay, Frame } from "../project/expanded.ts";
import { searchPath } from "../project/expand.ts";
import type { Project } from "../project/project.ts";
import { Omit } from "../template/values.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { VarScope } from "../vars/scope.ts";
import type { HostRun } from "./host-run.ts";

/** What variables need to know about the play that is running. */
export interface PlayVariables {
  readonly play: ExpandedPlay;
  readonly name: string;
  /** Hosts of the play, of the current batch, and those of it that have not failed. */
  readonly allHosts: () => readonly string[];
  readonly batchHosts: () => readonly string[];
  readonly activeHosts: () => readonly string[];
  /** `vars_files` and answers of `vars_prompt`, strongest first. */
  readonly layersFor: (host: HostRun) => readonly VarsLayer[];
}

export interface VariablesOptions {
  readonly project: Project;
  readonly isCheck: boolean;
  readonly wantsDiff: boolean;
  readonly host: (name: string) => HostRun;
}

/** Puts together the variables that a task sees on a host, in Ansible's order of precedence. */
export class Variables {
  readonly #options: VariablesOptions;
  readonly #hostvars = new Map<string, { version: number; vars: object }>();
  #groups: { version: number; values: Readonly<Record<string, readonly string[]>> } | undefined;

  constructor(options: VariablesOptions) {
    this.#options = options;
  }

  /** Variables of a task on a host; `extra` (a loop's item) is stronger than all of them. */
  scope(host: HostRun, frame: Frame, play: PlayVariables, extra: readonly VarsLayer[] = []): VarScope {
    const { project } = this.#options;
    const layers = frameLayers(frame, play.play);
    return this.#make([
      ...extra,
      this.#magic(host, frame, play),
      project.extraVars,
      ...layers.params,
      data(`set_fact and register on ${host.name}`, host.set),
      ...host.included,
      ...layers.vars,
      ...play.layersFor(host),
      ...(play.play.frame.vars ? [play.play.frame.vars] : []),
      ...factLayers(host),
      ...project.inventoryLayers(host.name),
      ...layers.defaults,
      project.optionVars,
    ]);
  }

  /** Variables of a host outside of any play: what other hosts see as `hostvars[host]`. */
  hostScope(host: HostRun): VarScope {
    const { project } = this.#options;
    return this.#make([
      { name: "magic", trusted: false, values: this.#hostMagic(host) },
      project.extraVars,
      data(`set_fact and register on ${host.name}`, host.set),
      ...host.included,
      ...factLayers(host),
      ...project.inventoryLayers(host.name),
      project.optionVars,
    ]);
  }

  /** Variables by which a delegated task reaches another host, to be put above its own. */
  connectionLayers(host: HostRun): readonly VarsLayer[] {
    const { project } = this.#options;
    const names =
      /^ansible_(host|port|user|password|pass|connection|become($|_)|ssh_|su_|sudo_|private_key_file|host_key_checking|shell_)/;
    const layers = [
      project.extraVars,
      data("set_fact", host.set),
      ...host.included,
      ...project.inventoryLayers(host.name),
    ];
    const own = layers.map((layer) => ({ ...layer, values: pick(layer.values, (name) => names.test(name)) }));
    // What the delegating host says of its own connection must not leak into the other's.
    const blank = [
      "ansible_host",
      "ansible_port",
      "ansible_user",
      "ansible_connection",
      "ansible_password",
      "ansible_ssh_private_key_file",
      "ansible_ssh_common_args",
    ];
    return [...own, data("delegation", Object.fromEntries(blank.map((name) => [name, null])))];
  }

  #make(layers: readonly VarsLayer[]): VarScope {
    const { project } = this.#options;
    return new VarScope(layers, project.templater, project.decrypt);
  }

  #magic(host: HostRun, frame: Frame, play: PlayVariables): VarsLayer {
    const { project, isCheck, wantsDiff } = this.#options;
    const playbookDirectory = dirname(play.play.path);
    const { role, parentRoles } = frame;
    const values = this.#hostMagic(host);
    define(values, {
      playbook_dir: () => playbookDirectory,
      ansible_play_name: () => play.name,
      ansible_play_hosts: () => play.activeHosts(),
      ansible_play_hosts_all: () => play.allHosts(),
      ansible_play_batch: () => play.batchHosts(),
      play_hosts: () => play.activeHosts(),
      ansible_play_role_names: () => play.play.namedRoles.map(({ name }) => name),
      role_names: () => play.play.namedRoles.map(({ name }) => name),
      ansible_role_names: () => play.play.roles.map(({ name }) => name),
      ansible_dependent_role_names: () => [
        ...new Set(play.play.roles.flatMap((each) => each.dependencies.map(({ name }) => name))),
      ],
      ansible_check_mode: () => isCheck,
      ansible_diff_mode: () => wantsDiff,
      ansible_search_path: () => searchPath(frame, playbookDirectory),
      ...(role && {
        role_name: () => role.name,
        role_path: () => role.path,
        ansible_role_name: () => role.name,
        role_uuid: () => role.path,
        ansible_parent_role_names: () => parentRoles.map(({ name }) => name),
        ansible_parent_role_paths: () => parentRoles.map(({ path }) => path),
        ansible_collection_name: () => null,
      }),
      ...project.runMagic,
    });
    return { name: "magic", trusted: false, values };
  }

  #hostMagic(host: HostRun): Record<string, unknown> {
    const { project } = this.#options;
    const values: Record<string, unknown> = {};
    const source = (): string | undefined => project.inventorySource(host.name);
    define(values, {
      inventory_hostname: () => host.name,
      inventory_hostname_short: () => (/^[\d.:]+$/.test(host.name) ? host.name : (host.name.split(".")[0] as string)),
      inventory_file: () => source() ?? null,
      inventory_dir: () => (source() === undefined ? null : dirname(source() as string)),
      group_names: () => project.groupNames(host.name),
      groups: () => this.#allGroups(),
      hostvars: () => this.#allHostvars(),
      omit: () => Omit,
      ansible_facts: () => host.facts.facts,
    });
    Object.defineProperty(values, "vars", {
      enumerable: false,
      configurable: true,
      get: () => this.#hostVarsOf(host),
    });
    return values;
  }

  #allGroups(): Readonly<Record<string, readonly string[]>> {
    const { project } = this.#options;
    if (this.#groups?.version !== project.inventoryVersion) {
      this.#groups = { version: project.inventoryVersion, values: project.groups() };
    }
    return (this.#groups as { values: Readonly<Record<string, readonly string[]>> }).values;
  }

  /** `hostvars`: one lazy member a host. */
  #allHostvars(): Record<string, unknown> {
    const all: Record<string, unknown> = {};
    for (const name of this.#options.project.hostNames()) {
      Object.defineProperty(all, name, {
        enumerable: true,
        configurable: true,
        get: () => this.#hostVarsOf(this.#options.host(name)),
      });
    }
    return all;
  }

  #hostVarsOf(host: HostRun): object {
    const known = this.#hostvars.get(host.name);
    if (known?.version === host.version) return known.vars;
    const scope = this.hostScope(host);
    const vars: Record<string, unknown> = {};
    for (const name of scope.names()) {
      Object.defineProperty(vars, name, { enumerable: true, configurable: true, get: () => scope.get(name) });
    }
    this.#hostvars.set(host.name, { version: host.version, vars });
    return vars;
  }
}

/** Values that came from a host or were computed: never parsed as templates. */
export function data(name: string, values: Readonly<Record<string, unknown>>): VarsLayer {
  return { name, values, trusted: false };
}

function factLayers(host: HostRun): readonly VarsLayer[] {
  return [data(`facts of ${host.name}`, host.facts.variables)];
}

/** The chosen members, positions kept by keeping the mapping whole where all are chosen. */
function pick(values: Readonly<Record<string, unknown>>, isWanted: (name: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isWanted(name)));
}

/** Members that are computed when they are first read. */
function define(target: object, members: Readonly<Record<string, () => unknown>>): void {
  for (const [name, compute] of Object.entries(members)) {
    Object.defineProperty(target, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = compute();
        Object.defineProperty(target, name, { value, enumerable: true, configurable: true });
        return value;
      },
    });
  }
}
