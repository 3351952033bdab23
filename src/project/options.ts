import type { Settings } from "./config-settings.ts";

/**
 * What a run is asked to do, as plain serialisable data: the command line on top of the configuration.
 */
export interface RunOptions extends ProjectOptions {
  /** As given; `site.yaml` may stand for `playbooks/site.yaml`. */
  readonly playbooks: readonly string[];
  /** One task instead of playbooks. */
  readonly adHoc?: AdHocTask | undefined;
  readonly isCheck: boolean;
  readonly wantsDiff: boolean;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly startAtTask?: string | undefined;
  /** Ask before each task. */
  readonly isStep: boolean;
  readonly forceHandlers: boolean;
  readonly flushCache: boolean;
  /** Measure where the time of each task goes. */
  readonly wantsProfile?: boolean | undefined;
  /** Somebody looks at all facts that plays gather; else those that nothing names are left out. */
  readonly wantsAllFacts?: boolean | undefined;
  readonly forks?: number | undefined;
  /** Processes that hold the SSH connections; without it the run's own does. */
  readonly workers?: number | undefined;
  readonly connection: ConnectionOptions;
  readonly become: BecomeOptions;
}

/** `tsrun run PATTERN -m MODULE -a ARGS`. */
export interface AdHocTask {
  readonly pattern: string;
  readonly module: string;
  /** `k=v` words, free text, or a mapping as JSON or YAML. */
  readonly args: string;
}

/** What every command needs that reads the project: hosts, variables and vault passwords. */
export interface ProjectOptions {
  /** Directory that relative paths start from. */
  readonly cwd: string;
  /** Files, directories, executables and `host,` lists, in order. Empty: the project's own. */
  readonly inventory: readonly string[];
  /** Host patterns that narrow the hosts of every play; `@file` is read later. */
  readonly limit: readonly string[];
  /** As given and in order: `k=v k2=v2`, JSON or YAML, `@file`. */
  readonly extraVars: readonly string[];
  readonly vault: VaultOptions;
  /** 0 to 4: how often `-v` was given. */
  readonly verbosity: number;
  /** The configuration. Without it all settings have their defaults. */
  readonly settings?: Settings | undefined;
  /** The ansible.cfg that the configuration was read from. */
  readonly ansibleConfigFile?: string | undefined;
}

export interface ConnectionOptions {
  readonly type?: string | undefined;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  readonly privateKeyFile?: string | undefined;
  readonly password?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly sshArgs?: string | undefined;
  readonly sshCommonArgs?: string | undefined;
  readonly sshExtraArgs?: string | undefined;
  readonly hostKeyChecking?: HostKeyChecking | undefined;
}

/** As OpenSSH's StrictHostKeyChecking: `no` accepts every key, and each run warns about it. */
export type HostKeyChecking = "yes" | "accept-new" | "no";

export interface BecomeOptions {
  readonly isOn: boolean;
  readonly user?: string | undefined;
  readonly method?: string | undefined;
  readonly password?: string | undefined;
}

export interface VaultOptions {
  /** `--vault-id [label@]source` in order, where source is a file, a program or `prompt`. */
  readonly ids: readonly string[];
  readonly passwordFiles: readonly string[];
  /** Passwords that were asked for, by label. */
  readonly asked: readonly { readonly label: string; readonly password: string }[];
  /** Label of passwords that were given without one; `default` if not said. */
  readonly defaultLabel?: string | undefined;
  /** The vault id to encrypt with. */
  readonly encryptId?: string | undefined;
}

/** What a run needs of the process it lives in. A worker without a terminal refuses to ask. */
export interface RunHooks {
  /** A value that no output may show from now on: a decrypted vault value, a `no_log` argument, a password. */
  onSecret(value: string): void;
  /** Asks the person at the terminal: vars_prompt, pause, `--step`, vault passwords. Throws E_NO_TERMINAL when there is none. */
  ask(question: Question): Promise<string>;
}

export interface Question {
  readonly text: string;
  /** The answer is not echoed. */
  readonly isSecret: boolean;
  readonly defaultAnswer?: string | undefined;
  /** Give up waiting after this time and answer with the default, or "" (`pause: seconds`). */
  readonly timeoutMs?: number | undefined;
}

/** What `--list-hosts`, `--list-tasks` and `--list-tags` show. */
export interface ListedPlaybook {
  readonly path: string;
  readonly plays: readonly ListedPlay[];
}

export interface ListedPlay {
  readonly name: string;
  readonly pattern: string;
  readonly tags: readonly string[];
  readonly hosts: readonly string[];
  readonly tasks: readonly { readonly name: string; readonly tags: readonly string[] }[];
}
