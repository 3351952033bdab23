import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { file } from "../../src/state/file.ts";
import { busyboxShell } from "./busybox-shell.ts";
import { runQuery } from "./run-query.ts";

describe("state: file", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-file-"));
    writeFileSync(join(root, "plain"), "hello\n");
    chmodSync(join(root, "plain"), 0o640);
    utimesSync(join(root, "plain"), 1_600_000_000, 1_700_000_000);
    linkSync(join(root, "plain"), join(root, "hard"));
    mkdirSync(join(root, "dir"));
    chmodSync(join(root, "dir"), 0o1777);
    symlinkSync("plain", join(root, "link"));
    symlinkSync("nowhere/at all", join(root, "broken"));
    symlinkSync("loop", join(root, "loop"));
  });
  after(() => rmSync(root, { recursive: true }));

  // The second row is a host without GNU tools: busybox's own find, stat, readlink and realpath come first.
  const shells = [{ name: "dash and GNU tools", shell: ["dash"], env: {} }, busyboxShell()];
  for (const { name, shell, env } of shells) {
    describe(name, () => {
      const look = (...names: string[]) =>
        runQuery(
          names.map((entry) => file(join(root, entry))),
          shell,
          env,
        );

      it("reads type, mode, ids, size and times of many files at once", () => {
        const [plain, dir, none] = look("plain", "dir", "none");
        expect(plain).to.include({
          type: "file",
          mode: 0o640,
          size: 6,
          links: 2,
          mtime: 1_700_000_000,
          atime: 1_600_000_000,
        });
        expect(plain).to.include({
          inode: statSync(join(root, "plain")).ino,
          device: statSync(join(root, "plain")).dev,
        });
        expect(dir).to.include({ type: "directory", mode: 0o1777, uid: process.getuid?.() });
        expect(none).to.equal(undefined);
      });

      it("tells a link's text, where it leads and what is there", () => {
        const [link, broken, loop, plain] = look("link", "broken", "loop", "plain");
        expect(link).to.include({ type: "link", linkTarget: "plain", realPath: join(root, "plain") });
        expect(link?.followed).to.include({ type: "file", mode: 0o640, size: 6 });
        expect(broken).to.include({ type: "link", linkTarget: "nowhere/at all", followed: undefined });
        expect(loop).to.include({ type: "link", linkTarget: "loop", followed: undefined });
        expect(plain).to.not.have.property("followed");
      });

      it("keeps names exact: blanks, quotes, line breaks, leading dashes, bytes that are no UTF-8", () => {
        const names = ["a b", "it's", 'q"q', "-rf", "a\nb", "$(id)", "*", "é", "links", "(", "!"];
        for (const entry of names) writeFileSync(join(root, entry), "x");
        writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x80])]), "bytes");
        const found = look(...names, "\udcff\udc80");
        expect(found.map((state) => state?.type)).to.deep.equal([...names, "bytes"].map(() => "file"));
        expect(found.at(-1)?.size).to.equal(5);
      });

      it("says nothing is there when no path exists", () => {
        expect(look("x", "y")).to.deep.equal([undefined, undefined]);
      });
    });
  }

  it("names the owner, or the id of an owner without an account", function () {
    if (process.getuid?.() !== 0) this.skip();
    const path = join(root, "owned");
    writeFileSync(path, "");
    execFileSync("chown", ["12345:0", path]);
    expect(runQuery([file(path)])[0]).to.include({ owner: "12345", group: "root", uid: 12345, gid: 0, access: "rw-" });
  });

  it("throws instead of guessing when a directory may not be searched", function () {
    if (process.getuid?.() !== 0) this.skip();
    const closed = join(root, "closed");
    mkdirSync(closed, { mode: 0o700 });
    chmodSync(root, 0o755);
    const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh"];
    expect(() => runQuery([file(join(closed, "x"))], asNobody)).to.throw("permission denied");
  });
});
