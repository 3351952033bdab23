/**
 * Ansible's other settings (ansible-core 2.14, `config/base.yml` and the options of its ssh plugin). Those that only concern Python,
 * speed or decoration mean nothing here and are passed over; one that would alter what a run does is worth a warning.
 */
const MEANINGLESS = words(`
  action_warnings ansible_connection_path bin_ansible_callbacks callback_plugins callback_result_format callback_whitelist
  callbacks_enabled cliconf_plugins collections_on_ansible_version_mismatch collections_scan_sys_path command_warnings cow_selection
  cow_whitelist cowpath cowsay_enabled_stencils debug deprecation_warnings devel_warning display_args_to_stdout display_failed_stderr
  display_ok_hosts display_skipped_hosts doc_fragment_plugins docsite_root_url executable facts_modules force_valid_group_names home
  httpapi_plugins internal_poll_interval interpreter_python jinja2_native jinja2_native_warning keep_remote_files local_tmp
  localhost_warning log_filter max_diff_size module_compression module_ignore_exts module_name module_utils netconf_plugins
  network_group_modules no_target_syslog nocows old_plugin_cache_clear pipelining poll_interval python_module_rlimit_nofile remote_tmp result_format
  result_indentation allow_world_readable_tmpfiles show_custom_stats show_per_host_start show_task_path_on_failure squash_actions
  strategy_plugins string_conversion_action su syslog_facility system_tmpdirs system_warnings
  terminal_plugins use_persistent_connections validate_action_group_metadata verbose_to_stderr win_async_startup_timeout
  connection.pipelining connection.retries diff.context privilege_escalation.agnostic_become_prompt
  inventory.cache inventory.cache_connection inventory.cache_plugin inventory.cache_prefix inventory.cache_timeout
  inventory.enable_plugins inventory.export inventory.inventory_unparsed_warning inventory.unparsed_warning
  ssh_connection.control_path ssh_connection.control_path_dir ssh_connection.pipelining ssh_connection.retries
  ssh_connection.scp_executable ssh_connection.scp_extra_args ssh_connection.scp_if_ssh ssh_connection.sftp_batch_mode
  ssh_connection.sftp_executable ssh_connection.sftp_extra_args ssh_connection.ssh_executable ssh_connection.sshpass_prompt
  ssh_connection.transfer_method ssh_connection.usetty`);

const UNSUPPORTED = words(`
  action_plugins allow_unsafe_lookups become_plugins cache_plugins connection_plugins duplicate_dict_key
  filter_plugins   invalid_task_attribute_failed inventory_ignore_extensions inventory_ignore_patterns inventory_plugins
  jinja2_extensions log_path lookup_plugins module_args null_representation playbook_dir playbook_vars_root plugin_filters_cfg
  precedence run_vars_plugins test_plugins vars_plugins vars_plugins_enabled vault_id_match
  yaml_valid_extensions
  inventory.any_unparsed_is_failed inventory.host_pattern_mismatch inventory.ignore_extensions inventory.ignore_patterns
  inventory.unparsed_is_failed privilege_escalation.become_allow_same_user
  ssh_connection.pkcs11_provider`);

/** Extensions of Jinja2 that templates have here anyway. */
const BUILT_IN_EXTENSIONS = words("jinja2.ext.do jinja2.ext.loopcontrols jinja2.ext.with_ jinja2.ext.autoescape");

/** Sections whose keys are checked; those of plugins and of other programs are not tsrun's to judge. */
const SECTIONS = words("defaults privilege_escalation ssh_connection connection diff tags inventory");

/** What is to be said about a key of ansible.cfg that is no setting of tsrun. */
export function judgeKey(section: string, key: string, value: string): "meaningless" | "unsupported" | "unknown" {
  const name = section === "defaults" ? key : `${section}.${key}`;
  if (name === "jinja2_extensions" && value.split(",").every((extension) => BUILT_IN_EXTENSIONS.has(extension.trim())))
    return "meaningless";
  if (UNSUPPORTED.has(name)) return "unsupported";
  return MEANINGLESS.has(name) || !SECTIONS.has(section) ? "meaningless" : "unknown";
}

/** All keys of a section that Ansible has, for suggestions. */
export function ansibleKeys(section: string): readonly string[] {
  const prefix = section === "defaults" ? "" : `${section}.`;
  return [...MEANINGLESS, ...UNSUPPORTED]
    .filter((name) => (prefix === "" ? !name.includes(".") : name.startsWith(prefix)))
    .map((name) => name.slice(prefix.length));
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
