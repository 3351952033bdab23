import type { Command, CommandBody } from "./command.ts";

/** A command before its code is loaded: all that `tsrun --help` and completion need. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandBody>;
}

export async function loadCommand({ name, summary, load }: CommandEntry): Promise<Command> {
  return { ...(await load()), name, summary };
}

/** Every command of the program, in the order of its help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "playbook",
    summary: "Run playbooks",
    load: async () => (await import("./playbook.ts")).playbookCommand,
  },
  {
    name: "run",
    summary: "Run one module on some hosts",
    load: async () => (await import("./ad-hoc.ts")).adHocCommand,
  },
  {
    name: "inventory",
    summary: "Show hosts, groups and their variables",
    load: async () => (await import("./inventory.ts")).inventoryCommand,
  },
  {
    name: "vars",
    summary: "Show a host's variables and which source won",
    load: async () => (await import("./vars.ts")).varsCommand,
  },
  {
    name: "vault",
    summary: "Encrypt and decrypt files and values",
    load: async () => (await import("./vault/vault.ts")).vaultCommand,
  },
  {
    name: "config",
    summary: "Show the settings and where they come from",
    load: async () => (await import("./config.ts")).configCommand,
  },
  {
    name: "doc",
    summary: "Show what modules do, and their parameters",
    load: async () => (await import("./doc/doc.ts")).docCommand,
  },
  {
    name: "schema",
    summary: "Write JSON Schemas, so that editors complete and check",
    load: async () => (await import("./schema.ts")).schemaCommand,
  },
  {
    name: "new",
    summary: "Begin a module, role or playbook",
    load: async () => (await import("./new/new.ts")).newCommand,
  },
  {
    name: "lab",
    summary: "Throw-away Debian hosts in containers, to try playbooks on",
    load: async () => (await import("./lab.ts")).labCommand,
  },
];
