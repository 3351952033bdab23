import { expect } from "chai";
import { graphText, hostJson, listJson } from "../../src/cli/inventory-text.ts";
import type { Host } from "../../src/inventory/host.ts";
import type { InventoryFiles } from "../../src/inventory/inventory-files.ts";
import { loadInventory } from "../../src/inventory/load-inventory.ts";

const text = `
[web]
web1 a=1
web2
[db]
db1
[prod:children]
web
db
[prod:vars]
x=y
`;

const files: InventoryFiles = {
  kind: (path) => (path === "/inv" ? "file" : undefined),
  source: (path) => ({ path, text }),
  list: () => [],
  isExecutable: () => false,
  run: () => ({ stdout: "", stderr: "", exitCode: 1 }),
};

// What `ansible-inventory` 2.14 prints for the same file.
describe("inventory as text", () => {
  const inventory = loadInventory(["/inv"], files);

  it("draws the tree as ansible-inventory --graph does", () => {
    expect(graphText(inventory, "all", false)).to.equal(`@all:
  |--@ungrouped:
  |--@prod:
  |  |--@web:
  |  |  |--web1
  |  |  |--web2
  |  |--@db:
  |  |  |--db1
`);
    expect(graphText(inventory, "web", false)).to.equal("@web:\n  |--web1\n  |--web2\n");
  });

  it("draws variables at hosts and groups", () => {
    expect(graphText(inventory, "prod", true)).to.equal(`@prod:
  |--@web:
  |  |--web1
  |  |  |--{a = 1}
  |  |  |--{x = y}
  |  |--web2
  |  |  |--{x = y}
  |--@db:
  |  |--db1
  |  |  |--{x = y}
  |--{x = y}
`);
  });

  it("lists everything as inventory programs do", () => {
    expect(JSON.parse(listJson(inventory, false))).to.deep.equal({
      _meta: { hostvars: { db1: { x: "y" }, web1: { a: 1, x: "y" }, web2: { x: "y" } } },
      all: { children: ["ungrouped", "prod"] },
      db: { hosts: ["db1"] },
      prod: { children: ["web", "db"] },
      web: { hosts: ["web1", "web2"] },
    });
  });

  it("keeps variables with their groups in an export", () => {
    expect(JSON.parse(listJson(inventory, true))).to.deep.equal({
      _meta: { hostvars: { web1: { a: 1 } } },
      all: { children: ["ungrouped", "prod"] },
      db: { hosts: ["db1"] },
      prod: { children: ["web", "db"], vars: { x: "y" } },
      web: { hosts: ["web1", "web2"] },
    });
  });

  it("shows all variables of a host", () => {
    expect(hostJson(inventory, inventory.host("web1") as Host)).to.equal('{\n    "a": 1,\n    "x": "y"\n}\n');
  });
});
