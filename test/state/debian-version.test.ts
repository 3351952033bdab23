import { expect } from "chai";
import { compareDebianVersions } from "../../src/state/debian-version.ts";

describe("state: Debian versions", () => {
  // Signs as `dpkg --compare-versions` gives them.
  for (const [a, sign, b] of [
    ["1.0", "<", "1.1"],
    ["1.10", ">", "1.9"],
    ["1.0~rc1", "<", "1.0"],
    ["1.0~~", "<", "1.0~"],
    ["1:0.9", ">", "2.0"],
    ["1.0-1", "<", "1.0-2"],
    ["1.0-1", ">", "1.0"],
    ["1.0-0", "=", "1.0"],
    ["1.0-1~bpo12+1", "<", "1.0-1"],
    ["2.36-9+deb12u14", ">", "2.36-9+deb12u9"],
    ["1.0a", ">", "1.0"],
    ["1.0a", "<", "1.0+"],
    ["1.0.0", ">", "1.0"],
    ["0:1.0", "=", "1.0"],
    ["1.001", "=", "1.1"],
    ["20230101", "<", "99999999999999999999"],
  ] as const) {
    it(`${a} ${sign} ${b}`, () => {
      expect(Math.sign(compareDebianVersions(a, b))).to.equal({ "<": -1, "=": 0, ">": 1 }[sign]);
      expect(Math.sign(compareDebianVersions(b, a)) + 0).to.equal({ "<": 1, "=": 0, ">": -1 }[sign]);
    });
  }
});
