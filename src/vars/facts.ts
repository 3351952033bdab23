/**
 * Facts of a host are reachable as `ansible_facts.distribution` and, as most roles write it, as `ansible_distribution`.
 * A host must not change how it is reached (Ansible CVE-2016-8628, CVE-2020-10684): such names are dropped.
 */
export interface HostFacts {
  /** Members of `ansible_facts`, without the prefix. */
  readonly facts: Record<string, unknown>;
  /** The same facts as top-level variables, named as the module returned them (`ansible_distribution`, `packages`). */
  readonly variables: Record<string, unknown>;
}

/** Names of variables that say how a host is reached. */
const connectionNames =
  /^ansible_(host|port|user|password|pass|connection|become($|_.*)|ssh_(?!host_key_).*|sudo_.*|su_.*|private_key_file|host_key_.*|shell_.*|.*_interpreter|remote_tmp|timeout)$/;

/** Names that the engine itself sets. */
const magicNames =
  /^(hostvars|groups|group_names|inventory_.*|playbook_dir|role_path|role_name|role_names|play_hosts|omit|environment|vars|__proto__|ansible_(facts|version|config_file|play_.*|playbook_python|run_tags|skip_tags|check_mode|diff_mode|forks|inventory_sources|limit|verbosity|search_path|loop.*|role_name|role_names|parent_role_.*|collection_name|delegated_vars|managed))$/;

/** Whether a fact of this name may become a variable. */
export function isSafeFact(name: string): boolean {
  return !connectionNames.test(name) && !magicNames.test(name);
}

/** Takes what a module returned as `ansible_facts` into a host's facts; unsafe names are left out. */
export function mergeFacts(host: HostFacts, returned: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(returned)) {
    const short = name.replace(/^ansible_(?=.)/, "");
    if (!isSafeFact(name) || short === "__proto__") continue;
    host.variables[name] = value;
    host.facts[short] = value;
  }
}
