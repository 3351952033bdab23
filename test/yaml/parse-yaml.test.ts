import { expect } from "chai";
import { TsrunError, TsrunErrors } from "../../src/lib/errors.ts";
import { originalKeys } from "../../src/lib/key-order.ts";
import { formatLocation } from "../../src/lib/source.ts";
import { parseYaml, parseYamlDocument } from "../../src/yaml/parse-yaml.ts";
import { rangeOfValue } from "../../src/yaml/positions.ts";
import { UnsafeText } from "../../src/yaml/unsafe-text.ts";
import { VaultText } from "../../src/yaml/vault-text.ts";

function read(text: string): unknown {
  return parseYamlDocument({ path: "x.yml", text });
}

/** All problems of a text as `line:column code message | hint`. */
function problems(text: string): string[] {
  try {
    read(text);
  } catch (thrown) {
    const errors = thrown instanceof TsrunErrors ? thrown.errors : [thrown as TsrunError];
    return errors.map((error) => {
      const place = error.at ? formatLocation(error.at).replace("x.yml:", "") : "nowhere";
      return `${place} ${error.code} ${error.message}${error.hint ? ` | ${error.hint}` : ""}`;
    });
  }
  return [];
}

describe("parseYaml", () => {
  it("reads Ansible's own tags", () => {
    const value = read(
      "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nb: !unsafe '{{ x }}'\nc: !unsafe [y, {z: w}]\n",
    ) as {
      a: VaultText;
      b: UnsafeText;
      c: [UnsafeText, { z: UnsafeText }];
    };
    expect(value.a).to.be.instanceOf(VaultText);
    expect(value.a.ciphertext).to.equal("$ANSIBLE_VAULT;1.1;AES256\n6162");
    expect(formatLocation(value.a.range)).to.equal("x.yml:1:4");
    expect(value.b).to.deep.equal(new UnsafeText("{{ x }}"));
    expect(value.c).to.deep.equal([new UnsafeText("y"), { z: new UnsafeText("w") }]);
  });

  it("keeps the order and type of number keys", () => {
    const value = read("8080: web\nname: x\n80: http\nyes: 1\n'7': seven\n") as object;
    expect(originalKeys(value)).to.deep.equal([8080, "name", 80, true, "7"]);
    expect(Object.keys(value)).to.deep.equal(
      ["80", "7", "8080", "name", "true"].sort((a, b) => Number(a) - Number(b) || 0),
    );
  });

  it("keeps big integers to the last digit", () => {
    expect(read("a: 12345678901234567890\nb: -0x1FFFFFFFFFFFFFFFF\n")).to.deep.equal({
      a: 12345678901234567890n,
      b: -0x1ffffffffffffffffn,
    });
  });

  it("reads a JSON document with JSON's numbers", () => {
    expect(read('{"a": 1e3, "b": "yes",\n\t"c": 0.5}')).to.have.property("c", 0.5);
    expect(String((read('{"a": 1e3}') as { a: unknown }).a)).to.equal("1000.0");
  });

  it("makes `__proto__` and `constructor` ordinary keys", () => {
    const value = read("__proto__: {polluted: 1}\nconstructor: 2\nx: {<<: {__proto__: 3}}\n") as Record<
      string,
      unknown
    >;
    expect(Object.keys(value)).to.deep.equal(["__proto__", "constructor", "x"]);
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
    expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
  });

  it("gives aliases the value of their anchor", () => {
    const value = read("a: &x {p: 1}\nb: *x\nc: [*x]\nd: &s text\ne: *s\n") as Record<string, unknown>;
    expect(value["b"]).to.equal(value["a"]);
    expect(value["e"]).to.equal("text");
  });

  it("gives an empty document as null and refuses a second one where it starts", () => {
    expect(read("# nothing\n")).to.equal(null);
    expect(problems("a: 1\n---\nb: 2\n")).to.deep.equal([
      "3:1 E_YAML_DOCUMENTS expected one YAML document, got 2 | remove the `---` above this line, or move what follows to a file of its own",
    ]);
    expect(rangeOfValue(parseYaml({ path: "x", text: "a\n---\nb\n" }), 1)).to.include({ start: 6, end: 7 });
  });
});

describe("YAML errors", () => {
  const gallery: [name: string, text: string, ...expected: string[]][] = [
    [
      "every duplicate key, with the place of the first",
      "a: 1\nb: 2\na: 3\nc:\n  b: 1\n  b: 2\n",
      "6:3 E_YAML_DUPLICATE_KEY duplicate key `b`, first set at x.yml:5:3 | keep one of the two",
      "3:1 E_YAML_DUPLICATE_KEY duplicate key `a`, first set at x.yml:1:1 | keep one of the two",
    ],
    [
      "a tab as indentation",
      "a:\n\tb: c\n",
      "2:1 E_YAML_SYNTAX expected spaces as indentation, got a tab | replace the tab by spaces",
    ],
    [
      "a quote that never ends",
      'a: 1\nb: "foo\nc: d\n',
      '2:4 E_YAML_SYNTAX quote `"` is never closed | add `"` where the value ends',
    ],
    [
      "a quote that ends at the next one",
      'a: "foo\nb: "bar"\n',
      '1:4 E_YAML_SYNTAX quote `"` is closed only on line 2, column 4, and more text follows there | add `"` where the value ends',
    ],
    [
      "a bracket that never ends",
      "a: [1, 2\nb: c\n",
      "1:4 E_YAML_SYNTAX bracket `[` is never closed | add `]` where the value ends",
    ],
    [
      "a colon in a value",
      "- debug: msg=foo: bar\n",
      '1:17 E_YAML_SYNTAX an unquoted value cannot contain `: ` | quote it: "msg=foo: bar"',
    ],
    [
      "a bare template",
      "a: {{ b }}\n",
      '1:4 E_YAML_KEY a value that starts with `{{` is read as a mapping | quote the template: "{{ b }}"',
    ],
    [
      "a bare template with text after it",
      "- when: {{ x }} == 'a'\n",
      "1:9 E_YAML_SYNTAX a value that starts with `{` is read as a mapping | a condition takes no braces: when: x == 'a'",
    ],
    [
      "text after a quote",
      '- when: "a" == "b"\n',
      '1:12 E_YAML_SYNTAX unexpected text after the closing quote | quote the whole value: \'"a" == "b"\'',
    ],
    [
      "a reserved first character",
      "a: @home\n",
      '1:4 E_YAML_SYNTAX a plain value cannot start with `@` | quote it: "@home"',
    ],
    [
      "an unknown escape",
      'a: "\\d+"\n',
      "1:5 E_YAML_SYNTAX unknown escape `\\d` in double quotes | use single quotes, or write the backslash twice",
    ],
    ["a missing space after a key", "a:b\nc: d\n", "1:2 E_YAML_SYNTAX expected a space after `a:` | write `a: b`"],
    ["a missing space after a dash", "- a\n-b\n", "2:1 E_YAML_SYNTAX expected a space after `-` | write `- b`"],
    [
      "a list on the line of its key",
      "a: - b\n",
      "1:4 E_YAML_SYNTAX a list cannot start on the line of its key | put `- b` on the next line",
    ],
    [
      "indentation that fits nothing",
      "tasks:\n  - name: x\n    apt:\n      name: y\n     when: z\n",
      "5:1 E_YAML_SYNTAX this line is indented by 5 spaces, which fits nothing above it | expected 6 (as line 4) or 4 (as line 3)",
    ],
    ["a misspelt tag", "a: !vualt x\n", "1:4 E_YAML_TAG unknown tag `!vualt` | did you mean `!vault`?"],
    [
      "an object of Python's",
      "a: !!python/object:os.system x\n",
      '1:4 E_YAML_TAG unknown tag `!!python/object:os.system` | a value that starts with `!` must be quoted: "!!python/object:os.system"',
    ],
    ["a value that does not fit its tag", "a: !!int foo\n", "1:4 E_YAML_TAG expected a whole number, got `foo` (text)"],
    [
      "a glob read as an alias",
      "a: *.txt\n",
      '1:4 E_YAML_ALIAS unknown alias `*.txt` | a value that starts with `*` must be quoted: "*.txt"',
    ],
    ["an alias inside its own anchor", "a: &x [*x]\n", "1:8 E_YAML_ALIAS alias `*x` stands inside its own anchor"],
    [
      "a merge of text",
      "a:\n  <<: text\n",
      "2:7 E_YAML_MERGE expected a mapping or a list of mappings after `<<` | <<: *anchor",
    ],
    ["a list as a key", "? [a]\n: b\n", "1:3 E_YAML_KEY expected text as a key, got a list"],
    [
      "a control character",
      "a: b\u0001\n",
      '1:5 E_YAML_SYNTAX character U+0001 cannot stand in YAML | write it as "\\u0001" in double quotes',
    ],
  ];
  for (const [name, text, ...expected] of gallery) {
    it(`points at ${name}`, () => {
      expect(problems(text)).to.deep.equal(expected);
    });
  }
});

describe("hostile YAML", () => {
  const size = 1_000_000;
  const bombs: Record<string, string> = {
    "deep brackets": "[".repeat(size),
    "deep dashes": "- ".repeat(size / 2),
    "an open quote": `a: "${"x\n".repeat(size / 2)}`,
    "an alias bomb": Array.from(
      { length: 30 },
      (_, i) => `a${i}: &a${i} [${"*a".concat(String(i - 1), ",").repeat(9)}]`,
    )
      .join("\n")
      .replaceAll("*a-1", "x"),
    "a chain of aliases": `a0: &a0 []\n${Array.from({ length: 1000 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]`).join("\n")}`,
    "a long broken line": `${"a ".repeat(size / 2)}\n b: : :`,
  };
  for (const [name, text] of Object.entries(bombs)) {
    it(`refuses ${name} within a second`, () => {
      const start = performance.now();
      if (name === "a long broken line") read(text.slice(0, 10));
      expect(() => read(text)).to.throw(TsrunError);
      expect(performance.now() - start).to.be.lessThan(1000);
    });
  }

  it("stops after fifty problems", () => {
    expect(problems("a: 1\n".repeat(1000))).to.have.length(50);
  });
});
