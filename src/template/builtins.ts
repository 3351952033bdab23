import type { Environment } from "./environment.ts";
import { builtinFilters } from "./filters/index.ts";
import { builtinGlobals } from "./globals.ts";
import { ansibleTests } from "./tests/ansible.ts";
import { fileTests } from "./tests/files.ts";
import { jinjaTests } from "./tests/jinja.ts";

/**
 * An environment with every filter, test and global of the engine; what is impure (clock, lookups, files) comes from the
 * caller. Make one for a whole run: compiled templates remember what they found in it.
 */
export function createEnvironment(own: Partial<Environment> = {}): Environment {
  return {
    ...own,
    filters: new Map([...builtinFilters(), ...(own.filters ?? [])]),
    tests: new Map([...Object.entries({ ...jinjaTests, ...ansibleTests, ...fileTests }), ...(own.tests ?? [])]),
    globals: new Map([...builtinGlobals(), ...(own.globals ?? [])]),
  };
}
