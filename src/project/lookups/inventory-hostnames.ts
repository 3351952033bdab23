import type { Lookup } from "./lookup.ts";

/** `lookup('inventory_hostnames', 'web:!web3')`: hosts that a pattern chooses, whether or not they are in the play. */
export const inventoryHostnames: Lookup = (terms, _options, context) =>
  terms.length === 0 ? [] : context.hosts(terms.map(String).join(","));
