import { expect } from "chai";
import { allModules } from "../../src/modules/all-modules.ts";
import { actingModules } from "../e2e/laws/acting-modules.ts";
import { exemption, LAWS, type Law } from "../e2e/laws/law.ts";
import { modulesUnderLaw } from "../e2e/laws/modules.ts";

describe("the table of laws (test/e2e/laws)", () => {
  it("has every module that describes a state", async () => {
    const resources = (await allModules([]))
      .filter(({ kind, name }) => kind === "resource" || Object.hasOwn(actingModules, name))
      .map(({ name }) => name);
    expect(Object.keys(modulesUnderLaw)).to.deep.equal(resources.toSorted());
  });

  it("has for every law what its test needs, or says why there is none", () => {
    for (const [name, module] of Object.entries(modulesUnderLaw))
      for (const law of Object.keys(LAWS) as Law[]) expect(exemption(name, module, law)).to.not.equal("");
  });
});
