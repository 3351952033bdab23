import { expect } from "chai";
import { Inventory } from "../../src/inventory/inventory.ts";
import { loadInventory } from "../../src/inventory/load-inventory.ts";
import type { InventoryWarning } from "../../src/inventory/match-hosts.ts";
import { readLimit } from "../../src/inventory/match-hosts.ts";
import { rangeInValue, rangeOfKey } from "../../src/yaml/positions.ts";
import { problemsOf, textAt } from "../playbook/problems-of.ts";
import { memoryFiles } from "./memory-files.ts";

const text = "web: {hosts: {web1: , web2: , web3: }}\ndb: {hosts: {db1: }}\nprod: {children: {web: , db: }}\n";

function names(inventory: Inventory, pattern: string, limit?: string): string[] {
  return inventory.match(pattern, limit).map(({ name }) => name);
}

function load(hosts: string, warn?: (warning: InventoryWarning) => void): Inventory {
  return loadInventory(["/hosts.yml"], memoryFiles({ "/hosts.yml": hosts }), warn ? { warn } : {});
}

describe("Inventory.match", () => {
  it("narrows a pattern by a limit", () => {
    expect(names(load(text), "prod", "web2:db")).to.deep.equal(["web2", "db1"]);
    expect(names(load(text), "web", "!web1")).to.deep.equal(["web2", "web3"]);
  });

  it("warns about a term that matches nothing, and refuses a limit that matches nothing at all", () => {
    const warnings: InventoryWarning[] = [];
    const inventory = load(text, (warning) => warnings.push(warning));
    expect(names(inventory, "wbe:db")).to.deep.equal(["db1"]);
    expect(warnings).to.deep.equal([
      { message: "no host and no group matches `wbe`", hint: "did you mean `web`?", at: undefined },
    ]);
    expect(problemsOf(() => inventory.match("all", "web9"))).to.deep.equal([
      "nowhere E_LIMIT no host and no group matches `web9` | did you mean `web`?",
    ]);
  });

  it("reads limits from a file", () => {
    const limit = readLimit(["@retry", "db1"], () => "web1\nweb2\n\n");
    expect(limit).to.deep.equal(["web1", "web2", "db1"]);
    expect(load(text).match("all", limit)).to.have.length(3);
  });

  it("knows this machine without an inventory, outside of `all`", () => {
    const inventory = load(text);
    expect(names(inventory, "localhost")).to.deep.equal(["localhost"]);
    expect(names(inventory, "all")).to.not.include("localhost");
    expect(inventory.host("localhost")?.isImplicit).to.equal(true);
    expect(inventory.layersFor("localhost").at(-1)?.values).to.deep.equal({ ansible_connection: "local" });
    expect(inventory.groupNames("localhost")).to.deep.equal([]);
  });

  it("says when a pattern is no regular expression", () => {
    expect(problemsOf(() => load(text).match("~web("))).to.deep.equal([
      "nowhere E_HOST_PATTERN `~web(` is no valid pattern",
    ]);
  });
});

describe("inventory variables", () => {
  it("puts layers in Ansible's order", () => {
    const files = memoryFiles({
      "/inv/hosts.yml": "all: {vars: {o: 1}}\nweb: {vars: {o: 1}, hosts: {a: {o: 1}}}\n",
      "/inv/group_vars/all.yml": "o: 1\n",
      "/inv/group_vars/web.yml": "o: 1\n",
      "/inv/host_vars/a.yml": "o: 1\n",
      "/play/group_vars/all.yml": "o: 1\n",
      "/play/group_vars/web.yml": "o: 1\n",
      "/play/host_vars/a/b.yml": "o: 1\n",
    });
    const inventory = loadInventory(["/inv/hosts.yml"], files, { playbookDirectory: "/play" });
    expect(inventory.layersFor("a").map(({ name }) => name)).to.deep.equal([
      "inv/hosts.yml: group all",
      "inv/hosts.yml: group web",
      "inv/group_vars/all.yml",
      "play/group_vars/all.yml",
      "inv/group_vars/web.yml",
      "play/group_vars/web.yml",
      "inv/hosts.yml: host a",
      "inv/host_vars/a.yml",
      "play/host_vars/a/b.yml",
    ]);
  });

  it("keeps the place of values in YAML and INI", () => {
    const files = memoryFiles({ "/h": "[web]\na port=80 url='http://{{ name }}/'\n[web:vars]\ncolour = {{ x }}\n" });
    const inventory = loadInventory(["/h"], files);
    const [group, host] = inventory.layersFor("a");
    expect(textAt(rangeOfKey(host?.values, "port"))).to.equal("port");
    expect(textAt(rangeInValue(host?.values, "url", 10, 14))).to.equal("name");
    expect(textAt(rangeInValue(group?.values, "colour", 3, 4))).to.equal("x");
  });

  it("takes values of programs as data", () => {
    const program = (args: readonly string[]) => ({
      stdout: args[0] === "--list" ? '{"web": {"hosts": ["a"], "vars": {"x": "{{ evil }}"}}}' : '{"y": 1}',
      stderr: "",
      exitCode: 0,
    });
    const layers = loadInventory(["/cloud"], memoryFiles({ "/cloud": program })).layersFor("a");
    expect(layers).to.deep.equal([
      { name: "/cloud: group web", values: { x: "{{ evil }}" }, trusted: false },
      { name: "/cloud: host a", values: { y: 1 }, trusted: false },
    ]);
  });

  it("reads files without extension as what they are", () => {
    const read = (body: string): string[] => [
      ...loadInventory(["/hosts"], memoryFiles({ "/hosts": body })).hosts.keys(),
    ];
    expect(read("web1\nweb2 x=1\n")).to.deep.equal(["web1", "web2"]);
    expect(read("# x\n\n[web]\nweb1\n")).to.deep.equal(["web1"]);
    expect(read("---\nall:\n  hosts:\n    web1:\n")).to.deep.equal(["web1"]);
    expect(read('{"all": {"hosts": {"web1": {}}}}')).to.deep.equal(["web1"]);
    expect(read("")).to.deep.equal([]);
  });
});

describe("an inventory that changes during a run", () => {
  it("adds hosts and groups as add_host does", () => {
    const inventory = load(text);
    const before = inventory.version;
    expect(inventory.addHost("new", ["web", "fresh"], { x: "{{ no }}" })).to.equal(true);
    expect(inventory.version).to.be.greaterThan(before);
    expect(names(inventory, "fresh")).to.deep.equal(["new"]);
    expect(names(inventory, "prod")).to.include("new");
    expect(inventory.groupNames("new")).to.deep.equal(["fresh", "prod", "web"]);
    expect(inventory.layersFor("new")).to.deep.equal([
      { name: "add_host new", values: { x: "{{ no }}" }, trusted: false },
    ]);
    expect(inventory.addHost("new", ["web"])).to.equal(false);
  });

  it("groups hosts as group_by does", () => {
    const inventory = load(text);
    expect(inventory.addToGroup("web1", "os_debian", ["linux"])).to.equal(true);
    expect(inventory.addToGroup("web1", "os_debian", ["linux"])).to.equal(false);
    expect(inventory.groupMembers()).to.deep.include({ os_debian: ["web1"], linux: ["web1"] });
    expect(inventory.groupNames("web1")).to.deep.equal(["linux", "os_debian", "prod", "web"]);
  });

  it("moves a host out of `ungrouped` when it gets a group", () => {
    const inventory = load("all: {hosts: {a: }}\n");
    expect(inventory.groupNames("a")).to.deep.equal(["ungrouped"]);
    inventory.addToGroup("a", "web");
    expect(inventory.groupNames("a")).to.deep.equal(["web"]);
  });

  it("answers for two thousand hosts in forty groups without delay", () => {
    const inventory = new Inventory();
    const start = performance.now();
    for (let host = 0; host < 2000; host++) {
      for (let group = 0; group < 3; group++) inventory.declareHost(`h${host}`, { group: `g${(host + group) % 40}` });
    }
    inventory.settle();
    for (const { name } of inventory.match("all")) inventory.layersFor(name);
    expect(inventory.match("g1:&g2")).to.have.length(100);
    expect(performance.now() - start).to.be.lessThan(1000);
  });
});

describe("errors in inventories", () => {
  const yaml: [name: string, text: string, ...expected: string[]][] = [
    [
      "an unknown key",
      "web:\n  host: {a: }\n",
      "2:3 E_INVENTORY unknown key `host` in group `web` | did you mean `hosts`?",
    ],
    [
      "a variable among the keys",
      "web:\n  hosts: {a: }\n  http_port: 80\n",
      "3:3 E_INVENTORY unknown key `http_port` in group `web` | a variable stands under `vars:`",
    ],
    [
      "a group among the keys",
      "all:\n  web: {hosts: {a: }}\n",
      "2:3 E_INVENTORY unknown key `web` in group `all` | a group inside of `all` stands under `children:`",
    ],
    [
      "a list of hosts",
      "web:\n  hosts: [a, b]\n",
      "2:10 E_INVENTORY `hosts` of group `web`: expected a mapping, got a list | write names as keys: `a:`",
    ],
    [
      "a host that is text",
      "web:\n  hosts:\n    a: 192.0.2.1\n",
      "3:8 E_INVENTORY host `a`: expected a mapping of variables, got `192.0.2.1` | ansible_host: 192.0.2.1",
    ],
    [
      "hosts without a group",
      "hosts:\n  a:\n",
      "1:1 E_INVENTORY `hosts` stands where a group's name is expected | put it under a group, such as `all:`",
    ],
    ["a wrong range", 'web:\n  hosts: {"a[5:1]": }\n', "2:11 E_INVENTORY range `[5:1]` ends before it begins"],
    [
      "a circle of groups",
      "a: {children: {b: {children: {a: }}}}\n",
      "1:31 E_GROUP_CYCLE group `a` cannot be a child of `b`, which it contains",
    ],
    ["a list of groups", "- web\n", "1:1 E_INVENTORY expected a mapping of groups | all:\n  hosts:\n    web1:"],
    [
      "a plugin of a cloud",
      "plugin: aws_ec2\n",
      "1:9 E_INVENTORY_PLUGIN no inventory plugin `aws_ec2` | built in are `constructed` and `generator`; for others use a program that prints JSON",
    ],
  ];
  for (const [name, body, ...expected] of yaml) {
    it(`reports ${name}`, () => {
      expect(problemsOf(() => load(body))).to.deep.equal(expected);
    });
  }

  it("reports all that is wrong with an INI file", () => {
    const body = '[web]\na port\nb x="1\n[web:var]\n[db:children]\nwbe\n[cache:vars]\nx=1\nno assignment\n';
    expect(problemsOf(() => loadInventory(["/h.ini"], memoryFiles({ "/h.ini": body })))).to.deep.equal([
      "2:3 E_INVENTORY expected `name=value`, got `port`",
      '3:1 E_INVENTORY a quote stays open in this line | quote the value as a whole: name="a b"',
      "4:1 E_INVENTORY unknown kind of section `var` | did you mean `vars`?",
      "9:1 E_INVENTORY expected `name = value`, got `no assignment`",
      "6:1 E_INVENTORY `[db:children]` names a group `wbe` that nothing declares | did you mean `web`?",
      "7:1 E_INVENTORY variables of a group `cache` that nothing declares | add a section `[cache]`",
    ]);
  });

  it("reports programs that fail or talk nonsense", () => {
    const failing = (result: { stdout?: string; stderr?: string; exitCode?: number }) =>
      problemsOf(() =>
        loadInventory(["/p"], memoryFiles({ "/p": () => ({ stdout: "", stderr: "", exitCode: 0, ...result }) })),
      );
    expect(failing({ exitCode: 3, stderr: "no token\n" })).to.deep.equal([
      "nowhere E_INVENTORY_PROGRAM inventory program `/p`: `--list` ended with exit code 3: no token | /p --list",
    ]);
    expect(failing({ stdout: "hello" })).to.deep.equal([
      "nowhere E_INVENTORY_PROGRAM inventory program `/p`: `--list` printed no JSON | /p --list",
    ]);
    expect(failing({ stdout: '{"web": {"hosts": "a"}}' })).to.deep.equal([
      "nowhere E_INVENTORY_PROGRAM inventory program `/p`: `hosts` of group `web`: expected a list of names | /p --list",
    ]);
  });

  it("reports sources that are not there, with a comma for who meant a host", () => {
    expect(problemsOf(() => loadInventory(["/srv/pi"], memoryFiles({})))).to.deep.equal([
      "nowhere E_NO_INVENTORY no inventory `/srv/pi` | for a single host add a comma: -i pi,",
    ]);
  });
});
