import { fileModules } from "./file-modules.ts";
import type { ModuleLaws } from "./law.ts";
import { readingModules } from "./reading-modules.ts";
import { systemModules } from "./system-modules.ts";

/** The table: every resource module with what tests of the laws need, by name. */
export const modulesUnderLaw: Readonly<Record<string, ModuleLaws>> = Object.fromEntries(
  Object.entries({ ...fileModules, ...readingModules, ...systemModules }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
);
