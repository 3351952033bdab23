import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { tarball } from "../../src/lab/tarball.ts";

describe("tarball", () => {
  it("is read by tar with every file's owner, mode, time and size", () => {
    const archive = tarball(
      [
        { path: "etc/motd", content: "hällo\n", mode: 0o644, uid: 0 },
        { path: "home/a/.ssh/key", content: "x".repeat(1024), mode: 0o600, uid: 1000 },
        { path: "etc/empty", content: "", mode: 0o755, uid: 0 },
      ],
      1_700_000_000,
    );
    const list = spawnSync("tar", ["--numeric-owner", "--utc", "-tvf", "-"], { input: archive, encoding: "utf8" });
    expect(list.stderr).to.equal("");
    expect(list.stdout.split("\n").map((line) => line.replace(/ +/g, " "))).to.deep.equal([
      "-rw-r--r-- 0/0 7 2023-11-14 22:13 etc/motd",
      "-rw------- 1000/1000 1024 2023-11-14 22:13 home/a/.ssh/key",
      "-rwxr-xr-x 0/0 0 2023-11-14 22:13 etc/empty",
      "",
    ]);
    const text = spawnSync("tar", ["-xOf", "-", "etc/motd"], { input: archive, encoding: "utf8" }).stdout;
    expect(text).to.equal("hällo\n");
  });
});
