import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { debconfAnswers } from "../../src/state/debconf.ts";
import { packageState } from "../../src/state/package.ts";
import type { ActionContext } from "../../src/task/define-action.ts";
import assemble from "../../tasks/assemble.ts";
import blockinfile from "../../tasks/blockinfile.ts";
import debconf from "../../tasks/debconf.ts";
import dpkgSelections from "../../tasks/dpkg_selections.ts";
import fetchModule from "../../tasks/fetch.ts";
import find from "../../tasks/find.ts";
import iniFile from "../../tasks/ini_file.ts";
import replace from "../../tasks/replace.ts";
import { localController } from "./local-controller.ts";
import { planModule } from "./plan-module.ts";
import { runLocally } from "./run-locally.ts";

describe("modules on files", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-small-"));
  });
  after(() => rmSync(root, { recursive: true }));
  const at = (...names: string[]) => join(root, ...names);
  const text = (name: string) => readFileSync(at(name), "utf8");
  const message = async (run: Promise<unknown>) => ((await run.catch((error: Error) => error)) as Error).message;

  it("replace edits once", async () => {
    writeFileSync(at("r"), "port=1\nport=2\n", { mode: 0o600 });
    const raw = { path: at("r"), regexp: "^port=(\\d)$", replace: "port=9\\1", backup: true };
    const { result } = await runLocally(replace, { ...raw, replace: "port=x" });
    expect(result).to.include({ changed: true, rc: 0, backup_file: `${at("r")}.backup~` });
    expect([text("r"), statSync(at("r")).mode & 0o777]).to.deep.equal(["port=x\nport=x\n", 0o600]);
    expect((await runLocally(replace, { ...raw, replace: "port=x" })).changed).to.equal(false);
    expect(await message(runLocally(replace, { path: at("none"), regexp: "x" }))).to.equal(
      `Path ${at("none")} does not exist !`,
    );
  });

  it("blockinfile keeps, changes and removes its block", async () => {
    const raw = { path: at("b"), block: "one\ntwo", create: true, mode: "0640" };
    expect((await runLocally(blockinfile, raw)).changed).to.equal(true);
    expect(text("b")).to.equal("# BEGIN ANSIBLE MANAGED BLOCK\none\ntwo\n# END ANSIBLE MANAGED BLOCK\n");
    expect((await runLocally(blockinfile, raw)).changed).to.equal(false);
    expect((await runLocally(blockinfile, { path: at("b"), state: "absent" })).changed).to.equal(true);
    expect(text("b")).to.equal("");
    expect((await runLocally(blockinfile, { path: at("none"), state: "absent", create: true })).changed).to.equal(
      false,
    );
    expect(await message(runLocally(blockinfile, { path: at("none"), block: "x" }))).to.include("does not exist");
  });

  it("ini_file keeps an option", async () => {
    const raw = { path: at("i.ini"), section: "s", option: "o", value: "1" };
    expect((await runLocally(iniFile, raw)).result).to.include({ changed: true, path: at("i.ini") });
    expect(text("i.ini")).to.equal("\n[s]\no = 1\n");
    expect((await runLocally(iniFile, raw)).changed).to.equal(false);
    expect(
      (await runLocally(iniFile, { path: at("i.ini"), section: "s", option: "o", state: "absent" })).changed,
    ).to.equal(true);
    expect(await message(runLocally(iniFile, { path: at("i.ini"), section: "s", option: "o" }))).to.include(
      "must be defined",
    );
  });

  for (const remote_src of [true, false]) {
    it(`assemble joins fragments in the order of their names, ${remote_src ? "on the host" : "from the controller"}`, async () => {
      const parts = `parts ${remote_src}`;
      mkdirSync(at(parts, "sub"), { recursive: true });
      for (const [name, content] of [
        ["10-b", "b"],
        ["05-a", "a\n"],
        [".hidden", "h\n"],
        ["20-c.bak", "c\n"],
      ])
        writeFileSync(at(parts, name as string), content as string);
      const raw = {
        src: at(parts),
        dest: at(`joined ${remote_src}`),
        remote_src,
        delimiter: "# next\\n",
        regexp: "^[^.]*$",
        mode: "0644",
      };
      expect((await runLocally(assemble, raw)).changed).to.equal(true);
      expect(text(`joined ${remote_src}`)).to.equal("a\n# next\nb");
      expect((await runLocally(assemble, raw)).changed).to.equal(false);
    });
  }

  it("find filters by name, type, age, size and content", async () => {
    mkdirSync(at("f/.d/deep"), { recursive: true });
    for (const [name, content] of [
      ["a.log", "start here\nerror 5\n"],
      ["b.log", "x".repeat(2000)],
      [".h.log", ""],
      [".d/deep/c.log", "error"],
    ])
      writeFileSync(at("f", name as string), content as string);
    utimesSync(at("f/a.log"), 1_000_000_000, 1_000_000_000);
    const names = async (raw: object) =>
      ((await runLocally(find, { paths: at("f"), ...raw })).result["files"] as { path: string }[])
        .map(({ path }) => path.slice(at("f").length + 1))
        .sort();
    expect(await names({})).to.deep.equal(["a.log", "b.log"]);
    expect(await names({ recurse: true, hidden: true })).to.deep.equal([".d/deep/c.log", ".h.log", "a.log", "b.log"]);
    expect(await names({ recurse: true, file_type: "directory" })).to.deep.equal([".d/deep"]);
    expect(await names({ recurse: true, depth: 1, hidden: true, file_type: "any" })).to.deep.equal([
      ".d",
      ".h.log",
      "a.log",
      "b.log",
    ]);
    expect(await names({ patterns: "a*,z*" })).to.deep.equal(["a.log"]);
    expect(await names({ patterns: "^[ab]\\.", use_regex: true, excludes: "^b" })).to.deep.equal(["a.log"]);
    expect(await names({ age: "1w" })).to.deep.equal(["a.log"]);
    expect(await names({ age: "-1w" })).to.deep.equal(["b.log"]);
    expect(await names({ size: "1k" })).to.deep.equal(["b.log"]);
    expect(await names({ size: "-1k" })).to.deep.equal(["a.log"]);
    expect(await names({ contains: "error \\d" })).to.deep.equal(["a.log"]);
    const { result } = await runLocally(find, { paths: at("f"), patterns: "a.log", get_checksum: true });
    expect(result).to.deep.include({ changed: false, matched: 1 });
    expect((result["files"] as Record<string, unknown>[])[0])
      .to.include({ isreg: true, mode: "0644", size: 19 })
      .and.to.have.property("checksum");
    expect(await names({ paths: at("nowhere") })).to.deep.equal([]);
    expect(await message(runLocally(find, { paths: at("f"), age: "2x" }))).to.equal("failed to process age: `2x`");
    chmodSync(at("f/a.log"), 0o640);
    chmodSync(at("f/b.log"), 0o644);
    expect(await names({ mode: "0640" })).to.deep.equal(["a.log"]);
    expect(await names({ mode: "g=w", exact_mode: false })).to.deep.equal([]);
    expect(await names({ mode: "u=w,o=w", exact_mode: false })).to.deep.equal(["a.log", "b.log"]);
    expect(await names({ limit: 1 })).to.have.length(1);
  });

  it("fetch writes below the host's own directory, once, and never outside", async () => {
    writeFileSync(at("remote"), "payload");
    const context = (name: string): ActionContext =>
      ({
        host: {
          cached: () => Promise.resolve({ type: "file", size: 7 }),
          execReadonly: () =>
            Promise.resolve({ rc: 0, stdoutBytes: Buffer.from("payload"), stdout: "payload", stderr: "" }),
        },
        controller: localController,
        vars: { has: () => true, get: (variable: string) => (variable === "inventory_hostname" ? name : root) },
      }) as unknown as ActionContext;
    const run = (raw: object, name = "web1") =>
      fetchModule.run(
        { flat: false, fail_on_missing: true, validate_checksum: true, src: "/etc/x", ...raw },
        context(name),
      );
    expect(await run({ dest: "out" })).to.include({ changed: true, dest: at("out/web1/etc/x") });
    expect(text("out/web1/etc/x")).to.equal("payload");
    expect(await run({ dest: "out" })).to.include({ changed: false });
    expect(await run({ dest: at("flat/"), flat: true })).to.include({ dest: at("flat/x") });
    for (const [raw, name] of [
      [{ dest: "out" }, "../../etc"],
      [{ dest: "out", src: "/a/../../x" }, "web1"],
    ] as const) {
      expect(await message(Promise.resolve().then(() => run(raw, name)))).to.include("directory traversal");
    }
  });

  it("dpkg_selections and debconf change what differs, answers on standard input", async () => {
    const known = { name: "x", want: "install", flag: "ok", status: "installed" };
    const hold = await planModule(
      dpkgSelections,
      { name: "x", selection: "hold" },
      { host: [[packageState("x"), known]] },
    );
    expect([hold.scripts, hold.result]).to.deep.equal([
      ["dpkg --set-selections"],
      { before: "install", after: "hold" },
    ]);
    expect(
      (await planModule(dpkgSelections, { name: "x", selection: "install" }, { host: [[packageState("x"), known]] }))
        .changes,
    ).to.deep.equal([]);
    const raw = { name: "tz", question: "tz/a", vtype: "boolean", value: "True" };
    const host = (value: string) => ({ host: [[debconfAnswers("tz"), { "tz/a": value }]] as const });
    expect((await planModule(debconf, raw, host("true"))).changes).to.deep.equal([]);
    const { changes, result } = await planModule(debconf, raw, host("false"));
    const step = changes[0]?.steps[0];
    expect(step?.type === "command" && Buffer.from(step.command.stdin ?? []).toString()).to.equal(
      "tz tz/a boolean true\n",
    );
    expect(result).to.deep.equal({ current: { "tz/a": "true" }, previous: { "tz/a": "false" }, msg: "" });
  });
});
