import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { file as fileState } from "../../src/state/file.ts";
import file from "../../tasks/file.ts";
import { planModule } from "./plan-module.ts";
import { runLocally } from "./run-locally.ts";

const plain = {
  type: "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  owner: "root",
  group: "root",
  size: 3,
  links: 1,
  inode: 7,
  device: 1,
};
const directory = { ...plain, type: "directory", mode: 0o755 };

describe("module: file, planned", () => {
  it("leaves a file alone that is as wanted", async () => {
    const { changes, result } = await planModule(
      file,
      { path: "/etc/x", mode: 420, owner: "root" },
      { host: [[fileState("/etc/x"), plain]] },
    );
    expect(changes).to.deep.equal([]);
    expect(result).to.include({ path: "/etc/x", state: "file", mode: "0644", owner: "root", uid: 0, size: 3 });
  });

  it("sets owner and mode, owner first", async () => {
    const { scripts, changes } = await planModule(
      file,
      { path: "/etc/x", mode: "u+s", owner: "bin", group: "0" },
      { host: [[fileState("/etc/x"), plain]] },
    );
    expect(scripts).to.have.length(1);
    expect(scripts[0]).to.match(/chown -- bin \S+ \|\| exit\nchmod 04644 -- /);
    expect(changes[0]?.after).to.deep.equal({ mode: 0o4644, owner: "bin" });
    expect(changes[0]?.diff).to.deep.equal({
      before: "path: /etc/x\nstate: file\nmode: 0644\nowner: root\n",
      after: "path: /etc/x\nstate: file\nmode: 04644\nowner: bin\n",
    });
  });

  it("makes a directory and those above it, each with the mode from its first moment", async () => {
    const { scripts, changes } = await planModule(
      file,
      { path: "/srv/a/b/", state: "directory", mode: "0750", owner: "www-data" },
      { host: [[fileState("/srv"), directory]] },
    );
    expect(scripts).to.deep.equal(["mkdir -p -m 00750 -- /srv/a /srv/a/b", "chown -h -- www-data /srv/a/b /srv/a"]);
    expect(changes.map((change) => [change.action, change.query.key])).to.deep.equal([
      ["create", "/srv/a"],
      ["create", "/srv/a/b"],
    ]);
  });

  it("removes trees and files", async () => {
    const gone = async (state: object) =>
      (await planModule(file, { path: "/srv/-x", state: "absent" }, { host: [[fileState("/srv/-x"), state]] })).scripts;
    expect(await gone(directory)).to.deep.equal(["rm -rf -- /srv/-x"]);
    expect(await gone(plain)).to.deep.equal(["rm -f -- /srv/-x"]);
    expect((await planModule(file, { path: "/srv/x", state: "absent" })).changes).to.deep.equal([]);
  });

  for (const [name, raw, host, message] of [
    ["a missing file with state file", { state: "file" }, undefined, "file (/x) is absent, cannot continue"],
    ["a directory where a file is meant", { state: "file" }, directory, "file (/x) is directory, cannot continue"],
    ["a file where a directory should be", { state: "directory" }, plain, "/x already exists as a file"],
    [
      "recurse without a directory",
      { state: "file", recurse: true },
      plain,
      "recurse option requires state to be 'directory'",
    ],
    ["src without a link", { src: "/y" }, plain, "src option requires state to be 'link' or 'hard'"],
    [
      "a link to nothing",
      { state: "link", src: "/y" },
      undefined,
      'src file does not exist, use "force=yes" if you really want to create the link: /y',
    ],
    ["a mode that is none", { mode: "rw-r--r--" }, plain, "`mode`: expected octal digits"],
  ] as const) {
    it(`fails for ${name}`, async () => {
      const failure = await planModule(
        file,
        { path: "/x", ...raw },
        { host: host ? [[fileState("/x"), host]] : [] },
      ).catch((error: Error) => error);
      expect((failure as Error).message).to.include(message);
    });
  }
});

describe("module: file, on this machine", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun file '"));
  });
  after(() => rmSync(root, { recursive: true }));
  const run = (name: string, raw: object) => runLocally(file, { path: join(root, name), ...raw });
  const mode = (name: string) => (statSync(join(root, name)).mode & 0o7777).toString(8);

  it("makes a directory once", async () => {
    expect((await run("d/e", { state: "directory", mode: "2750" })).changed).to.equal(true);
    expect([mode("d"), mode("d/e")]).to.deep.equal(["2750", "2750"]);
    expect((await run("d/e", { state: "directory", mode: "2750" })).changed).to.equal(false);
    expect((await run("d/e", { state: "directory", mode: "0755" })).changed).to.equal(true);
    expect(mode("d/e")).to.equal("755");
  });

  it("keeps links: makes them, turns them, and follows them for attributes", async () => {
    writeFileSync(join(root, "target"), "x", { mode: 0o600 });
    expect((await run("l", { state: "link", src: "target" })).result).to.include({
      changed: true,
      dest: join(root, "l"),
      src: "target",
      state: "link",
    });
    expect((await run("l", { state: "link", src: "target" })).changed).to.equal(false);
    expect((await run("l", { mode: "0640" })).changed).to.equal(true);
    expect(mode("target")).to.equal("640");
    expect((await run("l", { state: "link", src: "gone", force: true })).changed).to.equal(true);
    expect(readlinkSync(join(root, "l"))).to.equal("gone");
    expect((await run("l", { state: "link", src: "gone", force: true })).changed).to.equal(false);
  });

  it("replaces a file or an empty directory by a link only with force", async () => {
    writeFileSync(join(root, "was file"), "");
    mkdirSync(join(root, "was dir"));
    for (const name of ["was file", "was dir"]) {
      expect(
        ((await run(name, { state: "link", src: root }).catch((error: Error) => error)) as Error).message,
      ).to.include("refusing to convert from");
      await run(name, { state: "link", src: root, force: true });
      expect(lstatSync(join(root, name)).isSymbolicLink()).to.equal(true);
    }
  });

  it("makes hard links", async () => {
    writeFileSync(join(root, "one"), "");
    expect((await run("two", { state: "hard", src: join(root, "one") })).changed).to.equal(true);
    expect(statSync(join(root, "two")).ino).to.equal(statSync(join(root, "one")).ino);
    expect((await run("two", { state: "hard", src: join(root, "one") })).result).to.include({
      changed: false,
      state: "hard",
    });
  });

  it("touches: makes a file, then sets its times each time unless they are preserved", async () => {
    expect((await run("t", { state: "touch", mode: "u=rw,go=" })).changed).to.equal(true);
    expect(mode("t")).to.equal("600");
    expect((await run("t", { state: "touch" })).changed).to.equal(true);
    expect(
      (await run("t", { state: "touch", modification_time: "preserve", access_time: "preserve" })).changed,
    ).to.equal(false);
    expect((await run("t", { modification_time: "202001020304.05" })).changed).to.equal(true);
    expect((await run("t", { modification_time: "202001020304.05" })).changed).to.equal(false);
  });

  it("gives a whole tree its owner and mode, and not what links in it lead to", async () => {
    mkdirSync(join(root, "tree/sub"), { recursive: true });
    writeFileSync(join(root, "tree/sub/x"), "", { mode: 0o644 });
    writeFileSync(join(root, "outside"), "", { mode: 0o644 });
    symlinkSync("../outside", join(root, "tree/out"));
    expect((await run("tree", { state: "directory", recurse: true, mode: "go-rX", owner: "bin" })).changed).to.equal(
      true,
    );
    expect([mode("tree/sub/x"), mode("tree/sub"), mode("outside")]).to.deep.equal(["600", "700", "644"]);
    expect([statSync(join(root, "tree/sub/x")).uid, statSync(join(root, "outside")).uid]).to.deep.equal([2, 0]);
    expect((await run("tree", { state: "directory", recurse: true, mode: "go-rX", owner: "bin" })).changed).to.equal(
      false,
    );
  });

  it("removes what is there and is content with what is not", async () => {
    mkdirSync(join(root, "gone/deep"), { recursive: true });
    linkSync(join(root, "one"), join(root, "gone/deep/f"));
    expect((await run("gone", { state: "absent" })).result).to.include({ changed: true, state: "absent" });
    expect(existsSync(join(root, "gone"))).to.equal(false);
    expect((await run("gone", { state: "absent" })).changed).to.equal(false);
  });
});
