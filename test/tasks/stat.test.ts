import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import slurp from "../../tasks/slurp.ts";
import stat from "../../tasks/stat.ts";
import { runLocally } from "./run-locally.ts";

describe("modules: stat and slurp", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-stat-"));
    writeFileSync(join(root, "f"), Buffer.from([104, 105, 255]));
    chmodSync(join(root, "f"), 0o4710);
    symlinkSync("f", join(root, "l"));
  });
  after(() => rmSync(root, { recursive: true }));
  const look = async (name: string, raw: object = {}) =>
    (await runLocally(stat, { path: join(root, name), ...raw })).result["stat"] as Record<string, unknown>;

  it("tells what Ansible's stat tells", async () => {
    const found = await look("f");
    expect(found).to.include({
      exists: true,
      path: join(root, "f"),
      mode: "4710",
      isreg: true,
      isdir: false,
      islnk: false,
      isuid: true,
      size: 3,
      nlink: 1,
      rusr: true,
      xgrp: true,
      roth: false,
    });
    expect(found).to.include({ pw_name: "root", gr_name: "root", readable: true, writeable: true, executable: true });
    expect(found["checksum"]).to.match(/^[0-9a-f]{40}$/);
    expect(found).to.have.keys(
      "exists path mode isdir ischr isblk isreg isfifo islnk issock uid gid size inode dev nlink atime mtime ctime blocks wusr rusr xusr wgrp rgrp xgrp woth roth xoth isuid isgid readable writeable executable pw_name gr_name checksum mimetype charset version attributes attr_flags".split(
        " ",
      ),
    );
  });

  it("tells of a link, or of what it leads to", async () => {
    expect(await look("l")).to.include({ islnk: true, lnk_target: "f", lnk_source: join(root, "f") });
    expect(await look("l")).not.to.have.property("checksum");
    expect(await look("l", { follow: true })).to.include({ islnk: false, isreg: true, size: 3 });
  });

  it("hashes as asked", async () => {
    expect((await look("f", { checksum_algorithm: "sha256" }))["checksum"]).to.match(/^[0-9a-f]{64}$/);
    expect(await look("f", { get_checksum: false, get_mime: false, get_attributes: false })).not.to.have.any.keys(
      "checksum",
      "mimetype",
      "attributes",
    );
  });

  it("says when there is nothing", async () => {
    expect(await look("none")).to.deep.equal({ exists: false });
  });

  it("slurps bytes exactly", async () => {
    const { result } = await runLocally(slurp, { src: join(root, "l") });
    expect(result).to.deep.equal({ changed: false, content: "aGn/", source: join(root, "l"), encoding: "base64" });
    const failure = await runLocally(slurp, { src: join(root, "none") }).catch((error: Error) => error);
    expect((failure as Error).message).to.equal(`file not found: ${join(root, "none")}`);
  });
});
