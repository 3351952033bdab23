import { frameLayers } from "../project/frame-layers.ts";
import { type ExpandedPlay, type Frame, playVars } from "../project/expanded.ts";
import type { Project } from "../project/project.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { VarScope } from "../vars/scope.ts";
import type { HostRun } from "./host-run.ts";
import { MagicVariables } from "./magic-variables.ts";

/** What variables need to know about the play that is running. */
export interface PlayVariables {
  readonly play: ExpandedPlay;
  readonly name: string;
  /** Hosts of the play, and those of the current batch that have not failed or ended. */
  readonly allHosts: () => readonly string[];
  readonly activeHosts: () => readonly string[];
  readonly isActive: (host: string) => boolean;
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
  readonly #magic: MagicVariables;

  constructor(options: VariablesOptions) {
    this.#options = options;
    this.#magic = new MagicVariables({ ...options, varsOf: (host) => this.#hostVarsOf(host) });
  }

  /** Variables of a task on a host; `extra` (a loop's item) is stronger than all of them. */
  scope(host: HostRun, frame: Frame, play: PlayVariables, extra: readonly VarsLayer[] = []): VarScope {
    const { project } = this.#options;
    const layers = frameLayers(frame, play.play);
    return this.#make([
      ...extra,
      ...this.#magic.layers(host, frame, play),
      project.extraVars,
      ...layers.params,
      data(`set_fact and register on ${host.name}`, host.set),
      ...host.included,
      ...layers.vars,
      ...play.layersFor(host),
      ...playVars(play.play.frame),
      ...this.#factLayers(host),
      ...project.inventoryLayers(host.name),
      ...layers.defaults,
      project.optionVars,
      ...this.#oldNames(host),
      host.fallback,
      this.#magic.connectionLayer(frame),
    ]);
  }

  /** What other hosts see as `hostvars[host]`. */
  hostvarsOf(host: HostRun): object {
    return this.#hostVarsOf(host);
  }

  /** Variables of a host outside of any play: what other hosts see as `hostvars[host]`. */
  hostScope(host: HostRun): VarScope {
    const { project } = this.#options;
    return this.#make([
      this.#magic.hostLayer(host),
      project.extraVars,
      data(`set_fact and register on ${host.name}`, host.set),
      ...host.included,
      ...this.#factLayers(host),
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

  /** Inventories and roles from before Ansible 2.0 say `ansible_ssh_user` and `ansible_ssh_host`: either name stands for the other. */
  #oldNames(host: HostRun): readonly VarsLayer[] {
    const layers = this.#options.project.inventoryLayers(host.name);
    const pairs = ["user", "host"].map((name) => [`ansible_${name}`, `ansible_ssh_${name}`] as const);
    return pairs.flatMap(([name, old]) => {
      const layer = layers.find(({ values }) => Object.hasOwn(values, name) || Object.hasOwn(values, old));
      if (!layer) return [];
      const value = layer.values[Object.hasOwn(layer.values, name) ? name : old];
      return [{ ...layer, values: { [name]: value, [old]: value } }];
    });
  }

  #factLayers(host: HostRun): readonly VarsLayer[] {
    if (!this.#options.project.settings.inject_facts_as_vars) return [];
    return [data(`facts of ${host.name}`, host.facts.variables)];
  }

  #make(layers: readonly VarsLayer[]): VarScope {
    const { project } = this.#options;
    return new VarScope(layers, project.templater, project.decrypt);
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

/** The chosen members, positions kept by keeping the mapping whole where all are chosen. */
function pick(values: Readonly<Record<string, unknown>>, isWanted: (name: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isWanted(name)));
}
