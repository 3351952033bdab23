import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { runMain } from "../cli/run-main.ts";
import { exampleFiles, examplesPlaybook, moduleExamples } from "../e2e/examples-project.ts";

describe("examples of modules", () => {
  it("pass every check that is made before a host is reached", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tsrun-examples-"));
    try {
      const files = {
        ...exampleFiles,
        "files/app.tar.gz": "",
        "playbook.yaml": examplesPlaybook(await moduleExamples()),
        "inventory.yaml": "consul_servers: {hosts: {node1: {}}}\n",
      };
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      const { stderr, exitCode } = await runMain(
        ["playbook", "playbook.yaml", "-i", "inventory.yaml", "--syntax-check"],
        folder,
      );
      expect({ stderr, exitCode }).to.deep.equal({ stderr: "", exitCode: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("exist for every module", async () => {
    const named = new Set((await moduleExamples()).map(({ module }) => module));
    const { allModules } = await import("../../src/modules/all-modules.ts");
    expect((await allModules([])).map(({ name }) => name).filter((name) => !named.has(name))).to.deep.equal([]);
  });
});
