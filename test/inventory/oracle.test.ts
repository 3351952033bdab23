import { expect } from "chai";
import { readFileSync } from "node:fs";
import { Float } from "../../src/lib/float.ts";
import { graphText, listJson } from "../../src/cli/inventory-text.ts";
import type { Inventory } from "../../src/inventory/inventory.ts";
import { loadInventory } from "../../src/inventory/load-inventory.ts";
import { UnsafeText } from "../../src/yaml/unsafe-text.ts";
import { memoryFiles } from "./memory-files.ts";
import { pluginTools } from "./plugin-tools.ts";

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly executable: readonly string[];
  readonly sources: readonly string[];
  readonly groups: Readonly<
    Record<string, { readonly hosts?: readonly string[]; readonly children?: readonly string[] }>
  >;
  readonly hostvars: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly patterns: Readonly<Record<string, readonly string[]>>;
  /** What ansible-inventory prints, by its arguments. */
  readonly texts: Readonly<Record<string, string>>;
}

const cases = JSON.parse(readFileSync(new URL("oracle/ansible-inventory.json", import.meta.url), "utf8")) as Case[];

function load(one: Case): Inventory {
  const entries = Object.entries(one.files).map(([name, text]) => {
    // A program of the oracle prints what stands between its two lines with EOF.
    const program = (args: readonly string[]) => ({
      stdout: args[0] === "--list" ? (text.split(/.*EOF.*\n/)[1] ?? "") : "{}",
      stderr: "",
      exitCode: 0,
    });
    return [`/${name}`, one.executable.includes(name) ? program : text] as const;
  });
  const files = memoryFiles(Object.fromEntries(entries));
  const sources = one.sources.map((source) => (source.includes(",") ? source : `/${source}`));
  return loadInventory(sources, files, { tools: pluginTools });
}

function variables(inventory: Inventory, host: string): unknown {
  const merged = Object.assign({}, ...inventory.layersFor(host).map(({ values }) => values)) as Record<string, unknown>;
  delete merged["ansible_group_priority"];
  return plain(merged);
}

/** JSON's view: whole floats and big integers are numbers. */
function plain(value: unknown): unknown {
  if (value instanceof Float || typeof value === "bigint") return Number(value);
  if (value instanceof UnsafeText) return { __ansible_unsafe: value.value };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe("inventory against Ansible", () => {
  for (const one of cases) {
    it(`gives the same groups: ${one.name}`, () => {
      const inventory = load(one);
      for (const [name, { hosts = [], children = [] }] of Object.entries(one.groups)) {
        const group = inventory.groups.get(name);
        // ansible-inventory does not list the hosts that stand directly in `all`.
        const direct = [...(group?.hosts ?? [])].map((host) => host.name);
        if (name !== "all") expect(direct.sort(), name).to.deep.equal([...hosts].sort());
        const ours = [...(group?.children ?? [])].map((child) => child.name);
        expect(ours.sort(), name).to.deep.equal([...children].sort());
      }
    });

    it(`gives every host the same variables: ${one.name}`, () => {
      const inventory = load(one);
      for (const host of inventory.hosts.keys()) {
        expect(variables(inventory, host), host).to.deep.equal(plain(one.hostvars[host] ?? {}));
      }
      for (const host of Object.keys(one.hostvars)) expect(inventory.hosts.has(host), host).to.equal(true);
    });

    for (const [argument, text] of Object.entries(one.texts)) {
      it(`prints the same with ${argument}: ${one.name}`, () => {
        const inventory = load(one);
        const ours = argument.startsWith("--list")
          ? listJson(inventory, argument.includes("--export"))
          : graphText(inventory, "all", argument.includes("--vars"));
        expect(ours).to.equal(text);
      });
    }

    for (const [pattern, hosts] of Object.entries(one.patterns)) {
      it(`matches ${pattern}: ${one.name}`, () => {
        expect(
          load(one)
            .match(pattern)
            .map(({ name }) => name),
        ).to.deep.equal(hosts);
      });
    }
  }
});
