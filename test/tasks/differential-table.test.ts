import { existsSync, readdirSync } from "node:fs";
import { expect } from "chai";
import { comparedElsewhere } from "../e2e/differential/compared-elsewhere.ts";
import { answersPath, listModuleCases } from "../e2e/differential/differential-case.ts";

describe("the tables of what Ansible does (test/e2e/differential)", () => {
  it("have every module, or there is a reason why not", () => {
    const modules = readdirSync(new URL("../../tasks", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));
    const tables = listModuleCases().map(({ name }) => name);
    expect([...tables, ...Object.keys(comparedElsewhere)].toSorted()).to.deep.equal(modules.toSorted());
  });

  it("have Ansible's answer to every case", () => {
    for (const module of listModuleCases()) expect(existsSync(answersPath(module)), module.name).to.equal(true);
  });
});
