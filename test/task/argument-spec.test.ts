import { expect } from "chai";
import { checkArgumentSpec } from "../../src/task/argument-spec.ts";

describe("a role's argument spec", () => {
  it("takes what Ansible would convert", () => {
    const spec = { n: { type: "int" }, b: { type: "bool" }, l: { type: "list", elements: "int" }, s: {} };
    expect(checkArgumentSpec(spec, { n: "5", b: "yes", l: "1,2", s: 7 })).to.deep.equal([]);
  });

  it("names missing, mistyped, unchosen and unknown arguments, also inside of dicts", () => {
    const spec = {
      a: { type: "int", required: true },
      n: { type: "int" },
      c: { type: "str", choices: ["x", "y"] },
      d: { type: "list", elements: "dict", options: { p: { type: "bool", required: true } } },
    };
    expect(checkArgumentSpec(spec, { n: "five", c: "z", d: [{ q: 1 }], other: 1 })).to.deep.equal([
      "missing required arguments: a",
      "argument 'n' is of type <class 'str'> and we were unable to convert to int: <class 'str'> cannot be converted to an int",
      "value of c must be one of: x, y, got: z",
      "missing required arguments: p found in d",
      "d.q. Supported parameters include: p.",
      "other. Supported parameters include: a, c, d, n.",
    ]);
  });

  it("takes an argument by its alias", () => {
    expect(checkArgumentSpec({ name: { required: true, aliases: ["title"] } }, { title: "x" })).to.deep.equal([]);
  });
});
