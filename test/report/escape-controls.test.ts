import { expect } from "chai";
import fc from "fast-check";
import { escapeControls, escapeInJson, escapeLine } from "../../src/report/escape-controls.ts";
import { dumpJson } from "../../src/report/python-json.ts";
import { CONTROL_CHARACTERS } from "./control-characters.ts";

const bytesAndText = fc.string({ unit: "binary" });

describe("escaping of control characters", () => {
  it("shows what could drive a terminal as escapes", () => {
    expect(escapeControls("a\x1b[31mb\x9bc\u202ed\x7f\r\n\te")).to.equal("a\\x1b[31mb\\x9bc\\u202ed\\x7f\\r\n\te");
    expect(escapeLine("a\nb\tc")).to.equal("a\\nb\\tc");
  });

  it("shows a byte that was no UTF-8 as that byte", () => {
    expect(escapeControls("caf\udce9")).to.equal("caf\\xe9");
  });

  it("leaves ordinary text of any script alone", () => {
    const text = "Zürich 東京 👩‍🚀 עברית";
    expect(escapeControls(text)).to.equal(text);
  });

  it("lets no control character through, whatever comes", () => {
    fc.assert(
      fc.property(
        bytesAndText,
        (text) => !CONTROL_CHARACTERS.test(escapeLine(text)) && !/[\n\t]/.test(escapeLine(text)),
      ),
    );
  });

  it("keeps JSON valid and its value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(escapeInJson(JSON.stringify(value)))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(escapeInJson(JSON.stringify("\x9b\u2028\udcff"))).to.equal('"\\u009b\\u2028\\udcff"');
  });
});

describe("Python's JSON", () => {
  it("says the same as JSON, at any indentation", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, 4), (value, indent) => {
        expect(JSON.parse(dumpJson(value, indent))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("sorts keys and separates as Python does", () => {
    expect(dumpJson({ b: [1, "x"], a: {}, c: undefined, B: [] })).to.equal('{"B": [], "a": {}, "b": [1, "x"]}');
    expect(dumpJson({ b: [1], a: {} }, 4)).to.equal('{\n    "a": {},\n    "b": [\n        1\n    ]\n}');
  });
});
