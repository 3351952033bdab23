/** One member of an archive. */
export interface ArchiveEntry {
  /** As the archive names it, without a slash at its end. */
  readonly path: string;
  readonly type: "file" | "directory" | "link" | "other";
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Of archives that keep them. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Of a file. */
  readonly content: Uint8Array;
  /** Of a symbolic link. */
  readonly linkTarget?: string | undefined;
}
