/** Ansible's exit codes, so that scripts carry over. Documented in docs/exit-codes.md. */
export const EXIT = {
  ok: 0,
  /** Wrong usage, or a project that does not check: no host was touched. */
  usage: 1,
  failed: 2,
  unreachable: 4,
  interrupted: 99,
  internal: 250,
} as const;
