import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { flagsAfter } from "../../src/plan/file-flags.ts";
import { fileFlags } from "../../src/state/file-details.ts";
import { file as fileState } from "../../src/state/file.ts";
import { selinuxEnabled } from "../../src/state/selinux.ts";
import copy from "../../tasks/copy.ts";
import file from "../../tasks/file.ts";
import lineinfile from "../../tasks/lineinfile.ts";
import openssh_keypair from "../../tasks/openssh_keypair.ts";
import { planModule } from "./plan-module.ts";
import { runLocally } from "./run-locally.ts";

const plain = { type: "file", mode: 0o644, uid: 0, gid: 0, owner: "root", group: "root", size: 3, links: 1 };
const flags = (letters: string) => ({ version: "1", flags: letters, names: [] });
const failure = (promise: Promise<unknown>) => promise.then(() => "no failure", String);

describe("attributes of the file system", () => {
  it("are added, taken away, or all there are", () => {
    expect(flagsAfter("+i", flags("e"))).to.equal("ei");
    expect(flagsAfter("+i", flags("ie"))).to.equal(undefined);
    expect(flagsAfter("-i", flags("e"))).to.equal(undefined);
    expect(flagsAfter("-ei", flags("ie"))).to.equal("");
    expect(flagsAfter("ie", flags("ei"))).to.equal(undefined);
    expect(flagsAfter("=A", flags("e"))).to.equal("A");
    expect(flagsAfter("A", flags("AI"))).to.equal(undefined);
  });

  it("are left to chattr where they cannot be read", () => {
    expect(flagsAfter("-i", undefined)).to.equal("");
  });

  it("are read beside a version of any length", () => {
    const plain = "-------A------e------- /a\n----i--------------- /b\n--------------e------- /overlay\n";
    const versioned = "266448135  -------A------e------- /a\n2398963875 ----i--------------- /b\n";
    const paths = ["/a", "/none", "/b", "/overlay"];
    const stdout = Buffer.from(`${plain}\0${versioned}`);
    const read = fileFlags("/a").kind.parse({ rc: 0, stdout, stderr: Buffer.from("") }, paths);
    expect(read).to.deep.equal([
      { version: "266448135", flags: "Ae", names: ["noatime", "extents"] },
      undefined,
      { version: "2398963875", flags: "i", names: ["immutable"] },
      { version: undefined, flags: "e", names: ["extents"] },
    ]);
  });

  it("come last, after owner and mode", async () => {
    const host = [
      [fileState("/etc/x"), plain],
      [fileFlags("/etc/x"), flags("e")],
    ] as const;
    const { scripts, changes, again } = await planModule(file, { path: "/etc/x", attr: "+i", mode: "0600" }, { host });
    expect(scripts).to.have.length(2);
    expect(scripts[1]).to.equal("chattr +i /etc/x");
    expect(changes[1]?.diff).to.deep.equal({ before: "attributes: \n", after: "attributes: i\n" });
    expect(again()).to.deep.equal([]);
    const right = await planModule(file, { path: "/etc/x", attributes: "+e" }, { host });
    expect(right.changes).to.deep.equal([]);
  });

  it("are given again to the file that takes another's place", async () => {
    const host = [
      [fileState("/etc"), { ...plain, type: "directory" }],
      [fileState("/etc/x"), { ...plain, size: 99 }],
      [fileFlags("/etc/x"), flags("eA")],
    ] as const;
    const { scripts } = await planModule(copy, { dest: "/etc/x", content: "new", attributes: "+A" }, { host });
    expect(scripts).to.deep.equal(["write /etc/x", "chattr +A /etc/x"]);
  });

  it("are nothing for what goes or is not there", async () => {
    const gone = await planModule(
      file,
      { path: "/etc/x", state: "absent", attributes: "-i" },
      { host: [[fileState("/etc/x"), plain]] },
    );
    expect(gone.scripts).to.deep.equal(["rm -f -- /etc/x"]);
    const args = { path: "/etc/y", line: "x", state: "absent", attributes: "+i" };
    expect((await planModule(lineinfile, args)).changes).to.deep.equal([]);
  });

  it("are refused where a module does not heed them", async () => {
    expect(await failure(planModule(openssh_keypair, { path: "/root/k", attributes: "+i" }))).to.contain(
      "`attributes` is not supported for what is written here",
    );
    expect(await failure(planModule(file, { path: "/etc/x", attributes: "-R" }))).to.contain("letters of chattr");
  });

  it("reach the file behind a link, and stay when its text is edited", async function () {
    const directory = mkdtempSync(join(tmpdir(), "tsrun-flags-"));
    const [target, link] = [join(directory, "-t"), join(directory, "l")];
    try {
      writeFileSync(target, "one\n");
      symlinkSync("-t", link);
      // Not every file system has attributes.
      if (spawnSync("chattr", ["+A", target]).status !== 0) return this.skip();
      execFileSync("chattr", ["-A", target]);
      const letters = () => execFileSync("lsattr", ["-d", target]).toString().split(" ")[0];
      expect((await runLocally(file, { path: link, attributes: "+A" })).changed).to.equal(true);
      expect(letters()).to.contain("A");
      expect((await runLocally(file, { path: link, attributes: "+A" })).changed).to.equal(false);
      const line = { path: target, line: "two", attributes: "+A" };
      expect((await runLocally(lineinfile, line)).changed).to.equal(true);
      expect(letters()).to.contain("A");
      expect((await runLocally(lineinfile, line)).changed).to.equal(false);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("SELinux contexts", () => {
  const args = { path: "/etc/x", setype: "etc_t", seuser: "system_u" };
  const host = (isEnabled: boolean) =>
    [
      [fileState("/etc/x"), plain],
      [selinuxEnabled(null), isEnabled],
    ] as const;

  it("have no meaning on a host without SELinux", async () => {
    expect((await planModule(file, args, { host: host(false) })).changes).to.deep.equal([]);
  });

  it("are refused on a host with it", async () => {
    expect(await failure(planModule(file, args, { host: host(true) }))).to.contain(
      "`seuser` is not supported where SELinux is enabled",
    );
    expect((await planModule(file, { path: "/etc/x" }, { host: host(true) })).changes).to.deep.equal([]);
  });
});
