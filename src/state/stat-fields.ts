import type { FileState } from "./file.ts";

/** The members of `stat` that one look at the file tells, with Python's names. */
export function statFields(state: FileState): Readonly<Record<string, unknown>> {
  const { type, mode } = state;
  // A state that check mode predicts has none.
  const access = (state.access as string | undefined) ?? expectedAccess(mode);
  const has = (bits: number) => (mode & bits) !== 0;
  const fields: Record<string, unknown> = {
    mode: mode.toString(8).padStart(4, "0"),
    isdir: type === "directory",
    ischr: type === "character",
    isblk: type === "block",
    isreg: type === "file",
    isfifo: type === "fifo",
    islnk: type === "link",
    issock: type === "socket",
    uid: state.uid,
    gid: state.gid,
    size: state.size,
    inode: state.inode,
    dev: state.device,
    nlink: state.links,
    atime: state.atime,
    mtime: state.mtime,
    ctime: state.ctime,
    blocks: state.blocks,
    wusr: has(0o200),
    rusr: has(0o400),
    xusr: has(0o100),
    wgrp: has(0o020),
    rgrp: has(0o040),
    xgrp: has(0o010),
    woth: has(0o002),
    roth: has(0o004),
    xoth: has(0o001),
    isuid: has(0o4000),
    isgid: has(0o2000),
    readable: access[0] === "r",
    writeable: access[1] === "w",
    executable: access[2] === "x",
    ...(type === "link" && { lnk_source: state.realPath, lnk_target: state.linkTarget }),
    // An owner without an account has only a number.
    ...(state.owner !== String(state.uid) && { pw_name: state.owner }),
    ...(state.group !== String(state.gid) && { gr_name: state.group }),
  };
  // Under --check some members of a file that is not there yet cannot be told.
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && typeof value !== "symbol"),
  );
}

function expectedAccess(mode: number): string {
  return `rw${(mode & 0o111) !== 0 ? "x" : "-"}`;
}
