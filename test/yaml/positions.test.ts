import { expect } from "chai";
import fc from "fast-check";
import type { SourceRange } from "../../src/lib/source.ts";
import { parseYamlDocument } from "../../src/yaml/parse-yaml.ts";
import { rangeInValue, rangeOf, rangeOfKey, rangeOfValue, scalarMap } from "../../src/yaml/positions.ts";

function read(text: string): Record<string, unknown> {
  return parseYamlDocument({ path: "x.yml", text }) as Record<string, unknown>;
}

function textOf(range: SourceRange | undefined): string | undefined {
  return range?.source.text.slice(range.start, range.end);
}

describe("positions", () => {
  it("tells where keys, values and containers stand", () => {
    const value = read(
      "name: 'it''s'\nlist: [1, {x: y}, ]\nblock: |  # why\n  text\n  more\n\nnone:\ntag: !unsafe  x\n",
    );
    expect(textOf(rangeOfKey(value, "name"))).to.equal("name");
    expect(textOf(rangeOfValue(value, "name"))).to.equal("'it''s'");
    expect(textOf(rangeOfValue(value, "list"))).to.equal("[1, {x: y}, ]");
    expect(textOf(rangeOf(value["list"]))).to.equal("[1, {x: y}, ]");
    expect(textOf(rangeOfValue(value["list"], 1))).to.equal("{x: y}");
    expect(textOf(rangeOfValue(value, "block"))).to.equal("|  # why\n  text\n  more");
    expect(rangeOfValue(value, "none")).to.include({ start: value === null ? 0 : rangeOfKey(value, "none")?.end });
    expect(textOf(rangeOfValue(value, "tag"))).to.equal("!unsafe  x");
    expect(textOf(rangeOf(value))).to.match(/^name: [^]*!unsafe {2}x$/);
  });

  it("points a merged key at the place where it was written, an alias at the alias", () => {
    const value = read("base: &b {p: one}\nuser:\n  <<: *b\n  ref: *b\n");
    expect(textOf(rangeOfValue(value["user"], "p"))).to.equal("one");
    expect(textOf(rangeOfValue(value["user"], "ref"))).to.equal("*b");
  });

  it("is silent about values that came from nowhere", () => {
    expect(rangeOf({})).to.equal(undefined);
    expect(rangeOfKey({ a: 1 }, "a")).to.equal(undefined);
    expect(scalarMap("text", 0)).to.equal(undefined);
  });

  const styles: Record<string, string> = {
    plain: "v: say {{ name }} twice\n",
    "plain over two lines": "v: say\n  twice {{ name }}\n",
    "single quotes": "v: 'it''s {{ name }}'\n",
    "double quotes": 'v: "\\u00e9\\t\\"{{ name }}\\n"\n',
    "double quotes over lines": 'v: "one \\\n    two\n\n  {{ name }}"\n',
    "literal block": "v: |\n    first\n\n    \u{1f600} {{ name }}\n",
    "folded block": "v: >-\n  a\n  b\n    c\n\n  {{ name }}\n",
    "windows line ends": "v: |\r\n  a\r\n  {{ name }}\r\n",
    "quotes at the key's indentation": "x: 1\nv: 'a\nb {{ name }}'\n",
  };
  for (const [name, text] of Object.entries(styles)) {
    it(`maps an offset in a value to its column: ${name}`, () => {
      const value = read(text);
      const at = (value["v"] as string).indexOf("name");
      expect(textOf(rangeInValue(value, "v", at, at + 4))).to.equal("name");
      expect(rangeInValue(value, "v", at, at)?.start).to.equal(text.indexOf("name"));
    });
  }

  it("maps every character of any quoted or block text to the same character in the file", () => {
    const lines = fc.array(fc.stringMatching(/^[a-z'"\\{}:# ]{0,12}$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lines, fc.constantFrom("'", '"', "|"), (parts, style) => {
        const body = parts.map((part) => part.trim());
        const text = writeScalar(body, style);
        const value = read(text);
        expect(value["v"]).to.equal(
          style === "|" ? `${body.join("\n")}\n`.replace(/\n+$/, body.some(Boolean) ? "\n" : "") : body.join("\n"),
        );
        const map = scalarMap(value, "v") as (offset: number) => number;
        for (const [offset, char] of (value["v"] as string).split("").entries()) {
          if (/[a-z{}:#]/.test(char)) expect(text[map(offset)]).to.equal(char);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function writeScalar(lines: readonly string[], style: string): string {
  if (style === "|") return `v: |2\n${lines.map((line) => `  ${line}\n`).join("")}`;
  if (style === '"') return `v: ${JSON.stringify(lines.join("\n"))}\n`;
  // A run of line breaks loses one when it is folded.
  return `v: '${lines.join("\n").replaceAll("'", "''").replace(/\n+/g, "$&\n  ")}'\n`;
}
