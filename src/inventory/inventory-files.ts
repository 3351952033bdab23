import type { SourceFile } from "../lib/source.ts";

/** What an inventory needs of the disk; given from outside, so that this room does no I/O. Paths are absolute. */
export interface InventoryFiles {
  kind(path: string): "file" | "directory" | undefined;
  /** Text of a file, vault files opened. Throws when it cannot be read. */
  source(path: string): SourceFile;
  /** Names in a directory. */
  list(directory: string): readonly string[];
  isExecutable(path: string): boolean;
  /** Runs an inventory program. */
  run(program: string, args: readonly string[]): ProgramResult;
}

export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined when it could not be started or was killed. */
  readonly exitCode: number | undefined;
}
