import { actingModules } from "./acting-modules.ts";
import { fileModules } from "./file-modules.ts";
import type { ModuleLaws } from "./law.ts";
import { readingModules } from "./reading-modules.ts";
import { systemModules } from "./system-modules.ts";

/** The table: every module that describes a state, with what tests of the laws need, by name. */
export const modulesUnderLaw: Readonly<Record<string, ModuleLaws>> = Object.fromEntries(
  Object.entries({ ...actingModules, ...fileModules, ...readingModules, ...systemModules }).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  ),
);
