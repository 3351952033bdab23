import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { runMain } from "../../cli/run-main.ts";
import { LanguageServer } from "./language-server.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const ownModule = `import { defineTask, z } from "tsrun";
export default defineTask({
  name: "motd",
  summary: "Set the message of the day",
  args: z.object({ text: z.string().describe("The message"), level: z.enum(["plain", "loud"]).default("plain") }),
  observe: () => ({}),
  plan: () => [],
});
`;
const argumentSpecs = `argument_specs:
  main:
    options:
      shop_port: {type: int, description: Where the shop listens, default: 8080}
      shop_theme: {type: str, choices: [plain, dark]}
`;

describe("tsrun schema", () => {
  let folder = "";
  const schema = (name: string): string => join(folder, ".tsrun/schema", `${name}.json`);
  const put = (name: string, text: string): void => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  };

  before(async function () {
    this.timeout(20_000);
    folder = mkdtempSync(join(tmpdir(), "tsrun-schema-"));
    put("tasks/motd.ts", ownModule);
    put("roles/shop/meta/argument_specs.yaml", argumentSpecs);
    const { stdout, stderr, exitCode } = await runMain(["schema"], folder);
    expect({ stderr, exitCode }).to.deep.equal({ stderr: "", exitCode: 0 });
    expect(stdout).to.contain("# yaml-language-server: $schema=../.tsrun/schema/playbook.json");
  });

  after(() => rmSync(folder, { recursive: true }));

  it("writes a schema for each kind of file, whose references all lead somewhere", () => {
    expect(readdirSync(join(folder, ".tsrun/schema")).sort()).to.deep.equal(
      ["handlers", "inventory", "playbook", "tasks", "vars"].map((name) => `${name}.json`),
    );
    for (const name of ["handlers", "inventory", "playbook", "tasks", "vars"]) {
      const text = readFileSync(schema(name), "utf8");
      const { $defs = {} } = JSON.parse(text) as { $defs?: Record<string, unknown> };
      for (const [, wanted = ""] of text.matchAll(/"#\/\$defs\/(\w+)"/g)) expect($defs, name).to.have.property(wanted);
    }
  });

  it("knows the project's modules and the roles' arguments", () => {
    const { $defs } = JSON.parse(readFileSync(schema("tasks"), "utf8")) as { $defs: Record<string, object> };
    expect($defs["module_motd"]).to.have.nested.property("properties.text.description", "The message");
    const { properties } = JSON.parse(readFileSync(schema("vars"), "utf8")) as { properties: Record<string, object> };
    expect(properties["shop_port"]).to.include({ description: "Where the shop listens (role shop)", default: 8080 });
  });

  it("prints one of them", async () => {
    const { stdout } = await runMain(["schema", "inventory"], folder);
    expect(JSON.parse(stdout)).to.deep.equal(JSON.parse(readFileSync(schema("inventory"), "utf8")));
    expect((await runMain(["schema", "playbok"], folder)).stderr).to.contain("did you mean `playbook`?");
  });

  describe("in an editor", () => {
    let server: LanguageServer;

    before(async function () {
      this.timeout(20_000);
      const program = join(root, "node_modules/yaml-language-server/bin/yaml-language-server");
      server = new LanguageServer(program, {
        [schema("playbook")]: "*.play.yaml",
        [schema("tasks")]: "*.tasks.yaml",
        [schema("inventory")]: "inventory.yaml",
        [schema("vars")]: "*.vars.yaml",
      });
      await server.start();
    });

    after(() => server?.stop());

    it("finds nothing wrong with the playbooks and roles that come with tsrun", async () => {
      for (const name of readdirSync(join(root, "playbooks")).filter((file) => file.endsWith(".yaml"))) {
        expect(
          await server.open(`${name}.play.yaml`, readFileSync(join(root, "playbooks", name), "utf8")),
          name,
        ).to.deep.equal([]);
      }
      for (const role of readdirSync(join(root, "roles"))) {
        for (const name of readdirSync(join(root, "roles", role, "tasks"))) {
          const text = readFileSync(join(root, "roles", role, "tasks", name), "utf8");
          expect(await server.open(`${role}-${name}.tasks.yaml`, text), `${role}/${name}`).to.deep.equal([]);
        }
      }
    }).timeout(30_000);

    it("takes templates, Ansible's booleans, k=v lines and free form", async () => {
      const text = `- hosts: all
  become: yes
  gather_facts: "{{ facts }}"
  tasks:
    - apt: {name: "{{ p }}", update_cache: yes, cache_valid_time: "3600"}
    - file: path=/x state=directory mode=0755
    - command: ls -l creates=/x
    - ping:
    - copy: {dest: /a, content: x, mode: 0644}
    - user: {name: x, state: "{{ s }}", groups: a, uid: "{{ u }}"}
    - ansible.posix.sysctl: {name: a, value: 1}
    - set_fact: {anything: [1]}
    - motd: {text: hello}
      with_items: [1]
      when: [a, b is defined]
`;
      expect(await server.open("good.play.yaml", text)).to.deep.equal([]);
    }).timeout(10_000);

    it("names what is wrong, where it is", async () => {
      const text = `- hosts: all
  becom: true
  tasks:
    - apt:
        nam: nginx
    - service: {name: x, state: start}
    - copy: {content: x}
    - motd: {text: hello, level: quiet}
    - user: {name: x, uid: abc}
    - servce: {name: x}
`;
      expect(await server.open("bad.play.yaml", text)).to.have.members([
        "2:3 Property becom is not allowed.",
        "5:9 Property nam is not allowed.",
        '6:33 Value is not accepted. Valid values: "started", "stopped", "restarted", "reloaded".',
        '7:7 Missing property "dest".',
        '8:34 Value is not accepted. Valid values: "plain", "loud".',
        '9:28 Incorrect type. Expected "integer".',
        "10:7 Property servce is not allowed.",
      ]);
    }).timeout(10_000);

    it("completes keywords, modules and arguments, and explains them", async () => {
      await server.open("work.tasks.yaml", "- motd:\n    text: a\n    \n");
      await server.open("empty.tasks.yaml", "- name: x\n  \n");
      expect(await server.complete("empty.tasks.yaml", 2, 3)).to.include.members([
        "when",
        "motd",
        "apt",
        "ansible.builtin.apt",
      ]);
      expect(await server.complete("work.tasks.yaml", 3, 5))
        .to.include("level")
        .and.not.include("text");
      expect(await server.hover("work.tasks.yaml", 1, 4)).to.contain("Set the message of the day");
      expect(await server.hover("work.tasks.yaml", 2, 6)).to.contain("The message");
    }).timeout(10_000);

    it("knows inventories and the variables of roles", async () => {
      const inventory = "all:\n  hosts:\n    a: {ansible_host: x, shop_theme: dark}\n  childen:\n    web:\n";
      expect(await server.open("inventory.yaml", inventory)).to.deep.equal(["4:3 Property childen is not allowed."]);
      expect(await server.open("a.vars.yaml", "anything: 1\nshop_theme: green\nshop_port: '{{ p }}'\n")).to.have.length(
        1,
      );
      expect(await server.hover("a.vars.yaml", 3, 3)).to.contain("Where the shop listens");
    }).timeout(10_000);
  });
});
