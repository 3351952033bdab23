const recorded = "runs on the controller: compared with recorded playbooks of Ansible in `test/conformance`";

/** Modules without a table here, and where else they are compared with Ansible's; or why they cannot be. */
export const comparedElsewhere: Readonly<Record<string, string>> = {
  add_host: recorded,
  apache2_module: "Apache would alter what the other cases see of the host: the laws run it on a host with Apache",
  apk: "there is no host with apk to run Ansible on: tested from recorded output",
  assert: recorded,
  debug: recorded,
  fail: recorded,
  group_by: recorded,
  include_role: recorded,
  include_tasks: recorded,
  include_vars: recorded,
  meta: recorded,
  nomad_job: "neither Nomad nor Ansible's library for it is in Debian: tested with a server that speaks Nomad's API",
  pacman: "Debian has the program, but nothing for it to install: tested from recorded output",
  set_fact: recorded,
  set_stats: recorded,
  validate_argument_spec: recorded,
};
