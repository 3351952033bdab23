import { expect } from "chai";
import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Host } from "../../src/host/host.ts";
import { putFile, type PutFileRequest, putFileResult } from "../../src/host/put-file.ts";
import { payloadSize, type ScriptRunner } from "../../src/host/script-request.ts";
import type { Shell } from "../../src/host/shell.ts";
import { decodeBytes } from "../../src/lib/bytes.ts";
import { LocalTransport } from "../../src/transport/local.ts";
import { errorOf } from "./support.ts";

describe("putFile", () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrun-test-put-"));
  const host = new Host({ name: "here", transport: () => new LocalTransport() });
  let shell: Shell;
  const at = (name: string) => join(directory, name);
  const put = (name: string, content: string, more: Partial<PutFileRequest> = {}) =>
    putFile(shell, { path: at(name), content: Buffer.from(content), ...more });
  const mode = (name: string) => (statSync(at(name)).mode & 0o7777).toString(8);

  before(async () => {
    shell = await host.shell();
  });
  after(async () => {
    await host.close();
    rmSync(directory, { recursive: true });
  });

  it("makes a file and keeps the mode of one that exists", async () => {
    expect(await put("a", "one")).to.deep.equal({});
    expect([readFileSync(at("a"), "utf8"), mode("a")]).to.deep.equal(["one", "644"]);
    await put("a", "two", { mode: 0o4710 });
    await put("a", "three");
    expect([readFileSync(at("a"), "utf8"), mode("a")]).to.deep.equal(["three", "4710"]);
    await put("a", "", { mode: "u=rw,go=" });
    expect([readFileSync(at("a"), "utf8"), mode("a")]).to.deep.equal(["", "600"]);
  });

  for (const name of [
    "with space",
    "-dash",
    "new\nline",
    'it\'s "$(id)" `id` \\',
    "*",
    decodeBytes(Buffer.from([0xff, 0x61])),
    ".tsrun-x",
  ]) {
    it(`takes the name ${JSON.stringify(name)} as it is`, async () => {
      const folder = mkdtempSync(join(directory, "names-"));
      await putFile(shell, { path: `${folder}/${name}`, content: Buffer.from("x") });
      const names = readdirSync(Buffer.from(folder), { encoding: "buffer" }).map((bytes) =>
        decodeBytes(bytes as Uint8Array),
      );
      expect(names).to.deep.equal([name]);
    });
  }

  it("streams a source and checks it against its checksum", async () => {
    const bytes = Buffer.alloc(2_500_000, "stream");
    async function* open() {
      for (let start = 0; start < bytes.length; start += 300_000) yield bytes.subarray(start, start + 300_000);
    }
    await putFile(shell, { path: at("streamed"), content: { size: bytes.length, open } });
    expect(readFileSync(at("streamed")).equals(bytes)).to.equal(true);
    const wrong = { size: bytes.length, open, sha256: createHash("sha256").update("other").digest("hex") };
    const error = await errorOf(putFile(shell, { path: at("streamed"), content: wrong }));
    expect(error).to.include({ code: "E_WRITE_FILE" });
    expect(error.message).to.contain("another checksum");
    expect(readdirSync(directory).filter((name) => name.startsWith(".tsrun-"))).to.deep.equal([]);
  });

  it("sends much content compressed where that pays, and plain to a host without gzip", async () => {
    const text = "the same line over and over\n".repeat(20_000);
    const sent: number[] = [];
    const counted = (hasGzip: boolean): ScriptRunner => ({
      run: (request) => {
        sent.push(payloadSize(request.stdin));
        const script = hasGzip
          ? request.script
          : `gzip() { echo "gzip: not found" >&2; return 127; }\n${request.script}`;
        return shell.run({ ...request, script });
      },
    });
    const random = randomBytes(text.length);
    for (const [name, content, hasGzip] of [
      ["packed", Buffer.from(text), true],
      ["plain", Buffer.from(text), false],
      ["random", random, true],
    ] as const) {
      await putFile(counted(hasGzip), { path: at(name), content });
      expect(readFileSync(at(name)).equals(content), name).to.equal(true);
    }
    const [packed = 0, again = 0, plain, whole] = sent;
    expect(packed).to.be.below(20_000);
    expect([again, plain, whole]).to.deep.equal([packed, text.length, random.length]);
  });

  it("keeps a backup under Ansible's name for it", async () => {
    await put("saved", "old", { mode: "0600" });
    const { backupFile = "" } = await put("saved", "new", { backup: true });
    expect(backupFile).to.match(/saved\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~$/);
    expect(readFileSync(backupFile, "utf8")).to.equal("old");
    expect(statSync(backupFile).mode & 0o777).to.equal(0o600);
    expect(await put("fresh", "new", { backup: true })).to.deep.equal({});
  });

  it("replaces a link itself, not what it points to", async () => {
    writeFileSync(at("pointed"), "kept");
    symlinkSync(at("pointed"), at("link"));
    await put("link", "new");
    expect([readFileSync(at("pointed"), "utf8"), readFileSync(at("link"), "utf8")]).to.deep.equal(["kept", "new"]);
  });

  it("says in the host's words why it could not", async () => {
    mkdirSync(at("folder"));
    expect((await errorOf(put("folder", "x"))).message).to.equal(
      `cannot write \`${at("folder")}\` on the host: Is a directory`,
    );
    const missing = await errorOf(put("no/such/folder", "x"));
    expect(missing.hint).to.contain("`state: directory`");
    expect((await errorOf(put("a", "x", { mode: "rwx" }))).message).to.contain("invalid mode");
    expect(existsSync(at("folder"))).to.equal(true);
  });

  it("sweeps temp files of processes that are gone, and nothing else", async () => {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").split("-")[0];
    const live = `.tsrun-${boot}-${process.pid}-aa`;
    for (const name of [`.tsrun-${boot}-99999999-aa`, ".tsrun-00000000-1-aa", live, ".other"])
      writeFileSync(at(name), "");
    await put("b", "x");
    expect(readdirSync(directory).filter((name) => name.startsWith("."))).to.have.members([live, ".other"]);
    rmSync(at(live));
  });

  it("reads its result out of a longer script's output", () => {
    const stdout = Buffer.from("backup /a b\nin-place\n");
    expect(putFileResult({ path: "/a" }, { rc: 0, stdout, stderr: new Uint8Array() })).to.deep.equal({
      backupFile: "/a b",
      inPlace: true,
    });
  });
});
