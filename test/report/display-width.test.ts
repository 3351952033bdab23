import { expect } from "chai";
import { clipToWidth, displayWidth, padToWidth } from "../../src/report/display-width.ts";

describe("display width", () => {
  for (const [text, width] of [
    ["abc", 3],
    ["東京", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["👩‍🚀", 2],
    ["", 0],
    ["ｆ", 2],
  ] as const) {
    it(`takes ${width} columns for ${JSON.stringify(text)}`, () => {
      expect(displayWidth(text)).to.equal(width);
    });
  }

  it("clips without cutting a character in two", () => {
    expect(clipToWidth("東京都", 4)).to.equal("東…");
    expect(clipToWidth("abcdef", 6)).to.equal("abcdef");
    expect(clipToWidth("abcdefg", 6)).to.equal("abcde…");
    expect(clipToWidth("abc", 0)).to.equal("");
  });

  it("pads by what is seen", () => {
    expect(padToWidth("東", 4)).to.equal("東  ");
  });
});
