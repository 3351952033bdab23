import { expect } from "chai";
import fc from "fast-check";
import { decodeBytes, encodeBytes } from "../../src/lib/bytes.ts";

describe("bytes", () => {
  it("keeps UTF-8 as it is and invalid bytes as lone surrogates", () => {
    expect(decodeBytes(Buffer.from("grüße 🎉"))).to.equal("grüße 🎉");
    expect(decodeBytes(Buffer.from([0x61, 0xff, 0x62]))).to.equal("a\udcffb");
    expect(decodeBytes(Buffer.from([0xef, 0xbb, 0xbf, 0x61]))).to.equal("\ufeffa");
  });

  it("turns any bytes into text and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(Buffer.from(encodeBytes(decodeBytes(bytes))).equals(Buffer.from(bytes))).to.equal(true);
      }),
    );
  });
});
