import { expect } from "chai";
import { codeFrame } from "../../src/yaml/code-frame.ts";

function frame(text: string, marked: string, note?: string, width?: number): string {
  const start = text.indexOf(marked);
  const range = { source: { path: "a.yml", text }, start, end: start + marked.length };
  return codeFrame(range, note, width === undefined ? {} : { width });
}

describe("codeFrame", () => {
  it("shows the line, marks the range and adds the note", () => {
    const text = `${"\n".repeat(30)}      stat: started\n`;
    expect(frame(text, "stat", "did you mean `state`?")).to.equal(
      ["  ──▶ a.yml:31:7", "   │", "31 │       stat: started", "   │       ^^^^  did you mean `state`?"].join("\n"),
    );
  });

  it("marks only the first line of a longer range, and one column of an empty one", () => {
    expect(frame("a: b\nc: d\n", "b\nc").split("\n").at(-1)).to.equal("  │    ^");
    expect(frame("a:\n", "").split("\n").at(-1)).to.equal("  │ ^");
  });

  it("keeps marks under wide characters and tabs", () => {
    expect(frame("\t日本: x\n", "x").split("\n").slice(2)).to.deep.equal(["1 │     日本: x", "  │           ^"]);
  });

  it("clips a long line around the place", () => {
    const lines = frame(`${"a".repeat(200)}HERE${"b".repeat(200)}`, "HERE", undefined, 40).split("\n");
    expect(lines[2]).to.match(/^1 │ …a{17}HERE b*…$|^1 │ …a+HEREb+…$/);
    expect(lines[2]?.length).to.be.at.most(44);
    expect(lines[3]?.indexOf("^")).to.equal(lines[2]?.indexOf("HERE"));
  });

  it("does not let a file drive the terminal", () => {
    expect(frame("a: \u001b[2J\u202eevil\n", "evil")).to.not.match(/\p{Cc}(?<!\n)|\p{Cf}/u);
  });
});
