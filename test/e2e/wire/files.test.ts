import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { putFile, type PutFileRequest } from "../../../src/host/put-file.ts";
import type { Shell } from "../../../src/host/shell.ts";
import { errorOf, Sshd, text } from "./sshd.ts";

describe("files, over a real sshd as root", () => {
  const sshd = new Sshd();
  let root: Shell;
  let user = "";
  const directory = "/tmp/tsrun-test-files";
  const run = async (script: string) => text((await root.run({ script: `cd ${directory}; ${script}` })).stdout);
  const put = (name: string, content: string, more: Partial<PutFileRequest> = {}) =>
    putFile(root, { path: `${directory}/${name}`, content: Buffer.from(content), ...more });

  before(async () => {
    await sshd.start();
    user = sshd.addUser("files");
    root = await sshd.host("root").shell();
    await root.run({ script: `rm -rf ${directory}; mkdir ${directory}` });
  });
  after(async () => {
    await run(`umount ${directory}/* 2>/dev/null; rm -rf ${directory}`);
    await sshd.stop();
  });

  it("get owner, group and mode before they appear", async () => {
    await put("owned", "x", { owner: user, group: "daemon", mode: "u=rw,g=r,o=" });
    expect(await run("stat -c '%U %G %a' owned")).to.equal(`${user} daemon 640\n`);
    await put("owned", "y");
    expect(await run("stat -c '%U %G %a' owned; cat owned")).to.equal(`${user} daemon 640\ny`);
    expect(await errorOf(put("owned", "z", { owner: "tsrun-test-nosuch" }))).to.include({ code: "E_WRITE_FILE" });
    expect(await run("cat owned; ls -A")).to.equal("yowned\n");
  });

  it("are rewritten in place on a bind mount, and say so", async () => {
    await run("echo old >hosts; mount --bind hosts hosts");
    expect(await put("hosts", "new\n", { mode: "0600", backup: true })).to.have.property("inPlace", true);
    expect(await run("cat hosts; stat -c %a hosts; cat hosts.*~; umount hosts; cat hosts; rm hosts.*~")).to.equal(
      "new\n600\nold\nnew\n",
    );
  });

  it("stay whole on a full or read-only file system, and no temp file is left", async () => {
    await run("mkdir small; mount -t tmpfs -o size=64k none small; echo old >small/f");
    const full = await errorOf(put("small/f", "x".repeat(200_000)));
    expect(full.message).to.contain("No space left on device");
    await run("mount -o remount,ro small");
    expect((await errorOf(put("small/f", "x"))).message).to.contain("Read-only file system");
    expect(await run("cat small/f; ls -A small; umount small; rmdir small")).to.equal("old\nf\n");
  });

  it("do not follow what another user planted in his directory", async () => {
    await run(
      `echo secret >target; mkdir trap; ln -s ${directory}/target trap/link; ln -s /etc trap/dir; chown -hR ${user} trap`,
    );
    await put("trap/link", "mine\n", { mode: "0666", owner: user });
    expect(await run("cat target; stat -c '%U %a' target; stat -c %F trap/link")).to.equal(
      "secret\nroot 644\nregular file\n",
    );
    await put("trap/dir", "mine\n");
    expect(await run("stat -c %F trap/dir; ls -a /etc | grep -c '^.tsrun-'")).to.equal("regular file\n0\n");
    await put("linked", "x\n");
    await run("ln -s linked link");
    await put("link", "followed\n", { followSymlink: true });
    expect(await run("cat linked; readlink link")).to.equal("followed\nlinked\n");
  });

  it("are never wider than their final mode", async () => {
    const watch = root.run({
      script: `cd ${directory}; until [ -e stop ]; do stat -c %a .tsrun-* wide; done 2>/dev/null | sort -u`,
      timeoutMs: 15_000,
    });
    const other = await sshd.host("root").shell();
    const target = { path: `${directory}/wide`, mode: "0640", owner: user };
    for (let index = 0; index < 5; index++) await putFile(other, { ...target, content: Buffer.alloc(300_000) });
    await other.run({ script: `touch ${directory}/stop` });
    const modes = text((await watch).stdout)
      .trim()
      .split("\n");
    expect(modes.filter((mode) => !["600", "640", "644"].includes(mode))).to.deep.equal([]);
    expect(modes).not.to.include("644");
    await run("rm stop");
  });

  it("of a run that was killed are swept by the next one, and those of a live one are not", async () => {
    const other = sshd.host("root");
    const shell = await other.shell();
    const stuck = putFile(shell, {
      path: `${directory}/half`,
      content: {
        size: 3_000_000,
        sha256: "0",
        async *open() {
          yield Buffer.alloc(2_000_000);
          await sleep(60_000, undefined, { ref: false });
        },
      },
    });
    void errorOf(stuck);
    const { pid } = await shell.ready;
    for (let tries = 0; tries < 50 && !(await run("ls -A")).includes(".tsrun-"); tries++) await sleep(50);
    await put("other", "x");
    expect(await run("ls -A | grep -c '^.tsrun-'")).to.equal("1\n");
    await run(
      `for p in $(ps -s $(ps -o sid= -p $(pgrep -P ${pid} | tail -1)) -o pid=) $(pgrep -P ${pid}) ${pid}; do kill -9 $p; done 2>/dev/null; sleep 0.3`,
    );
    await put("other", "y");
    expect(await run("ls -A | grep -c '^.tsrun-'; ls half 2>/dev/null")).to.equal("0\n");
  });

  it("are refused by their validator with its words, and the old file stays", async () => {
    await put("checked", "good\n");
    const error = await errorOf(
      put("checked", "bad\n", { validate: "grep -q good %s || { echo 'line 1: bad'; false; }" }),
    );
    expect(error).to.include({ code: "E_VALIDATE" });
    expect(error.message).to.contain("line 1: bad");
    await put("checked", "root ALL=(ALL) ALL\n", { validate: "visudo -cf %s", mode: "0440" });
    expect(await run("cat checked")).to.equal("root ALL=(ALL) ALL\n");
  });

  it("can be written by somebody who may not write their directory, when that is allowed", async () => {
    await run(`mkdir closed; echo old >closed/f; chown ${user} closed/f`);
    const mine = await sshd.host(user).shell();
    const request = { path: `${directory}/closed/f`, content: Buffer.from("new\n") };
    expect((await errorOf(putFile(mine, request))).message).to.contain("Permission denied");
    expect(await putFile(mine, { ...request, unsafeWrites: true })).to.deep.equal({ inPlace: true });
    expect(await run("cat closed/f")).to.equal("new\n");
  });
});
