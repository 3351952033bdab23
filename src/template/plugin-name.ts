/** Namespaces whose filters and tests the engine has itself; `ansible.builtin.combine` is `combine`. */
const NAMESPACES = /^(?:ansible\.(?:builtin|legacy|utils|netcommon|posix|windows)|community\.(?:general|crypto))\./;

/** A filter, test or lookup by short or fully qualified name. */
export function findPlugin<T>(known: ReadonlyMap<string, T>, name: string): T | undefined {
  return known.get(name) ?? known.get(shortName(name));
}

/** `ansible.builtin.combine` to `combine`; names of other collections stay as they are. */
export function shortName(name: string): string {
  return name.replace(NAMESPACES, "");
}
