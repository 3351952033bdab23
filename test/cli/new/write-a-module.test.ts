import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { runMain } from "../run-main.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

describe("docs/write-a-module.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "tsrun-write-"));
  after(() => rmSync(folder, { recursive: true }));

  before(() => {
    const page = readFileSync(join(root, "docs/write-a-module.md"), "utf8");
    for (const [, path = "", text = ""] of page.matchAll(/^`(tasks\/[\w.]+)`\n\n```ts\n([^]*?)^```$/gm)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const paths = { tsrun: "index", "tsrun/state": "state", "tsrun/testing": "testing" };
    const compilerOptions = {
      ...(JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as { compilerOptions: object }).compilerOptions,
      rootDir: "/",
      types: ["node"],
      paths: Object.fromEntries(
        Object.entries(paths).map(([name, file]) => [name, [join(root, `src/sdk/${file}.ts`)]]),
      ),
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["tasks"] }));
    writeFileSync(join(folder, "package.json"), '{"type": "module"}');
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  });

  it("shows a module that type-checks", () => {
    const types = spawnSync(join(root, "node_modules/.bin/tsc"), ["--noEmit"], { cwd: folder, encoding: "utf8" });
    expect(types.stdout).to.equal("");
  }).timeout(60_000);

  it("shows tests that pass", () => {
    const argv = ["--import", import.meta.resolve("tsx"), "--test", "tasks/git_config.test.ts"];
    const test = spawnSync(process.execPath, argv, {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] },
    });
    expect(test.stdout)
      .to.match(/^(# |ℹ )pass 4$/m)
      .and.match(/^(# |ℹ )fail 0$/m);
  }).timeout(60_000);

  it("shows a module that a run loads and checks", async () => {
    writeFileSync(
      join(folder, "site.yaml"),
      "- hosts: localhost\n  tasks:\n    - git_config: {name: init.x, valeu: main}\n",
    );
    const { stderr } = await runMain(["playbook", "site.yaml", "--syntax-check"], folder);
    expect(stderr).to.contain("unknown argument `valeu` for module `git_config`").and.contain("did you mean `value`?");
    expect((await runMain(["doc", "git_config"], folder)).stdout).to.contain("previous_value");
  });
});
