import { TaskFailure } from "../task/failure.ts";

const permissionBits = 0o7777;
const umask = 0o022;

/** Mode of a new file that nothing is said about. */
export const newFileMode = 0o666 & ~umask;
/** Mode of a new directory that nothing is said about. */
export const newDirectoryMode = 0o777 & ~umask;

/**
 * The permission bits that a mode makes of the present ones: octal digits (`0644`, `2755`) or symbolic (`u=rw,g=r`, `a+rX`), as chmod and
 * Ansible read them.
 */
export function resolveMode(mode: string, current: number, isDirectory: boolean): number {
  const text = mode.trim();
  if (/^0?o?[0-7]+$/.test(text)) {
    const bits = Number.parseInt(text.replace("o", ""), 8);
    if (bits <= permissionBits) return bits;
  }
  let bits = current;
  for (const clause of text.split(",")) {
    const [, who = "", actions = ""] = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause.trim()) ?? [];
    if (actions === "") throw new TaskFailure(`mode must be in octal or symbolic form, got \`${mode}\``);
    for (const [, operator = "", permissions = ""] of actions.matchAll(/([-+=])([rwxXstugo]*)/g)) {
      for (const user of who === "" || who.includes("a") ? "ugo" : who) {
        const wanted = permissionsOf(user as User, permissions, current, isDirectory) & (who === "" ? ~umask : ~0);
        if (operator === "+") bits |= wanted;
        else if (operator === "-") bits &= ~wanted;
        else bits = (bits & ~whole[user as User]) | wanted;
      }
    }
  }
  return bits;
}

/** As chmod takes it. Five digits, since GNU chmod keeps a directory's set-id bits otherwise. */
export function chmodWord(mode: number): string {
  return mode.toString(8).padStart(5, "0");
}

type User = "u" | "g" | "o";
const shift: Readonly<Record<User, number>> = { u: 6, g: 3, o: 0 };
const whole: Readonly<Record<User, number>> = { u: 0o4700, g: 0o2070, o: 0o1007 };

function permissionsOf(user: User, permissions: string, current: number, isDirectory: boolean): number {
  let bits = 0;
  for (const permission of permissions) {
    if (permission === "r") bits |= 4 << shift[user];
    else if (permission === "w") bits |= 2 << shift[user];
    else if (permission === "x") bits |= 1 << shift[user];
    else if (permission === "X") bits |= isDirectory || (current & 0o111) !== 0 ? 1 << shift[user] : 0;
    else if (permission === "s") bits |= user === "u" ? 0o4000 : user === "g" ? 0o2000 : 0;
    else if (permission === "t") bits |= user === "o" ? 0o1000 : 0;
    else bits |= ((current >> shift[permission as User]) & 7) << shift[user];
  }
  return bits;
}
