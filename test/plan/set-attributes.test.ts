import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { setAttributes, setModes } from "../../src/plan/set-attributes.ts";
import { file } from "../../src/state/file.ts";
import { fileTree, type TreeEntry } from "../../src/state/file-tree.ts";
import type { Sh } from "../../src/task/sh.ts";
import { runQuery } from "../state/run-query.ts";

describe("owner and mode of what was observed", () => {
  let root: string;
  let victim: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-own it's-"));
    victim = join(root, "victim");
    writeFileSync(victim, "");
    chmodSync(victim, 0o600);
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const run = (script: Sh) => {
    const { status, stderr } = spawnSync("sh", ["-c", script.text]);
    return { rc: status, stderr: stderr.toString() };
  };
  const observe = (path: string) => {
    const [state] = runQuery([file(path)]);
    if (!state) throw new Error(`${path} is missing`);
    return state;
  };
  const mode = (path: string) => lstatSync(path).mode & 0o7777;
  const make = (name: string, bits = 0o600) => {
    const path = join(root, name);
    writeFileSync(path, "");
    chmodSync(path, bits);
    return path;
  };

  it("are set: of files, directories, links and sockets of any name", () => {
    const name = make("-n $(id)\n'\"");
    const directory = join(root, "d");
    mkdirSync(directory, 0o700);
    const pipe = join(root, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const path of [name, directory, pipe]) {
      expect(run(setAttributes(path, observe(path), { mode: 0o751 })), path).to.deep.equal({ rc: 0, stderr: "" });
      expect(mode(path)).to.equal(0o751);
    }
    if (process.getuid?.() !== 0) return;
    const link = join(root, "link");
    symlinkSync(victim, link);
    expect(run(setAttributes(link, observe(link), { owner: "1:1" })).rc).to.equal(0);
    expect([lstatSync(link).uid, statSync(victim).uid]).to.deep.equal([1, 0]);
  });

  for (const kind of ["file", "directory", "pipe"]) {
    it(`are not set of what a link leads to that was planted meanwhile for a ${kind}`, () => {
      const path = join(root, "target");
      if (kind === "pipe") execFileSync("mkfifo", [path]);
      else if (kind === "directory") mkdirSync(path);
      else writeFileSync(path, "");
      const state = observe(path);
      renameSync(path, `${path}.old`);
      symlinkSync(victim, path);
      const { rc, stderr } = run(setAttributes(path, state, { mode: 0o777 }));
      expect([rc, mode(victim)]).to.deep.equal([1, 0o600]);
      expect(stderr).to.equal(`${path} was replaced meanwhile, so that nothing was set\n`);
    });
  }

  it("are not set below a directory that was swapped for a link", () => {
    mkdirSync(join(root, "a"));
    mkdirSync(join(root, "b"));
    for (const name of ["a/x", "b/x"]) make(name);
    const state = observe(join(root, "a/x"));
    renameSync(join(root, "a"), join(root, "old"));
    symlinkSync("b", join(root, "a"));
    expect(run(setAttributes(join(root, "a/x"), state, { mode: 0o777 })).rc).to.equal(1);
    expect(mode(join(root, "b/x"))).to.equal(0o600);
  });

  describe("of a whole tree", () => {
    const entries = (): readonly (TreeEntry & { newMode: number })[] =>
      (runQuery([fileTree(root)])[0] ?? [])
        .filter(({ path }) => path !== victim)
        .map((entry) => ({ ...entry, newMode: entry.type === "directory" ? 0o711 : 0o640 }));

    it("are set, whatever its size", () => {
      for (let index = 0; index < 16; index++) make(`f ${index}`);
      mkdirSync(join(root, "d"), 0o700);
      const all = entries();
      expect(run(setModes(all))).to.deep.equal({ rc: 0, stderr: "" });
      expect(all.map(({ path }) => mode(path))).to.deep.equal(all.map(({ newMode }) => newMode));
    });

    it("are not set of what a planted link leads to", () => {
      const planted = make("f1");
      for (let index = 2; index < 10; index++) make(`f${index}`);
      const all = entries();
      rmSync(planted);
      symlinkSync(victim, planted);
      expect(run(setModes(all)).stderr).to.include("replaced meanwhile");
      expect(mode(victim)).to.equal(0o600);
    });
  });
});
