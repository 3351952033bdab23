import { expect } from "chai";
import { Float } from "../../src/lib/float.ts";
import { parsePythonLiteral } from "../../src/inventory/python-literal.ts";

function read(text: string): unknown {
  const literal = parsePythonLiteral(text);
  return literal ? literal.value : "no literal";
}

describe("parsePythonLiteral", () => {
  // Checked against ast.literal_eval of Python 3.11.
  const literals: [text: string, value: unknown][] = [
    ["1", 1],
    ["-3", -3],
    ["0x1F", 31],
    ["0o17", 15],
    ["1_000", 1000],
    ["00", 0],
    ["12345678901234567890", 12345678901234567890n],
    ["1.5", 1.5],
    ["1.0", new Float(1)],
    ["1e3", new Float(1000)],
    ["True", true],
    ["None", null],
    ["'a' \"b\"", "ab"],
    ["'it\\'s\\n\\x41'", "it's\nA"],
    ["r'\\n'", "\\n"],
    ["[1, 'two', [3.5],]", [1, "two", [3.5]]],
    ["(1,)", [1]],
    ["(1)", 1],
    ["()", []],
    ["1, 2", [1, 2]],
    ["{'a': 1, 2: None}", { a: 1, "2": null }],
    ["{}", {}],
    ["{1, 2}", [1, 2]],
    ["5 # five", 5],
  ];
  for (const [text, value] of literals) {
    it(`reads ${text}`, () => {
      expect(read(text)).to.deep.equal(value);
    });
  }

  for (const text of [
    "0644",
    "yes",
    "true",
    "a",
    "1+2",
    "192.0.2.1",
    "[1",
    "'a",
    "1a",
    "",
    "{{ x }}",
    "f'x'",
    "__import__('os')",
    "[x]",
    "1.2.3",
  ]) {
    it(`leaves ${text || "nothing"} as text`, () => {
      expect(read(text)).to.equal("no literal");
    });
  }

  it("gives up on endless nesting", () => {
    expect(read("[".repeat(100_000))).to.equal("no literal");
  });
});
