import { type FileState, findPath } from "../state/file.ts";
import { directoryOf, nameOf } from "../state/host-path.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";
import { chmodWord } from "./file-mode.ts";

/** An owner as chown takes it, and permission bits; what is left out stays. */
export interface NewAttributes {
  readonly owner?: string | undefined;
  readonly mode?: number | undefined;
}

type Identity = Pick<FileState, "type" | "device" | "inode">;

/**
 * Gives an owner and a mode to what was observed at a path, and to nothing else: who may write the directory could put a link there
 * meanwhile, which root's chmod would follow (CVE-2024-9902). A file or directory is held open and its inode compared; a link or a
 * device, which cannot be opened so, is compared from within its directory, right before.
 */
export function setAttributes(path: string, current: Identity, wanted: NewAttributes): Sh {
  if (canBeHeld(current))
    return onHeld(path, current, (target, isPath) => alter(target, isPath ? "-h" : undefined, wanted));
  const name = sh`${`./${nameOf(path)}`}`;
  return sh`( cd -- ${directoryOf(findPath(path))} || exit
i=$(stat -c %d:%i ${name}); [ "$i" = ${identity(current)} ] || ${refusal(path)}
${alter(name, "-h", wanted)} )`;
}

/** A command on the file or directory that was observed at a path, held open meanwhile; fails when another lies there now. */
export function onHeld(path: string, current: Identity, command: (target: Sh, isPath: boolean) => Sh): Sh {
  const word = findPath(path);
  // Who is not root may own a file that it cannot read, and can do no harm.
  return sh`if [ ! -r ${word} ] && [ "$(id -u)" != 0 ]; then
${command(sh`${word}`, true)}
else { [ "$(stat -Lc %d:%i /proc/self/fd/3)" = ${identity(current)} ] || ${refusal(path)}
${command(sh`/proc/self/fd/3`, false)}; } 3<${word}; fi`;
}

/** A shell has names for seven more descriptors. */
const heldAtOnce = 7;
const held = Array.from({ length: heldAtOnce }, (_, index) => `/proc/self/fd/${index + 3}`);

/** As {@link setAttributes}, for the modes of many entries below one directory: a few processes for every seven. Links have no mode. */
export function setModes(entries: readonly (Identity & { readonly path: string; readonly newMode: number })[]): Sh {
  const isOpen = entries.filter(canBeHeld);
  const modes = [...new Set(isOpen.map(({ newMode }) => newMode))];
  const batches = modes.flatMap((mode) => {
    const same = isOpen.filter(({ newMode }) => newMode === mode);
    return Array.from({ length: Math.ceil(same.length / heldAtOnce) }, (_, index) => {
      const batch = same.slice(index * heldAtOnce, (index + 1) * heldAtOnce);
      const last = batch.at(-1) as (typeof batch)[number];
      const ids = held.map((_name, at) => identity(batch[at] ?? last)).join("\n");
      return sh`batch ${chmodWord(mode)} ${ids} ${batch.map(({ path }) => findPath(path))}`;
    });
  });
  return shLines([
    batches.length > 0 &&
      sh`replaced() { printf 'replaced meanwhile, so that its mode was not set: one of %s\n' "$*" >&2; exit 1; }
batch() { m=$1 i=$2; shift 2
{ n=$(stat -Lc %d:%i ${held}); [ "$n" = "$i" ] || replaced "$@"
chmod "$m" ${held} || exit; } 3<"$1" 4<"\${2-$1}" 5<"\${3-\${2-$1}}" 6<"\${4-\${3-\${2-$1}}}" 7<"\${5-\${4-\${3-\${2-$1}}}}" 8<"\${6-\${5-\${4-\${3-\${2-$1}}}}}" 9<"\${7-\${6-\${5-\${4-\${3-\${2-$1}}}}}}" || exit; }`,
    ...batches,
    ...entries
      .filter((entry) => !canBeHeld(entry) && entry.type !== "link")
      .map((entry) => setAttributes(entry.path, entry, { mode: entry.newMode })),
  ]);
}

function canBeHeld({ type }: Identity): boolean {
  return type === "file" || type === "directory";
}

function identity({ device, inode }: Identity): string {
  return `${device}:${inode}`;
}

function alter(target: Sh, followNot: "-h" | undefined, { owner = "", mode }: NewAttributes): Sh {
  return shLines([
    owner !== "" && sh`chown ${followNot} -- ${owner} ${target} || exit`,
    mode !== undefined && sh`chmod ${chmodWord(mode)} -- ${target} || exit`,
  ]);
}

function refusal(path: string): Sh {
  return sh`{ printf '%s was replaced meanwhile, so that nothing was set\n' ${path} >&2; exit 1; }`;
}
