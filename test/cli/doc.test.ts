import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { generatedDocs } from "../../script/generated-docs.ts";
import { allModules } from "../../src/modules/all-modules.ts";

const root = new URL("../../", import.meta.url);

describe("generated documentation", () => {
  it("is what script/make-docs.ts makes of the sources", async () => {
    const docs = await generatedDocs();
    const stale = [...docs].filter(([path, text]) => {
      try {
        return readFileSync(new URL(path, root), "utf8") !== text;
      } catch {
        return true;
      }
    });
    const surplus = readdirSync(new URL("docs/modules", root)).filter((name) => !docs.has(`docs/modules/${name}`));
    expect([...stale.map(([path]) => path), ...surplus], "run: node --import tsx script/make-docs.ts").to.deep.equal(
      [],
    );
  }).timeout(10_000);

  it("says something about every module and each of its parameters", async () => {
    for (const { name, summary, parameters } of await allModules([])) {
      expect(summary, name).to.match(/^[A-Z`].*[^.]$/);
      for (const parameter of parameters) expect(parameter.description, `${name}.${parameter.name}`).to.not.equal("");
    }
  }).timeout(10_000);
});
