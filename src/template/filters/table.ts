import type { Plugin } from "../callable.ts";

/** Filters or tests of one topic, by name. */
export type PluginTable = Readonly<Record<string, Plugin>>;
