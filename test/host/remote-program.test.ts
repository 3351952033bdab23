import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { bootBytes, stubScript } from "../../src/host/boot.ts";
import { remoteProgram } from "../../src/host/remote-program.ts";

const nonce = "ffffffffffffffffffffffffffffffff";

describe("the program on the host", () => {
  it("is one group, so that a program that was cut off is not run in part", () => {
    expect(remoteProgram).to.match(/^\{\n[^]*\nexit\n\}\n$/);
    expect(spawnSync("/bin/sh", ["-n"], { input: remoteProgram }).status).to.equal(0);
  });

  it("does nothing when it arrives incomplete", () => {
    const bytes = bootBytes({ nonce, shell: "/bin/sh", path: "/usr/bin:/bin" });
    const firstLine = Buffer.from(bytes).indexOf(10) + 1;
    for (const length of [
      0,
      1,
      100,
      firstLine - 1,
      firstLine,
      firstLine + 1,
      firstLine + 2000,
      bytes.length - 20,
      bytes.length - 2,
    ]) {
      const { stdout } = spawnSync("/bin/sh", ["-c", stubScript], {
        input: bytes.subarray(0, length),
        encoding: "utf8",
      });
      expect(stdout).to.equal("");
      const left = readdirSync("/dev/shm").filter((name) => name.includes(nonce));
      for (const name of left) spawnSync("rm", ["-rf", `/dev/shm/${name}`]);
    }
    const whole = spawnSync("/bin/sh", ["-c", stubScript], { input: bytes, encoding: "utf8" });
    expect(whole.stdout).to.match(new RegExp(`^${nonce} hello 1 `));
  });
});
