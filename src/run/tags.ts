/**
 * Whether a task with these tags is wanted. `only` and `skip` are what `--tags` and `--skip-tags` say; the special words are Ansible's:
 * `always` and `never` on tasks, `tagged`, `untagged` and `all` on the command line.
 */
export function isSelected(tags: readonly string[], only: readonly string[], skip: readonly string[]): boolean {
  const own = new Set(tags);
  const isTagged = own.size > 0;
  const names = only.length === 0 ? ["all"] : only;
  const wanted =
    own.has("always") ||
    (names.includes("all") && !own.has("never")) ||
    names.some((name) => own.has(name)) ||
    (names.includes("tagged") && isTagged && !own.has("never")) ||
    (names.includes("untagged") && !isTagged);
  if (!wanted) return false;
  // `--skip-tags all` spares `always`, unless that is named too.
  if (skip.includes("all")) return own.has("always") && !skip.includes("always");
  if (skip.some((name) => own.has(name))) return false;
  return !(skip.includes("tagged") && isTagged) && !(skip.includes("untagged") && !isTagged);
}
