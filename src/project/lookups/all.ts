import { config } from "./config.ts";
import { fileglob, filetree, file, firstFound, template, unvault } from "./files.ts";
import { inventoryHostnames } from "./inventory-hostnames.ts";
import type { Lookup } from "./lookup.ts";
import { password } from "./password.ts";
import { env, lines, pipe, url } from "./processes.ts";
import { csvfile, ini } from "./tables.ts";

/** Lookups that read the controller, by name. Those that only rearrange values are in the template engine. */
export const lookups: ReadonlyMap<string, Lookup> = new Map(
  Object.entries({
    config,
    csvfile,
    env,
    file,
    fileglob,
    filetree,
    first_found: firstFound,
    ini,
    inventory_hostnames: inventoryHostnames,
    lines,
    password,
    pipe,
    template,
    unvault,
    url,
  }),
);
