/** One source of variables: a file, a play's `vars`, a host's facts. */
export interface VarsLayer {
  /** As `tsrun vars --explain` names it: `role defaults consul`, `group_vars/web`, `extra vars`. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * True when the people who wrote the project wrote these values: strings may be templates. Values that came from a host, the
   * environment or an inventory program are data for ever.
   */
  readonly trusted: boolean;
}
