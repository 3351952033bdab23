import { expect } from "chai";
import { readFileSync } from "node:fs";
import { Float } from "../../src/lib/float.ts";
import { originalKeys } from "../../src/lib/key-order.ts";
import { parseYaml } from "../../src/yaml/parse-yaml.ts";

interface Oracle {
  readonly scalars: readonly (readonly [string, unknown])[];
  readonly documents: readonly (readonly [string, unknown])[];
}

const oracle = JSON.parse(readFileSync(new URL("oracle/pyyaml.json", import.meta.url), "utf8")) as Oracle;

/** Floats as the oracle writes them, `{float: repr}`, compared by value. */
function plain(value: unknown): unknown {
  if (value instanceof Float) return { float: floatText(value.value) };
  if (typeof value === "number" && !Number.isInteger(value)) return { float: floatText(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function expected(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value !== "object" || value === null) return value;
  if ("float" in value) return { float: floatText(Number(String(value.float).replace("inf", "Infinity"))) };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expected(item)]));
}

function floatText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

describe("yaml against PyYAML", () => {
  it("gives every scalar the same type and value", () => {
    for (const [text, value] of oracle.scalars) {
      const [read] = parseYaml({ path: "scalar", text: `- ${text}\n` })[0] as unknown[];
      expect(plain(read), text).to.deep.equal(expected(value));
    }
    expect(oracle.scalars.length).to.be.greaterThan(200);
  });

  it("reads every document to the same value, key order included", () => {
    for (const [text, value] of oracle.documents) {
      const read = parseYaml({ path: "document", text });
      expect(plain(read), JSON.stringify(text)).to.deep.equal(expected(value));
      const [first] = read;
      if (typeof first === "object" && first !== null && !Array.isArray(first)) {
        const [wanted] = value as object[];
        expect(originalKeys(first), JSON.stringify(text)).to.deep.equal(Object.keys(wanted as object));
      }
    }
    expect(oracle.documents.length).to.be.greaterThan(40);
  });
});
