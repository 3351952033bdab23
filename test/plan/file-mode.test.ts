import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { resolveMode } from "../../src/plan/file-mode.ts";

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
      const cases = [0o644, 0o755, 0o600, 0o4750].flatMap((start) =>
        [true, false].map((isDirectory) => ({ start, isDirectory, path: join(root, `${start}-${isDirectory}`) })),
      );
      for (const { start, isDirectory, path } of cases) {
        if (isDirectory) mkdirSync(path);
        else writeFileSync(path, "");
        chmodSync(path, start);
      }
      spawnSync("sh", [
        "-c",
        'umask 022; m=$1; shift; for p do chmod -- "$m" "$p"; done',
        "sh",
        mode,
        ...cases.map(({ path }) => path),
      ]);
      for (const { start, isDirectory, path } of cases) {
        // chmod keeps a directory's set-id bits under `=`; Ansible and tsrun do not.
        const mask = isDirectory ? 0o1777 : 0o7777;
        const expected = statSync(path).mode & mask;
        rmSync(path, { recursive: true });
        expect((resolveMode(mode, start, isDirectory) & mask).toString(8), start.toString(8)).to.equal(
          expected.toString(8),
        );
      }
    });
  }

  it("refuses what is neither", () => {
    for (const mode of ["", "999", "u=q", "rw-r--r--", "77777"])
      expect(() => resolveMode(mode, 0, false)).to.throw("mode must be in octal or symbolic form");
  });
});
