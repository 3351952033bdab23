import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

export interface ReplaceOptions {
  /** The old content is a secret in the clear: its bytes are overwritten once the new file is in place. */
  readonly shredsOld?: boolean;
  /** Permission bits; by default those of the old file, or 0600. */
  readonly mode?: number;
}

/**
 * Gives a file new content, whole or not at all: a temporary file beside it is written, synced and renamed. Owner stays; a symbolic link
 * is followed.
 */
export function replaceFile(path: string, content: Uint8Array, options: ReplaceOptions = {}): void {
  const old = statSync(path, { throwIfNoEntry: false });
  const target = old ? realpathSync(path) : path;
  const oldFile = old && options.shredsOld ? openSync(target, constants.O_RDWR) : undefined;
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}`);
  try {
    const file = openSync(temporary, "wx", 0o600);
    try {
      writeAll(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (old) chownSync(temporary, old.uid, old.gid);
    chmodSync(temporary, options.mode ?? (old ? old.mode & 0o7777 : 0o600));
    renameSync(temporary, target);
    if (oldFile !== undefined) shred(oldFile);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    if (oldFile !== undefined) closeSync(oldFile);
  }
}

/** Best effort, as with shred(1): journals and flash memory may keep copies. A file with further names is left as it is. */
function shred(file: number): void {
  const { size, nlink } = fstatSync(file);
  if (nlink > 0) return;
  for (let at = 0; at < size; at += 65_536) writeAll(file, randomBytes(Math.min(65_536, size - at)), at);
  fsyncSync(file);
}

function writeAll(file: number, bytes: Uint8Array, position?: number): void {
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(file, bytes, at, bytes.length - at, position === undefined ? null : position + at);
  }
}
