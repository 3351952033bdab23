import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ensureLine, removeLines } from "../../src/plan/edit-line.ts";
import lineinfile from "../../tasks/lineinfile.ts";
import { runLocally } from "./run-locally.ts";

interface OracleCase {
  readonly text: string;
  readonly args: {
    readonly state?: string;
    readonly line?: string;
    readonly regexp?: string;
    readonly search_string?: string;
  };
  readonly expect: readonly [string, boolean, string];
}

describe("module: lineinfile", () => {
  it("edits as Ansible's own lineinfile does", () => {
    const cases = JSON.parse(readFileSync(new URL("oracle/lineinfile.json", import.meta.url), "utf8")) as OracleCase[];
    expect(cases.length).to.be.greaterThan(400);
    for (const { text, args, expect: expected } of cases) {
      const edited =
        args.state === "absent"
          ? removeLines(text, args)
          : ensureLine(text, { backrefs: false, firstmatch: false, ...args, line: args.line as string });
      // Where the last line has no line break Ansible glues a line that comes after it to it; tsrun adds the break.
      const isGlued =
        "insertafter" in args &&
        /[^\n]$/.test(text) &&
        !expected[0].startsWith(`${text}\n`) &&
        expected[0].startsWith(text) &&
        expected[0] !== text;
      if (isGlued) continue;
      expect([edited.text, edited.text !== text, edited.msg], JSON.stringify({ text, args })).to.deep.equal(expected);
    }
  });

  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-line-"));
  });
  after(() => rmSync(root, { recursive: true }));
  const at = (name: string) => join(root, name);
  const failing = async (raw: Record<string, unknown>) =>
    ((await runLocally(lineinfile, raw).catch((error: Error) => error)) as Error).message;

  it("changes a file once, keeps its mode and its bytes", async () => {
    writeFileSync(at("f"), Buffer.from("# \xff\nport 1\n", "latin1"), { mode: 0o600 });
    const raw = { path: at("f"), regexp: "^port", line: "port 2", backup: true };
    const { result, changes } = await runLocally(lineinfile, raw);
    expect(result).to.include({ changed: true, backup: `${at("f")}.backup~`, mode: "0600" });
    expect(readFileSync(at("f"), "latin1")).to.equal("# \xff\nport 2\n");
    expect(changes[0]?.diff).to.include({ before: "# \udcff\nport 1\n", after: "# \udcff\nport 2\n" });
    expect((await runLocally(lineinfile, raw)).changed).to.equal(false);
  });

  it("makes a missing file and the directories above it with create, and fails without", async () => {
    expect(await failing({ path: at("no/such/file"), line: "x" })).to.equal(
      `Destination ${at("no/such/file")} does not exist !`,
    );
    await runLocally(lineinfile, { path: at("no/such/file"), line: "x", create: true, mode: "0640" });
    expect([readFileSync(at("no/such/file"), "utf8"), statSync(at("no/such/file")).mode & 0o777]).to.deep.equal([
      "x\n",
      0o640,
    ]);
  });

  it("follows links and sets attributes when the text is right", async () => {
    symlinkSync("f", at("ln"));
    await runLocally(lineinfile, { path: at("ln"), line: "more" });
    expect(readFileSync(at("f"), "latin1")).to.match(/more\n$/);
    expect((await runLocally(lineinfile, { path: at("f"), line: "more", mode: "0604" })).changed).to.equal(true);
    expect((await runLocally(lineinfile, { path: at("f"), line: "more", mode: "0604" })).changed).to.equal(false);
  });

  it("removes lines, and is content without the file", async () => {
    const { result } = await runLocally(lineinfile, { path: at("f"), regexp: "^(port|more)", state: "absent" });
    expect(result).to.include({ changed: true, found: 2 });
    expect((await runLocally(lineinfile, { path: at("none"), line: "x", state: "absent" })).changed).to.equal(false);
  });

  it("keeps the old file when the new one does not validate", async () => {
    writeFileSync(at("v"), "good\n");
    expect(await failing({ path: at("v"), line: "bad", regexp: "good", validate: "grep -q good %s" })).to.include(
      "failed to validate",
    );
    expect(readFileSync(at("v"), "utf8")).to.equal("good\n");
  });

  it("refuses what Ansible refuses", async () => {
    expect(await failing({ path: root, line: "x" })).to.equal(`Path ${root} is a directory !`);
    expect(await failing({ path: at("f") })).to.equal("line is required with state=present");
    expect(await failing({ path: at("f"), line: "x", backrefs: true })).to.equal(
      "regexp is required with backrefs=true",
    );
    expect(await failing({ path: at("f"), line: "x", insertafter: "a", insertbefore: "b" })).to.include(
      "mutually exclusive",
    );
  });
});
