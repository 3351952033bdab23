/** A line of fstab(5). */
export interface FstabEntry {
  readonly src: string;
  readonly path: string;
  readonly fstype: string;
  readonly opts: string;
  readonly dump: string;
  readonly passno: string;
}

export interface EditedFstab {
  readonly text: string;
  /** The entry as it was; undefined when there was none. Its fields are as written, escapes and all. */
  readonly old: FstabEntry | undefined;
}

/** The table with an entry as wanted, at its old place or at the end. Swap has no path: its source tells entries apart. */
export function setFstabEntry(text: string, entry: FstabEntry): EditedFstab {
  const wanted = formatEntry(entry);
  const lines = linesOf(text);
  let old: FstabEntry | undefined;
  const edited = lines.map((line) => {
    const found = parseEntry(line);
    if (!found || !isSameEntry(found, entry)) return line;
    old ??= found;
    return formatFields(found) === wanted ? line : wanted;
  });
  if (!old) edited.push(wanted);
  return { text: joinLines(edited), old };
}

/** The table without the entries of a path. */
export function removeFstabEntry(
  text: string,
  entry: Pick<FstabEntry, "path"> & { readonly src?: string | undefined },
) {
  let old: FstabEntry | undefined;
  const kept = linesOf(text).filter((line) => {
    const found = parseEntry(line);
    if (!found || !isSameEntry(found, entry)) return true;
    old ??= found;
    return false;
  });
  return { text: old ? joinLines(kept) : text, old } satisfies EditedFstab;
}

/** Blanks and the escape itself are written as octal numbers, and `&` too, as Ansible does. */
export function escapeFstab(field: string): string {
  return field.replace(/[\\ &\t\n]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

function parseEntry(line: string): FstabEntry | undefined {
  const fields = line.trim().split(/\s+/);
  const [src, path, fstype, opts, dump = "0", passno = "0"] = fields;
  if (src === undefined || src === "" || src.startsWith("#") || fields.length > 6) return undefined;
  if (path === undefined || fstype === undefined || opts === undefined) return undefined;
  return { src, path, fstype, opts, dump, passno };
}

function isSameEntry(
  found: FstabEntry,
  { path, src }: { readonly path: string; readonly src?: string | undefined },
): boolean {
  if (found.path !== escapeFstab(path)) return false;
  return !(src !== undefined && found.path === "none" && found.fstype === "swap" && found.src !== escapeFstab(src));
}

function formatEntry({ src, path, fstype, opts, dump, passno }: FstabEntry): string {
  return [src, path, fstype, opts, dump, passno].map(escapeFstab).join(" ");
}

function formatFields({ src, path, fstype, opts, dump, passno }: FstabEntry): string {
  return [src, path, fstype, opts, dump, passno].join(" ");
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function joinLines(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
