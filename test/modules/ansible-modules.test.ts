import { readdirSync } from "node:fs";
import { expect } from "chai";
import { ansibleModules } from "../../src/modules/ansible-modules.ts";

describe("modules that only Ansible has", () => {
  it("are none of tsrun's", () => {
    const own = readdirSync(new URL("../../tasks", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));
    expect(own.filter((name) => ansibleModules.has(name))).to.deep.equal([]);
  });
});
