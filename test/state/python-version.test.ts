import { expect } from "chai";
import { comparePythonVersions, isPythonVersionIn } from "../../src/state/python-version.ts";

describe("versions of Python packages", () => {
  it("are ordered as PEP 440 says", () => {
    const ordered = [
      ["not-a-version"],
      ["0.0.1"],
      ["1.0.dev3"],
      ["1.0a1.dev2"],
      ["1.0a1", "1.0-alpha1"],
      ["1.0b2"],
      ["1.0rc1", "1.0.c1"],
      ["1.0", "v1", "1.0.0"],
      ["1.0.post1.dev4"],
      ["1.0.post1", "1.0-1"],
      ["1.9"],
      ["1.10"],
      ["2023.3.1"],
      ["1!0.5"],
    ].flatMap((same, rank) => same.map((version) => ({ version, rank })));
    for (const a of ordered)
      for (const b of ordered)
        expect(comparePythonVersions(a.version, b.version), `${a.version} ${b.version}`).to.equal(
          Math.sign(a.rank - b.rank),
        );
  });

  // Answers of the Python package `packaging`, with pre-releases.
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    ["", ["1.0", "2.0rc1"], []],
    ["==1.0", ["1.0", "1.0.0", "1.0+local.1"], ["1.0.post1", "1.0a1", "1.1"]],
    ["==1.*", ["1.0a1", "1.10", "1.0.post1"], ["2.0"]],
    ["!=1.0.*", ["1.10", "2.0"], ["1.0", "1.0.1"]],
    [">=1.0,<2", ["1.0", "1.10", "1.0+local.1"], ["1.0rc1", "2.0", "2.0rc1"]],
    ["~=1.4.2", ["1.4.2", "1.4.10"], ["1.5", "1.4.1"]],
    ["~=1.4", ["1.4.2", "1.5"], ["2.0", "1.0"]],
    [">1.0", ["1.4.2", "1.0.1"], ["1.0", "1.0.post1", "1.0-1"]],
    ["===1.0", ["1.0"], ["1.0.0"]],
    ["nonsense", [], ["1.0"]],
  ];
  for (const [clauses, inside, outside] of cases) {
    it(`fulfil \`${clauses}\` or do not`, () => {
      for (const version of inside) expect(isPythonVersionIn(version, clauses), version).to.equal(true);
      for (const version of outside) expect(isPythonVersionIn(version, clauses), version).to.equal(false);
    });
  }
});
