/**
 * Every keyword of the playbook language, by the level it may stand at, with the shape of its value. Taken from
 * `lib/ansible/playbook/*.py` of ansible-core 2.14 to 2.21; what tsrun adds is marked.
 */
export type Keywords = Readonly<Record<string, Shape>>;

/** What a keyword's value must look like before templates are evaluated; text with a template may stand for any of them. */
export type Shape =
  | "any"
  | "text"
  | "boolean"
  | "integer"
  | "number"
  /** One text or a list of texts. */
  | "texts"
  /** An expression, a boolean, or a list of them. */
  | "conditions"
  | "mapping"
  /** A mapping or a list of mappings. */
  | "mappings"
  /** Variables: a mapping whose keys are names. */
  | "vars"
  | "list"
  | "tasks"
  | readonly string[];

/** All levels. */
export const BASE: Keywords = {
  name: "text",
  connection: "text",
  port: "integer",
  remote_user: "text",
  vars: "vars",
  module_defaults: "mappings",
  environment: "mappings",
  no_log: "boolean",
  run_once: "boolean",
  ignore_errors: "boolean",
  ignore_unreachable: "boolean",
  check_mode: "boolean",
  diff: "boolean",
  any_errors_fatal: "boolean",
  throttle: "integer",
  timeout: "integer",
  debugger: ["always", "never", "on_failed", "on_unreachable", "on_skipped"],
  become: "boolean",
  become_user: "text",
  become_method: "text",
  become_flags: "text",
  become_exe: "text",
  tags: "texts",
  collections: "texts",
};

export const PLAY: Keywords = {
  ...BASE,
  hosts: "texts",
  gather_facts: "boolean",
  gather_subset: "texts",
  gather_timeout: "integer",
  fact_path: "text",
  vars_files: "list",
  vars_prompt: "list",
  roles: "list",
  pre_tasks: "tasks",
  tasks: "tasks",
  post_tasks: "tasks",
  handlers: "tasks",
  force_handlers: "boolean",
  max_fail_percentage: "number",
  serial: "any",
  strategy: ["linear", "free", "host_pinned", "debug"],
  order: ["inventory", "reverse_inventory", "sorted", "reverse_sorted", "shuffle"],
  validate_argspec: "any",
};

const CONDITIONAL: Keywords = { when: "conditions", delegate_to: "text", delegate_facts: "boolean" };

const LOOP: Keywords = { loop: "any", loop_control: "mapping" };

/** `loop` on a block is tsrun's own. */
export const BLOCK: Keywords = {
  ...BASE,
  ...CONDITIONAL,
  ...LOOP,
  block: "tasks",
  rescue: "tasks",
  always: "tasks",
  notify: "texts",
};

export const TASK: Keywords = {
  ...BASE,
  ...CONDITIONAL,
  ...LOOP,
  action: "any",
  local_action: "any",
  args: "mapping",
  changed_when: "conditions",
  failed_when: "conditions",
  register: "any",
  until: "conditions",
  retries: "integer",
  delay: "number",
  async: "integer",
  poll: "integer",
  notify: "texts",
};

export const HANDLER: Keywords = { ...TASK, listen: "texts" };

export const ROLE_USE: Keywords = { ...BASE, ...CONDITIONAL, role: "text" };

export const PLAYBOOK_IMPORT: Keywords = { ...BASE, when: "conditions", import_playbook: "text" };

export const ROLE_META: Keywords = {
  ...BASE,
  dependencies: "list",
  allow_duplicates: "boolean",
  galaxy_info: "any",
  argument_specs: "mapping",
};

export const LOOP_CONTROL: Keywords = {
  loop_var: "text",
  index_var: "text",
  label: "any",
  pause: "number",
  extended: "boolean",
  extended_allitems: "boolean",
  break_when: "conditions",
};

export const VARS_PROMPT: Keywords = {
  name: "text",
  prompt: "text",
  default: "any",
  private: "boolean",
  confirm: "boolean",
  encrypt: "text",
  salt_size: "integer",
  salt: "text",
  unsafe: "boolean",
};

/** Keywords that a dynamic include takes for itself; others belong under its `apply` (playbook/task_include.py). */
export const INCLUDE_KEYWORDS: readonly string[] =
  "action args collections debugger ignore_errors loop loop_control name no_log register run_once tags timeout vars when listen".split(
    " ",
  );

const TASKS_ARGS: Keywords = { file: "text", apply: "mapping" };

const ROLE_ARGS: Keywords = {
  name: "text",
  role: "text",
  tasks_from: "text",
  vars_from: "text",
  defaults_from: "text",
  handlers_from: "text",
  allow_duplicates: "boolean",
  rolespec_validate: "boolean",
  public: "boolean",
};

/** Arguments of the modules that bring in other files. */
export const INCLUDE_ARGS: Readonly<Record<string, Keywords>> = {
  import_tasks: { file: "text" },
  include_tasks: TASKS_ARGS,
  import_role: ROLE_ARGS,
  include_role: { ...ROLE_ARGS, apply: "mapping", rescuable: "boolean" },
};

/** Keywords that Ansible dropped long ago, and what replaced them. */
export const REMOVED: Readonly<Record<string, string>> = {
  sudo: "become: true",
  sudo_user: "become_user: NAME",
  su: "become: true` with `become_method: su",
  su_user: "become_user: NAME",
  always_run: "check_mode: false",
  accelerate: "nothing: every connection is persistent",
  static: "import_tasks` or `include_tasks",
};

/** `ansible.builtin.copy` and `ansible.legacy.copy` are `copy`. */
export function shortModuleName(name: string): string {
  return name.replace(/^ansible\.(?:builtin|legacy)\./, "");
}
