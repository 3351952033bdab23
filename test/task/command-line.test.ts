import { execFileSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import { globWord, hostWord, splitCommand } from "../../src/task/command-line.ts";
import { sh } from "../../src/task/sh.ts";

const run = (script: string, env: NodeJS.ProcessEnv = {}) =>
  execFileSync("/bin/sh", ["-c", script], { env: { HOME: "/home/anna", ...env }, cwd: "/" }).toString();

describe("splitCommand", () => {
  it("splits as shlex does", () => {
    expect(splitCommand(`a "b c"  'd "e' f\\ g`)).to.deep.equal(["a", "b c", 'd "e', "f g"]);
    expect(splitCommand(`x="1 2" '' ""`)).to.deep.equal(["x=1 2", "", ""]);
    expect(splitCommand(`"a\\"b" "c\\d" 'e\\f'`)).to.deep.equal(['a"b', "c\\d", "e\\f"]);
    expect(splitCommand("one\n  two\tthree\n")).to.deep.equal(["one", "two", "three"]);
    expect(splitCommand("echo #no | comment > here")).to.deep.equal(["echo", "#no", "|", "comment", ">", "here"]);
  });

  it("refuses open quotes", () => {
    expect(() => splitCommand("echo 'it")).to.throw("No closing quotation");
    expect(() => splitCommand("echo \\")).to.throw("No escaped character");
  });
});

describe("hostWord", () => {
  it("expands the host's home and variables, and nothing else", () => {
    const words = [
      "~",
      "~/a b",
      "~root/x",
      "a~",
      "$NAME/$NAME2",
      "${NAME}x",
      "$NOPE",
      "${NOPE}",
      "$(id)",
      "`id`",
      "$1",
      "*",
      "it's $NAME",
    ];
    const printed = run(sh`printf '%s\n' ${words.map(hostWord)}`.text, { NAME: "v w", NAME2: "$HOME" });
    expect(printed.split("\n").slice(0, -1)).to.deep.equal([
      "/home/anna",
      "/home/anna/a b",
      "/root/x",
      "a~",
      "v w/$HOME",
      "v wx",
      "$NOPE",
      "${NOPE}",
      "$(id)",
      "`id`",
      "$1",
      "*",
      "it's v w",
    ]);
  });

  it("brings any other text through unchanged", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!/[\0$]|^~/.test(text));
        expect(run(sh`printf %s ${hostWord(text)}`.text)).to.equal(text);
      }),
      { numRuns: 60 },
    );
  });
});

describe("globWord", () => {
  it("matches files, and quotes the rest", () => {
    const first = (pattern: string) => run(sh`set -- ${globWord(pattern)}; printf '%s' "$1"`.text);
    expect(first("/etc/host[mn]ame")).to.equal("/etc/hostname");
    expect(first("/etc/hostnam?")).to.equal("/etc/hostname");
    expect(first("/etc/host[!x]ame")).to.equal("/etc/hostname");
    expect(first("/nope/$(id) '*")).to.equal("/nope/$(id) '*");
    expect(first("/nope/[$(id);x]*")).to.equal("/nope/[$(id);x]*");
    expect(first("/etc/pass*d")).to.equal("/etc/passwd");
  });
});
