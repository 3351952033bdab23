/**
 * Every setting that tsrun knows, with all the places it may come from. The names are those of `tsrun.yaml`; `TSRUN_<NAME>` sets them in
 * the environment; `ini` and `env` are Ansible's own names, so that a repository's `ansible.cfg` goes on to mean what it meant.
 */
export interface Setting<T> {
  readonly type: SettingType;
  readonly default: T;
  readonly summary: string;
  /** `section.key` in ansible.cfg; the first that is set counts. */
  readonly ini: readonly string[];
  /** Variables of Ansible's. */
  readonly env: readonly string[];
  /** What Ansible's value means here; undefined when it means nothing. */
  readonly fromAnsible?: ((value: string) => string | undefined) | undefined;
}

export type SettingType =
  | "text"
  | "boolean"
  | "integer"
  | "list"
  /** A file or directory; relative to the file that names it. */
  | "path"
  /** Paths with commas between, or lists of hosts that end with one. */
  | "sources"
  /** Paths with colons between. */
  | "search path"
  | { readonly choices: readonly string[] };

interface Sources {
  readonly ini?: string | readonly string[];
  readonly env?: string | readonly string[];
  readonly fromAnsible?: (value: string) => string | undefined;
}

type Maker<T> = {
  (summary: string, sources: Sources): Setting<T | undefined>;
  (summary: string, sources: Sources, fallback: T): Setting<T>;
};

function maker<T>(type: SettingType): Maker<T> {
  return (summary: string, { ini = [], env = [], fromAnsible }: Sources, fallback?: T) =>
    ({ type, summary, default: fallback, ini: [ini].flat(), env: [env].flat(), fromAnsible }) as Setting<T>;
}

const text = maker<string>("text");
const boolean = maker<boolean>("boolean");
const integer = maker<number>("integer");
const list = maker<readonly string[]>("list");
const path = maker<string>("path");
const sources = maker<readonly string[]>("sources");
const searchPath = maker<readonly string[]>("search path");
const choice = <const C extends string>(...choices: readonly C[]): Maker<C> => maker<C>({ choices });

const yesNo = (value: string): string | undefined =>
  /^(true|yes|on|1|y|t)$/i.test(value) ? "yes" : /^(false|no|off|0|n|f)$/i.test(value) ? "no" : value;

export const SETTINGS = {
  inventory: sources("Where the hosts are", { ini: "defaults.inventory", env: "ANSIBLE_INVENTORY" }, []),
  roles_path: searchPath(
    "Where roles are, besides `roles/`",
    { ini: "defaults.roles_path", env: "ANSIBLE_ROLES_PATH" },
    ["~/.ansible/roles", "/usr/share/ansible/roles", "/etc/ansible/roles"],
  ),
  collections_path: searchPath(
    "Where collections are; their roles can be used",
    {
      ini: ["defaults.collections_path", "defaults.collections_paths"],
      env: ["ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_COLLECTIONS_PATHS"],
    },
    ["~/.ansible/collections", "/usr/share/ansible/collections"],
  ),
  library: searchPath(
    "Where the project's modules are, besides `tasks/`",
    { ini: "defaults.library", env: "ANSIBLE_LIBRARY" },
    [],
  ),
  forks: integer("Hosts at a time", { ini: "defaults.forks", env: "ANSIBLE_FORKS" }, 50),
  gathering: choice("implicit", "explicit", "smart")(
    "Whether plays gather facts: always, when they say so, or once a host",
    { ini: "defaults.gathering", env: "ANSIBLE_GATHERING" },
    "implicit",
  ),
  gather_subset: list("Which facts plays gather", { ini: "defaults.gather_subset", env: "ANSIBLE_GATHER_SUBSET" }, []),
  gather_timeout: integer("How long that may take, in seconds", {
    ini: "defaults.gather_timeout",
    env: "ANSIBLE_GATHER_TIMEOUT",
  }),
  fact_path: text("Directory of the hosts' own facts", { ini: "defaults.fact_path", env: "ANSIBLE_FACT_PATH" }),
  inject_facts_as_vars: boolean(
    "Facts are variables too (`ansible_distribution`), besides `ansible_facts`",
    { ini: "defaults.inject_facts_as_vars", env: "ANSIBLE_INJECT_FACT_VARS" },
    true,
  ),
  fact_caching: choice("memory", "jsonfile")(
    "Whether facts are kept for the next run",
    {
      ini: "defaults.fact_caching",
      env: "ANSIBLE_CACHE_PLUGIN",
      fromAnsible: (value) => value.replace(/^ansible\.builtin\.|^community\.general\./, ""),
    },
    "memory",
  ),
  fact_caching_connection: path("Directory of kept facts", {
    ini: "defaults.fact_caching_connection",
    env: "ANSIBLE_CACHE_PLUGIN_CONNECTION",
  }),
  fact_caching_prefix: text(
    "What the names of kept facts begin with",
    { ini: "defaults.fact_caching_prefix", env: "ANSIBLE_CACHE_PLUGIN_PREFIX" },
    "",
  ),
  fact_caching_timeout: integer(
    "How long facts are kept, in seconds; 0 for ever",
    { ini: "defaults.fact_caching_timeout", env: "ANSIBLE_CACHE_PLUGIN_TIMEOUT" },
    86_400,
  ),
  output: choice(
    "live",
    "plain",
    "json",
  )("What a run looks like", {
    ini: "defaults.stdout_callback",
    env: "ANSIBLE_STDOUT_CALLBACK",
    fromAnsible: outputOfCallback,
  }),
  verbosity: integer("How many -v", { ini: "defaults.verbosity", env: "ANSIBLE_VERBOSITY" }, 0),
  nocolor: boolean("No colour", { ini: "defaults.nocolor", env: "ANSIBLE_NOCOLOR" }, false),
  force_color: boolean(
    "Colour even where there is no terminal",
    { ini: "defaults.force_color", env: "ANSIBLE_FORCE_COLOR" },
    false,
  ),
  diff_always: boolean("Show the lines that change", { ini: "diff.always", env: "ANSIBLE_DIFF_ALWAYS" }, false),
  tags_run: list("Only tasks with one of these tags", { ini: "tags.run", env: "ANSIBLE_RUN_TAGS" }, []),
  tags_skip: list("No tasks with one of these tags", { ini: "tags.skip", env: "ANSIBLE_SKIP_TAGS" }, []),
  strategy: choice(
    "linear",
    "free",
    "host_pinned",
    "debug",
  )(
    "How plays walk over their hosts",
    {
      ini: "defaults.strategy",
      env: "ANSIBLE_STRATEGY",
      // Mitogen makes Ansible faster and changes nothing else.
      fromAnsible: (value) => value.replace(/^ansible\.builtin\.|^mitogen_/, ""),
    },
    "linear",
  ),
  enable_task_debugger: boolean(
    "Stop at failed tasks and ask, as `strategy: debug` does",
    { ini: "defaults.enable_task_debugger", env: "ANSIBLE_ENABLE_TASK_DEBUGGER" },
    false,
  ),
  task_debugger_ignore_errors: boolean(
    "Do not stop at failures that `ignore_errors` forgives",
    { ini: "defaults.task_debugger_ignore_errors", env: "ANSIBLE_TASK_DEBUGGER_IGNORE_ERRORS" },
    true,
  ),
  any_errors_fatal: boolean(
    "A failure on one host ends the play on all",
    { ini: "defaults.any_errors_fatal", env: "ANSIBLE_ANY_ERRORS_FATAL" },
    false,
  ),
  force_handlers: boolean(
    "Run notified handlers even on hosts where a task failed",
    { ini: "defaults.force_handlers", env: "ANSIBLE_FORCE_HANDLERS" },
    false,
  ),
  task_timeout: integer(
    "How long a task may take, in seconds; 0 for ever",
    { ini: "defaults.task_timeout", env: "ANSIBLE_TASK_TIMEOUT" },
    0,
  ),
  no_log: boolean("Show no arguments or results", { ini: "defaults.no_log", env: "ANSIBLE_NO_LOG" }, false),
  hash_behaviour: choice("replace", "merge")(
    "Whether a stronger mapping replaces a weaker one or is merged into it",
    { ini: "defaults.hash_behaviour", env: "ANSIBLE_HASH_BEHAVIOUR" },
    "replace",
  ),
  private_role_vars: boolean(
    "A role's variables are seen by the role only",
    { ini: "defaults.private_role_vars", env: "ANSIBLE_PRIVATE_ROLE_VARS" },
    false,
  ),
  error_on_undefined_vars: boolean(
    "An undefined variable is an error; if not, the text with it stays as it is written",
    { ini: "defaults.error_on_undefined_vars", env: "ANSIBLE_ERROR_ON_UNDEFINED_VARS" },
    true,
  ),
  error_on_missing_handler: boolean(
    "Notifying a handler that does not exist is an error; if not, a warning",
    { ini: "defaults.error_on_missing_handler", env: "ANSIBLE_ERROR_ON_MISSING_HANDLER" },
    true,
  ),
  ansible_managed: text(
    "Value of `ansible_managed`",
    { ini: "defaults.ansible_managed", env: "ANSIBLE_MANAGED_STR" },
    "Ansible managed",
  ),
  retry_files_enabled: boolean(
    "Write the names of failed hosts to a file for `--limit @FILE`",
    { ini: "defaults.retry_files_enabled", env: "ANSIBLE_RETRY_FILES_ENABLED" },
    false,
  ),
  retry_files_save_path: path("Directory of such files; beside the playbook by default", {
    ini: "defaults.retry_files_save_path",
    env: "ANSIBLE_RETRY_FILES_SAVE_PATH",
  }),
  transport: text("How to reach hosts: ssh, openssh or local", {
    ini: "defaults.transport",
    env: "ANSIBLE_TRANSPORT",
    fromAnsible: (value) => (/^(smart|paramiko(_ssh)?)$/.test(value) ? "ssh" : value),
  }),
  remote_user: text("User to log in as", { ini: "defaults.remote_user", env: "ANSIBLE_REMOTE_USER" }),
  remote_port: integer("Port of the hosts' sshd", { ini: "defaults.remote_port", env: "ANSIBLE_REMOTE_PORT" }),
  private_key_file: path("Private key to log in with", {
    ini: "defaults.private_key_file",
    env: "ANSIBLE_PRIVATE_KEY_FILE",
  }),
  ask_pass: boolean("Ask for the login password", { ini: "defaults.ask_pass", env: "ANSIBLE_ASK_PASS" }, false),
  connection_password_file: path("File with the login password", {
    ini: "defaults.connection_password_file",
    env: "ANSIBLE_CONNECTION_PASSWORD_FILE",
  }),
  timeout: integer("Time to connect, in seconds", {
    ini: ["defaults.timeout", "ssh_connection.timeout"],
    env: ["ANSIBLE_TIMEOUT", "ANSIBLE_SSH_TIMEOUT"],
  }),
  host_key_checking: choice(
    "yes",
    "accept-new",
    "no",
  )("What to do about host keys that known_hosts does not have", {
    ini: ["defaults.host_key_checking", "ssh_connection.host_key_checking"],
    env: ["ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_SSH_HOST_KEY_CHECKING"],
    fromAnsible: yesNo,
  }),
  ssh_args: text("Arguments, as ssh takes them", { ini: "ssh_connection.ssh_args", env: "ANSIBLE_SSH_ARGS" }),
  ssh_common_args: text("Further ones", {
    ini: "ssh_connection.ssh_common_args",
    env: "ANSIBLE_SSH_COMMON_ARGS",
  }),
  ssh_extra_args: text("Further ones", { ini: "ssh_connection.ssh_extra_args", env: "ANSIBLE_SSH_EXTRA_ARGS" }),
  become: boolean("Run tasks as another user", { ini: "privilege_escalation.become", env: "ANSIBLE_BECOME" }, false),
  become_user: text("That user", { ini: "privilege_escalation.become_user", env: "ANSIBLE_BECOME_USER" }),
  become_method: text("How to become it: sudo or su", {
    ini: "privilege_escalation.become_method",
    env: "ANSIBLE_BECOME_METHOD",
    fromAnsible: (value) => value.replace(/^ansible\.builtin\./, ""),
  }),
  become_exe: text("Path of sudo or su", {
    ini: "privilege_escalation.become_exe",
    env: "ANSIBLE_BECOME_EXE",
  }),
  become_flags: text("Further arguments of sudo or su", {
    ini: "privilege_escalation.become_flags",
    env: "ANSIBLE_BECOME_FLAGS",
  }),
  become_ask_pass: boolean(
    "Ask for the become password",
    { ini: "privilege_escalation.become_ask_pass", env: "ANSIBLE_BECOME_ASK_PASS" },
    false,
  ),
  become_password_file: path("File with the become password", {
    ini: "defaults.become_password_file",
    env: "ANSIBLE_BECOME_PASSWORD_FILE",
  }),
  vault_password_file: path("File or program with the vault password", {
    ini: "defaults.vault_password_file",
    env: "ANSIBLE_VAULT_PASSWORD_FILE",
  }),
  vault_identity_list: list(
    "Vault passwords as `label@source`",
    { ini: "defaults.vault_identity_list", env: "ANSIBLE_VAULT_IDENTITY_LIST" },
    [],
  ),
  vault_identity: text(
    "Label of vault passwords that have none",
    { ini: "defaults.vault_identity", env: "ANSIBLE_VAULT_IDENTITY" },
    "default",
  ),
  vault_encrypt_identity: text("Vault id to encrypt with", {
    ini: "defaults.vault_encrypt_identity",
    env: "ANSIBLE_VAULT_ENCRYPT_IDENTITY",
  }),
  ask_vault_pass: boolean(
    "Ask for the vault password",
    { ini: "defaults.ask_vault_pass", env: "ANSIBLE_ASK_VAULT_PASS" },
    false,
  ),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingName = keyof typeof SETTINGS;

/** Values of all settings: plain data, so that a run on another machine can have them too. */
export type Settings = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never;
};

/** The settings of a machine without any configuration. */
export const DEFAULT_SETTINGS: Settings = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default]),
) as unknown as Settings;

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** A callback that prints for programs becomes JSON lines; how the others look is a matter of taste, not of meaning. */
function outputOfCallback(callback: string): string | undefined {
  return /(^|\.)jsonl?$/.test(callback) ? "json" : undefined;
}
