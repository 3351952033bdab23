import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { runMain } from "../run-main.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

describe("tsrun new", () => {
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrun-new-"));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (...argv: string[]) => runMain(argv, folder);

  /** The project as if it had installed tsrun: the sources stand in for the built package. */
  function install(): void {
    const paths = Object.fromEntries(
      ["", "/state", "/testing"].map((part) => [
        `tsrun${part}`,
        [join(root, "src/sdk", `${part.slice(1) || "index"}.ts`)],
      ]),
    );
    const config = JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8")) as { compilerOptions: object };
    const compilerOptions = { ...config.compilerOptions, paths, rewriteRelativeImportExtensions: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...config, compilerOptions }));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  }

  for (const [kind, options] of [
    ["resource", []],
    ["action", ["--action"]],
  ] as const) {
    it(`writes a ${kind} module that type-checks, passes its own tests and is documented`, async () => {
      const made = await run("new", "module", "door_bell", ...options);
      expect(made.stderr).to.equal("");
      expect(made.stdout).to.contain("wrote tasks/door_bell.ts, tasks/door_bell.test.ts, tsconfig.json, package.json");
      install();
      const types = spawnSync(join(root, "node_modules/.bin/tsc"), ["--noEmit"], { cwd: folder, encoding: "utf8" });
      expect(types.stdout).to.equal("");
      const test = spawnSync(
        process.execPath,
        ["--import", import.meta.resolve("tsx"), "--test", "tasks/door_bell.test.ts"],
        {
          cwd: folder,
          encoding: "utf8",
          env: { PATH: process.env["PATH"] },
        },
      );
      expect(test.stdout).to.match(/^(# |ℹ )fail 0$/m);
      const { stdout } = await run("doc", "door_bell");
      expect(stdout)
        .to.match(/^door_bell: /)
        .and.contain("PARAMETERS")
        .and.contain("EXAMPLES");
    }).timeout(60_000);
  }

  it("writes a module that a run loads and predicts with", async () => {
    await run("new", "module", "door_bell");
    const { stdout, stderr } = await run("run", "localhost", "-m", "door_bell", "-a", "name=color value=blue", "-CD");
    expect(stderr).to.equal("");
    expect(stdout).to.contain("+blue").and.contain("localhost | CHANGED").and.contain('"path": "/etc/door_bell/color"');
  }).timeout(20_000);

  it("writes a module for one role", async () => {
    expect((await run("new", "module", "bell", "--role", "house")).stdout).to.contain("roles/house/library/bell.ts");
  });

  it("writes a role and a playbook that check, each file naming its schema", async () => {
    await run("new", "role", "web");
    await run("new", "playbook", "first");
    expect(readFileSync(join(folder, "roles/web/tasks/main.yaml"), "utf8")).to.match(
      /^# yaml-language-server: \$schema=\.\.\/\.\.\/\.\.\/\.tsrun\/schema\/tasks\.json\n/,
    );
    const playbook = readFileSync(join(folder, "playbooks/first.yaml"), "utf8");
    expect(playbook).to.match(/^# yaml-language-server: \$schema=\.\.\/\.tsrun\/schema\/playbook\.json\n/);
    writeFileSync(join(folder, "playbooks/first.yaml"), playbook.replace("  tasks:", "  roles: [web]\n  tasks:"));
    expect(await run("playbook", "first.yaml", "--syntax-check")).to.include({ stderr: "", exitCode: 0 });
  });

  it("never overwrites, and takes only names that can be used", async () => {
    await run("new", "module", "bell");
    const before = readFileSync(join(folder, "tasks/bell.ts"), "utf8");
    expect((await run("new", "module", "bell")).stderr)
      .to.contain("E_FILE_EXISTS")
      .and.contain("`tasks/bell.ts`");
    expect(readFileSync(join(folder, "tasks/bell.ts"), "utf8")).to.equal(before);
    expect((await run("new", "module", "../x")).stderr).to.contain("expected a name of small letters");
    expect((await run("new", "modul", "x")).stderr).to.contain("did you mean `module`?");
  });
});
