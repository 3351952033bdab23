import { actingModules } from "./acting-modules.ts";
import { fileModules } from "./file-modules.ts";
import { databaseModules } from "./database-modules.ts";
import { dockerModules } from "./docker-modules.ts";
import type { LawHostKind, ModuleLaws } from "./law.ts";
import { readingModules } from "./reading-modules.ts";
import { systemModules } from "./system-modules.ts";

/** The table: every module that describes a state, with what tests of the laws need, by name. */
export const modulesUnderLaw: Readonly<Record<string, ModuleLaws>> = Object.fromEntries(
  Object.entries({
    ...actingModules,
    ...databaseModules,
    ...dockerModules,
    ...fileModules,
    ...readingModules,
    ...systemModules,
  }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
);

/** Those of the table that are tested on such a host. */
export function modulesOn(host: LawHostKind): readonly (readonly [name: string, laws: ModuleLaws])[] {
  return Object.entries(modulesUnderLaw).filter(([, laws]) => laws.host === host);
}
