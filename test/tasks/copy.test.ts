import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { file } from "../../src/state/file.ts";
import copy from "../../tasks/copy.ts";
import template from "../../tasks/template.ts";
import { planModule } from "./plan-module.ts";
import { runLocally } from "./run-locally.ts";

describe("module: copy", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun copy '"));
    mkdirSync(join(root, "src/sub/empty"), { recursive: true });
    writeFileSync(join(root, "src/a"), "alpha\n", { mode: 0o600 });
    writeFileSync(join(root, "src/sub/b"), Buffer.from([0, 255, 254]));
    symlinkSync("../a", join(root, "src/sub/link"));
  });
  after(() => rmSync(root, { recursive: true }));
  const at = (...names: string[]) => join(root, ...names);
  const text = (name: string) => readFileSync(at(name), "latin1");
  const mode = (name: string) => (statSync(at(name)).mode & 0o7777).toString(8);
  const failing = async (raw: object) =>
    ((await runLocally(copy, { ...raw } as Record<string, unknown>).catch((error: Error) => error)) as Error).message;

  it("writes content once, and tells Ansible's fields", async () => {
    const raw = { content: "hello\n", dest: at("c"), mode: "0640" };
    const first = await runLocally(copy, raw);
    expect(first.result).to.deep.include({
      changed: true,
      dest: at("c"),
      checksum: "f572d396fae9206628714fb2ce00f72e94f2258f",
      md5sum: "b1946ac92492d2347c6235b4d2611184",
      mode: "0640",
      state: "file",
      size: 6,
      owner: "root",
    });
    expect((await runLocally(copy, raw)).result).to.deep.include({
      changed: false,
      checksum: "f572d396fae9206628714fb2ce00f72e94f2258f",
    });
    expect(text("c")).to.equal("hello\n");
  });

  it("writes mappings as Python's JSON", async () => {
    await runLocally(copy, { content: { a: [1, true, null, "é"], b: {} }, dest: at("json") });
    expect(text("json")).to.equal('{"a": [1, true, null, "\\u00e9"], "b": {}}');
    expect(mode("json")).to.equal("644");
  });

  it("keeps mode and owner of the file it replaces, and backs it up when asked to", async () => {
    writeFileSync(at("kept"), "old", { mode: 0o604 });
    const { result } = await runLocally(copy, { content: "new", dest: at("kept"), backup: true });
    expect(mode("kept")).to.equal("604");
    expect(readFileSync(result["backup_file"] as string, "utf8")).to.equal("old");
  });

  it("sets only the mode when the content is right", async () => {
    const { changes } = await runLocally(copy, { content: "new", dest: at("kept"), mode: "u=rw,go=r" });
    expect(changes.flatMap((change) => change.steps.map((step) => step.type))).to.deep.equal(["command"]);
  });

  it("shows the difference as text", async () => {
    const { changes } = await runLocally(copy, { content: "newer\n", dest: at("kept") }, { wantsDiff: true });
    expect(changes[0]?.diff).to.deep.equal({
      before: "new",
      after: "newer\n",
      beforeHeader: at("kept"),
      afterHeader: "content",
    });
  });

  it("puts a file into a directory, with and without the slash, and makes the directory only for the slash", async () => {
    mkdirSync(at("into"));
    expect((await runLocally(copy, { src: at("src/a"), dest: at("into") })).result["dest"]).to.equal(at("into/a"));
    expect((await runLocally(copy, { src: at("src/a"), dest: `${at("into")}/` })).changed).to.equal(false);
    await runLocally(copy, { src: at("src/a"), dest: `${at("made/here")}/`, directory_mode: "0700", mode: "preserve" });
    expect([mode("made"), mode("made/here"), mode("made/here/a")]).to.deep.equal(["700", "700", "600"]);
    expect(await failing({ src: at("src/a"), dest: at("nowhere/a") })).to.equal(
      `Destination directory ${at("nowhere")} does not exist`,
    );
    expect(await failing({ content: "x", dest: at("into") })).to.equal("can not use content with a dir as dest");
  });

  it("replaces a link, or writes through it with follow", async () => {
    writeFileSync(at("real"), "1");
    symlinkSync("real", at("ln"));
    await runLocally(copy, { content: "2", dest: at("ln"), follow: true });
    expect([text("real"), readlinkSync(at("ln"))]).to.deep.equal(["2", "real"]);
    expect((await runLocally(copy, { content: "2", dest: at("ln"), follow: true })).changed).to.equal(false);
    await runLocally(copy, { content: "2", dest: at("ln") });
    expect([lstatSync(at("ln")).isFile(), text("real")]).to.deep.equal([true, "2"]);
  });

  it("leaves an existing file alone without force, and refuses content that does not validate", async () => {
    expect((await runLocally(copy, { content: "other", dest: at("real"), force: false })).changed).to.equal(false);
    expect(await failing({ content: "bad", dest: at("real"), validate: "grep -q good %s" })).to.include(
      "failed to validate",
    );
    expect(text("real")).to.equal("2");
  });

  it("copies a directory, its own name included unless a slash says otherwise", async () => {
    const first = await runLocally(copy, { src: at("src"), dest: at("tree"), mode: "0604", directory_mode: "0705" });
    expect(first.changed).to.equal(true);
    expect([text("tree/src/a"), text("tree/src/sub/b"), text("tree/src/sub/link")]).to.deep.equal([
      "alpha\n",
      "\u0000\u00ff\u00fe",
      "alpha\n",
    ]);
    expect([mode("tree"), mode("tree/src/sub/empty"), mode("tree/src/a")]).to.deep.equal(["705", "705", "604"]);
    expect(
      (await runLocally(copy, { src: at("src"), dest: at("tree"), mode: "0604", directory_mode: "0705" })).changed,
    ).to.equal(false);
    await runLocally(copy, { src: `${at("src")}/`, dest: at("flat"), local_follow: false });
    expect(readlinkSync(at("flat/sub/link"))).to.equal("../a");
    expect((await runLocally(copy, { src: `${at("src")}/`, dest: at("flat"), local_follow: false })).changed).to.equal(
      false,
    );
    writeFileSync(at("flat/a"), "spoilt");
    expect((await runLocally(copy, { src: `${at("src")}/`, dest: at("flat"), local_follow: false })).changed).to.equal(
      true,
    );
  });

  it("copies a file on the host itself", async () => {
    const raw = { src: at("src/a"), dest: at("host copy"), remote_src: true, mode: "0600" };
    expect((await runLocally(copy, raw)).result).to.deep.include({
      changed: true,
      src: at("src/a"),
      dest: at("host copy"),
      checksum: expectSha1("alpha\n"),
    });
    expect((await runLocally(copy, raw)).changed).to.equal(false);
    writeFileSync(at("host copy"), "ALPHA\n");
    const again = await runLocally(copy, { ...raw, backup: true });
    expect(readFileSync(again.result["backup_file"] as string, "utf8")).to.equal("ALPHA\n");
    expect(await failing({ ...raw, src: at("none") })).to.equal(`Source ${at("none")} not found`);
    writeFileSync(at("host copy"), "ALPHA\n");
    expect(await failing({ ...raw, validate: "grep -q good %s" })).to.include("failed to validate");
    expect(text("host copy")).to.equal("ALPHA\n");
  });

  it("copies a directory on the host itself", async () => {
    const raw = { src: at("src"), dest: at("host tree"), remote_src: true };
    expect((await runLocally(copy, raw)).changed).to.equal(true);
    expect(text("host tree/src/sub/link")).to.equal("alpha\n");
    writeFileSync(at("host tree/src/more"), "");
    expect((await runLocally(copy, raw)).changed).to.equal(false);
  });

  it("predicts content for check mode", async () => {
    const { changes } = await planModule(
      copy,
      { content: "x", dest: "/etc/x" },
      { host: [[file("/etc"), { type: "directory" }]] },
    );
    expect(changes.map((change) => [change.query.kind.name, change.action])).to.deep.equal([
      ["file", "create"],
      ["file-content", "create"],
      ["file-checksum", "create"],
    ]);
    expect(changes[0]?.after).to.include({ type: "file", size: 1, mode: 0o644 });
  });

  it("refuses src with content, and neither", async () => {
    expect(await failing({ dest: "/x" })).to.equal("src (or content) is required");
    expect(await failing({ dest: "/x", src: "a", content: "b" })).to.equal("src and content are mutually exclusive");
  });

  it("takes a vault file as it is with decrypt: false", async () => {
    const controller = {
      find: () => Promise.resolve("/project/secret"),
      stat: () => Promise.resolve({ path: "/project/secret", type: "file" as const, size: 5, mode: 0o600 }),
      read: () => Promise.resolve(Buffer.from("plain")),
      readRaw: () => Promise.resolve(Buffer.from("$ANSI")),
    };
    const content = async (decrypt: boolean) => {
      const host = [[file("/etc"), { type: "directory" }]] as const;
      const { changes } = await planModule(copy, { src: "secret", dest: "/etc/x", decrypt }, { controller, host });
      const step = changes[0]?.steps[0];
      return step?.type === "write" ? Buffer.from(step.file.content as Uint8Array).toString() : undefined;
    };
    expect([await content(true), await content(false)]).to.deep.equal(["plain", "$ANSI"]);
  });
});

describe("module: template", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-template-"));
    writeFileSync(join(root, "t.j2"), "rendered\n", { mode: 0o640 });
  });
  after(() => rmSync(root, { recursive: true }));

  it("writes what the template gives, once", async () => {
    const raw = { src: join(root, "t.j2"), dest: join(root, "out"), mode: "preserve" };
    expect((await runLocally(template, raw)).result).to.deep.include({
      changed: true,
      dest: join(root, "out"),
      mode: "0640",
      checksum: expectSha1("rendered\n"),
    });
    expect((await runLocally(template, raw)).changed).to.equal(false);
    expect((await runLocally(template, { ...raw, dest: `${root}/` })).result["dest"]).to.equal(join(root, "t.j2"));
  });
});

function expectSha1(content: string): string {
  return createHash("sha1").update(content).digest("hex");
}
