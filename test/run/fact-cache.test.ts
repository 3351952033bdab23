import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runMain } from "../cli/run-main.ts";

describe("kept facts", () => {
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrun-facts-"));
    put("inventory.yaml", "all:\n  vars: {ansible_connection: local}\n  hosts: {here: }\n");
    put(
      "tsrun.yaml",
      "gathering: smart\nfact_caching: jsonfile\nfact_caching_connection: facts\nfact_caching_prefix: x_\n",
    );
    put(
      "set.yaml",
      "- hosts: all\n  gather_facts: false\n  tasks:\n    - set_fact: {color: blue, cacheable: true}\n    - set_fact: {shape: round}\n",
    );
    put(
      "show.yaml",
      "- hosts: all\n  gather_facts: false\n  tasks:\n    - debug: msg={{ color | default('none') }},{{ shape | default('none') }}\n",
    );
    put("gather.yaml", "- hosts: all\n  tasks:\n    - debug: msg={{ ansible_system }}\n");
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const play = async (...argv: string[]): Promise<string> => {
    const { stdout, stderr } = await runMain(["playbook", ...argv], folder);
    return stdout + stderr;
  };
  const file = (): string => join(folder, "facts/x_here");

  it("are there in the next run, those that are cacheable, for the owner's eyes only", async () => {
    await play("set.yaml");
    expect(readdirSync(join(folder, "facts"))).to.deep.equal(["x_here"]);
    expect(JSON.parse(readFileSync(file(), "utf8"))).to.deep.equal({ color: "blue" });
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
    expect(await play("show.yaml")).to.contain('"msg": "blue,none"');
  });

  it("are forgotten when they are old, damaged, or when --flush-cache asks for it", async () => {
    await play("set.yaml");
    utimesSync(file(), 0, 0);
    expect(await play("show.yaml")).to.contain('"msg": "none,none"');
    put("facts/x_here", "{");
    expect(await play("show.yaml")).to.contain('"msg": "none,none"');
    await play("set.yaml");
    expect(await play("show.yaml", "--flush-cache")).to.contain('"msg": "none,none"');
    expect(existsSync(file())).to.equal(false);
  });

  it("spare hosts the gathering when it is smart", async () => {
    expect(await play("gather.yaml"))
      .to.contain("Gathering Facts")
      .and.contain('"msg": "Linux"');
    const second = await play("gather.yaml");
    expect(second).to.contain('"msg": "Linux"').and.not.contain("Gathering Facts");
    put("tsrun.yaml", "gathering: explicit\n");
    expect(await play("gather.yaml"))
      .to.contain("`ansible_system` is undefined")
      .and.not.contain("Gathering Facts");
  }).timeout(20_000);

  it("need a directory", async () => {
    put("tsrun.yaml", "fact_caching: jsonfile\n");
    expect(await play("show.yaml"))
      .to.contain("E_CONFIG_VALUE")
      .and.contain("fact_caching_connection");
  });
});
