import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { buildTar } from "../../src/lib/tar.ts";
import unarchive from "../../tasks/unarchive.ts";
import { runLocally } from "./run-locally.ts";

describe("module: unarchive", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-unarchive '"));
    mkdirSync(join(root, "in/app/bin"), { recursive: true });
    writeFileSync(join(root, "in/app/bin/run"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(join(root, "in/app/a file"), "text", { mode: 0o640 });
    symlinkSync("bin/run", join(root, "in/app/link"));
    for (const [name, flag] of [
      ["x.tar", ""],
      ["x.tgz", "z"],
      ["x.txz", "J"],
    ])
      execFileSync("tar", [`-c${flag}f`, join(root, name as string), "-C", join(root, "in"), "app"]);
  });
  after(() => rmSync(root, { recursive: true }));
  const at = (...names: string[]) => join(root, ...names);
  const fresh = (name: string) => {
    mkdirSync(at(name));
    return at(name);
  };
  const failing = async (raw: Record<string, unknown>) =>
    ((await runLocally(unarchive, raw).catch((error: Error) => error)) as Error).message;

  for (const archive of ["x.tar", "x.tgz", "x.txz"]) {
    it(`unpacks ${archive} once, and mends what was spoilt`, async () => {
      const dest = fresh(`out ${archive}`);
      const raw = { src: at(archive), dest, list_files: true };
      const first = await runLocally(unarchive, raw);
      expect(first.result).to.deep.include({ changed: true, handler: "TgzArchive", dest });
      expect(first.result["files"]).to.have.length(5);
      expect([readFileSync(join(dest, "app/bin/run"), "utf8"), readlinkSync(join(dest, "app/link"))]).to.deep.equal([
        "#!/bin/sh\n",
        "bin/run",
      ]);
      expect(statSync(join(dest, "app/a file")).mode & 0o777).to.equal(0o640);
      expect((await runLocally(unarchive, raw)).changed).to.equal(false);
      writeFileSync(join(dest, "app/a file"), "TEXT");
      chmodSync(join(dest, "app/bin/run"), 0o700);
      expect((await runLocally(unarchive, raw)).changed).to.equal(true);
      expect(readFileSync(join(dest, "app/a file"), "utf8")).to.equal("text");
      expect((await runLocally(unarchive, raw)).changed).to.equal(false);
      expect(readdirSync(dest)).to.deep.equal(["app"]);
    });
  }

  it("sends only what differs", async () => {
    writeFileSync(at("out x.tgz/app/a file"), "TEXT");
    const { changes } = await runLocally(unarchive, { src: at("x.tgz"), dest: at("out x.tgz") });
    expect(changes.map((change) => change.query.key)).to.deep.equal([at("out x.tgz/app/a file")]);
  });

  it("drops leading directories, and takes other options of tar", async () => {
    const dest = fresh("strip");
    expect(
      (await runLocally(unarchive, { src: at("x.tgz"), dest, extra_opts: ["--strip-components=1"] })).changed,
    ).to.equal(true);
    expect(readdirSync(dest).sort()).to.deep.equal(["a file", "bin", "link"]);
    const other = fresh("transform");
    const raw = { src: at("x.tgz"), dest: other, extra_opts: ["--transform=s/^app/renamed/"] };
    expect((await runLocally(unarchive, raw)).changed).to.equal(true);
    expect(readdirSync(other)).to.deep.equal(["renamed"]);
    expect((await runLocally(unarchive, raw)).changed).to.equal(false);
  });

  it("takes and leaves members", async () => {
    const some = fresh("some");
    await runLocally(unarchive, { src: at("x.tgz"), dest: some, include: ["app/bin"] });
    expect(readdirSync(join(some, "app"))).to.deep.equal(["bin"]);
    const rest = fresh("rest");
    await runLocally(unarchive, { src: at("x.tgz"), dest: rest, exclude: ["app/bin", "*.md"] });
    expect(readdirSync(join(rest, "app")).sort()).to.deep.equal(["a file", "link"]);
  });

  it("gives what it unpacks its owner and mode, here and with an archive of the host", async () => {
    for (const [name, more] of [
      ["owned", {}],
      ["host owned", { remote_src: true }],
    ] as const) {
      const dest = fresh(name);
      const raw = { src: at("x.tgz"), dest, owner: "bin", group: "2", mode: "u+rwX,go-rwx", ...more };
      expect((await runLocally(unarchive, raw)).changed).to.equal(true);
      const stats = statSync(join(dest, "app/a file"));
      expect([stats.uid, stats.gid, stats.mode & 0o777, lstatSync(join(dest, "app/link")).uid]).to.deep.equal([
        2, 2, 0o600, 2,
      ]);
      expect((await runLocally(unarchive, raw)).changed, name).to.equal(false);
    }
  });

  it("unpacks an archive that is on the host, tar and zip", async () => {
    const dest = fresh("remote");
    const raw = { src: at("x.tgz"), dest, remote_src: true };
    expect((await runLocally(unarchive, raw)).changed).to.equal(true);
    expect((await runLocally(unarchive, raw)).changed).to.equal(false);
    writeFileSync(join(dest, "app/a file"), "TEXT");
    expect((await runLocally(unarchive, { ...raw, copy: undefined })).changed).to.equal(true);
    expect(await failing({ ...raw, src: at("none") })).to.equal(`Source '${at("none")}' does not exist`);
    expect(await failing({ ...raw, src: at("in/app/a file") })).to.include("cannot read the archive");
  });

  it("fetches an archive from a URL", async () => {
    const dest = fresh("url");
    const raw = { src: `file://${at("x.txz").replaceAll(" ", "%20").replaceAll("'", "%27")}`, dest, remote_src: true };
    expect((await runLocally(unarchive, raw)).changed).to.equal(true);
    expect(readdirSync(dest)).to.deep.equal(["app"]);
    expect((await runLocally(unarchive, raw)).changed).to.equal(false);
    expect(readdirSync(dest)).to.deep.equal(["app"]);
  });

  it("leaves newer files alone when asked to, and does nothing when `creates` exists", async () => {
    const dest = fresh("newer");
    await runLocally(unarchive, { src: at("x.tgz"), dest });
    writeFileSync(join(dest, "app/a file"), "mine");
    utimesSync(join(dest, "app/a file"), 4_000_000_000, 4_000_000_000);
    expect((await runLocally(unarchive, { src: at("x.tgz"), dest, keep_newer: true })).changed).to.equal(false);
    expect((await runLocally(unarchive, { src: at("x.tgz"), dest, creates: join(dest, "app") })).changed).to.equal(
      false,
    );
    expect(readFileSync(join(dest, "app/a file"), "utf8")).to.equal("mine");
  });

  it("refuses names that lead out of the directory, links that others lie behind, and a missing directory", async () => {
    const evil = (path: string, more: object = {}) => ({
      path,
      type: "file" as const,
      mode: 0o644,
      mtime: 0,
      content: Buffer.from("x"),
      ...more,
    });
    const tries = {
      "up.tar": [evil("../up")],
      "abs.tar": [evil("/abs")],
      "link.tar": [evil("l", { type: "link", linkTarget: "/etc" }), evil("l/passwd")],
    };
    const dest = fresh("hostile");
    for (const [name, entries] of Object.entries(tries)) {
      writeFileSync(at(name), buildTar(entries as never));
      for (const remote_src of [false, true]) {
        const message = await failing({ src: at(name), dest, remote_src });
        if (name === "link.tar" && remote_src) continue;
        expect(message, `${name} ${remote_src}`).to.match(/leads out of the directory|lies behind the link/);
      }
    }
    expect(await failing({ src: at("x.tgz"), dest: at("nowhere") })).to.equal(
      `dest '${at("nowhere")}' must be an existing dir`,
    );
    writeFileSync(at("empty.tar"), "");
    expect(await failing({ src: at("empty.tar"), dest })).to.include("the file is 0 bytes");
  });
});
