import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { resolveMode } from "../../src/state/file-mode.ts";

describe("state: file modes", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-mode-"));
  });
  after(() => rmSync(root, { recursive: true }));

  it("reads octal digits", () => {
    expect(["0644", "644", "2755", "01777", "0o600"].map((mode) => resolveMode(mode, 0, false))).to.deep.equal([
      0o644, 0o644, 0o2755, 0o1777, 0o600,
    ]);
  });

  for (const mode of [
    "u=rw,g=r,o=",
    "a+rX",
    "u+x,g-w",
    "+x",
    "-w",
    "=r",
    "g=u",
    "o=g-w",
    "u+s,g+s",
    "+t",
    "a=",
    "go-rwx",
    "ug+w,o-r",
    "u=rwX,go=rX",
  ]) {
    it(`reads ${mode} as chmod does`, () => {
      for (const start of [0o644, 0o755, 0o600, 0o4750]) {
        for (const isDirectory of [false, true]) {
          const path = join(root, `${start}-${isDirectory}`);
          if (isDirectory) mkdirSync(path);
          else writeFileSync(path, "");
          chmodSync(path, start);
          execFileSync("sh", ["-c", 'umask 022; chmod -- "$1" "$2"', "sh", mode, path], { stdio: "ignore" });
          // chmod keeps a directory's set-id bits under `=`; Ansible and tsrun do not.
          const mask = isDirectory ? 0o1777 : 0o7777;
          expect((resolveMode(mode, start, isDirectory) & mask).toString(8), `${mode} ${start.toString(8)}`).to.equal(
            (statSync(path).mode & mask).toString(8),
          );
          rmSync(path, { recursive: true });
        }
      }
    });
  }

  it("refuses what is neither", () => {
    for (const mode of ["", "999", "u=q", "rw-r--r--", "77777"])
      expect(() => resolveMode(mode, 0, false)).to.throw("mode must be in octal or symbolic form");
  });
});
