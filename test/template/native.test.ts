import { expect } from "chai";
import { Float } from "../../src/lib/float.ts";
import { originalKeys } from "../../src/lib/key-order.ts";
import { createEnvironment } from "../../src/template/builtins.ts";
import { scopeOf } from "../../src/template/environment.ts";
import { evaluateTemplate } from "../../src/template/evaluate.ts";
import { parseTemplate } from "../../src/template/parse-template.ts";
import { repr } from "../../src/template/python-repr.ts";
import { isConstant } from "../../src/template/syntax.ts";
import { Omit } from "../../src/template/values.ts";
import { describeError, evaluate, evaluateText, render } from "./support.ts";

describe("template: native values", () => {
  it("keeps the type of a single expression", () => {
    expect(evaluateText("{{ 1 + 1 }}")).to.equal(2);
    expect(evaluateText("{{ [1, 'a'] }}")).to.deep.equal([1, "a"]);
    expect(evaluateText("{{ 8 / 2 }}")).to.deep.equal(new Float(4));
    expect(evaluateText("{{ none }}")).to.equal(null);
    expect(evaluateText("{{ x }}", { x: true })).to.equal(true);
    expect(evaluateText("{% if true %}{{ 5 }}{% endif %}")).to.equal(5);
    expect(evaluateText("{% set y = 3 %}{{ y }}")).to.equal(3);
  });

  it("joins several parts to text", () => {
    expect(evaluateText("{{ 1 }}{{ 2 }}")).to.equal("12");
    expect(evaluateText(" {{ 1 }}")).to.equal(" 1");
    expect(evaluateText("a{{ none }}b")).to.equal("ab");
  });

  it("never parses text as a list, a number or a template again", () => {
    expect(evaluateText("{{ x }}", { x: "[1, 2]" })).to.equal("[1, 2]");
    expect(evaluateText("{{ x }}", { x: "True" })).to.equal("True");
    expect(evaluateText("{{ x }}{{ y }}", { x: "1", y: "2" })).to.equal("12");
    expect(evaluateText("{{ x }}", { x: "{{ secret }}", secret: 1 })).to.equal("{{ secret }}");
    expect(render("{{ x }}", { x: "{% if %}" })).to.equal("{% if %}");
    expect(evaluate("x | upper", { x: "{{ y }}" })).to.equal("{{ Y }}");
  });

  it("is none when there is no output", () => {
    expect(evaluateText("{% if false %}x{% endif %}")).to.equal(null);
    expect(render("{% if false %}x{% endif %}")).to.equal("");
  });

  it("keeps the line breaks at the end of text", () => {
    expect(evaluateText("{{ x }}\n", { x: "a" })).to.equal("a\n");
    expect(evaluateText("{{ x }}\n", { x: 5 })).to.equal(5);
    expect(evaluateText("{{ x }}\n\n", { x: "a\n" })).to.equal("a\n\n");
  });

  it("takes backslashes in `{{ }}` of a playbook as they are, as YAML has unescaped them", () => {
    expect(evaluateText("{{ 'a1' | regex_replace('(\\d)', '<\\1>') }}")).to.equal("a<1>");
    expect(evaluateText("{{ '\\n' | length }}")).to.equal(2);
    expect(evaluateText("{% set x = '\\n' %}{{ x | length }}")).to.equal(1);
    expect(render("{{ '\\n' | length }}")).to.equal("1");
  });

  it("drops `omit` from lists and dicts, and passes it on as a whole value", () => {
    expect(evaluateText("{{ omit }}")).to.equal(Omit);
    expect(evaluateText("{{ x | default(omit) }}")).to.equal(Omit);
    expect(evaluateText("{{ {'a': 1, 'b': omit, 'c': [omit, 2]} }}")).to.deep.equal({ a: 1, c: [2] });
    expect(describeError(() => evaluateText("x{{ omit }}"))).to.equal(
      "E_TEMPLATE play.yml:1:1: `omit` cannot be part of a text (give it as the whole value of an argument: `{{ x | default(omit) }}`)",
    );
  });

  it("keeps order and type of keys", () => {
    const ports = evaluate("{8080: 'a', 443: 'b', 'x': 'c'}") as object;
    expect(originalKeys(ports)).to.deep.equal([8080, 443, "x"]);
    expect(repr(ports)).to.equal("{8080: 'a', 443: 'b', 'x': 'c'}");
    expect(repr(evaluate("{'b': 1, '2': 2, '1': 3} | dict2items | map(attribute='key') | list"))).to.equal(
      "['b', '2', '1']",
    );
    expect(evaluate("{8080: 'a'}[8080]")).to.equal("a");
    expect(repr(evaluate("{2: 'a'} | combine({1: 'b'})"))).to.equal("{2: 'a', 1: 'b'}");
  });

  it("reads lazy members only when they are asked for", () => {
    const reads: string[] = [];
    const lazy = (name: string, value: unknown): PropertyDescriptor => ({
      enumerable: true,
      get: () => (reads.push(name), value),
    });
    const vars = Object.defineProperties({}, { a: lazy("a", 1), b: lazy("b", { c: 2 }) }) as Record<string, unknown>;
    expect(evaluateText("{{ v.a }}", { v: vars })).to.equal(1);
    expect(reads).to.deep.equal(["a"]);
    expect(evaluateText("{{ v }}", { v: vars })).to.equal(vars);
    expect(evaluateText("{{ 'b' in v and v | length == 2 }}", { v: vars })).to.equal(true);
    expect(evaluateText("{{ [v] }}", { v: vars })).to.deep.equal([vars]);
    expect(reads.filter((name) => name === "b")).to.have.length.at.most(1);
  });

  it("hands tuples on as lists, as Ansible 2.19 does", () => {
    expect(repr(evaluateText("{{ (1, ('a', 2)) }}"))).to.equal("[1, ['a', 2]]");
    expect(repr(evaluateText("{{ [1, 2] | zip('ab') }}"))).to.equal("[[1, 'a'], [2, 'b']]");
    expect(repr(evaluateText("{{ {'b': 1, 'a': 2} | dictsort }}"))).to.equal("[['a', 2], ['b', 1]]");
    expect(evaluateText("{{ [1, 2] | zip('ab') }}!")).to.equal("[(1, 'a'), (2, 'b')]!");
  });

  it("holds big integers exactly", () => {
    expect(evaluate("9007199254740993 + 2")).to.equal(9007199254740995n);
    expect(evaluate("2 ** 64")).to.equal(18446744073709551616n);
    expect(evaluate("x == 9007199254740993", { x: 9007199254740993n })).to.equal(true);
    expect(evaluate("9007199254740993 - 9007199254740992")).to.equal(1);
  });

  it("knows constant text without parsing it", () => {
    for (const text of ["", "plain", "{", "a { b }", "$HOME", "{ {"]) expect(isConstant(text)).to.equal(true);
    for (const text of ["{{ x }}", "a {% b", "{#", "x {{", "#jinja2: a"]) expect(isConstant(text)).to.equal(false);
  });

  it("renders templates inside the string constants of a lookup, with a warning", () => {
    const warnings: string[] = [];
    const env = createEnvironment({
      lookup: (_name, args) => [`<${String(args[0])}>`],
      warn: ({ message }) => warnings.push(message),
    });
    const template = parseTemplate(
      { path: "x", text: "{{ lookup('file', '{{ dir }}/key') }}" },
      { literalBackslashes: true },
    );
    expect(evaluateTemplate(template, scopeOf({ dir: "/etc" }), env)).to.equal("</etc/key>");
    expect(warnings).to.deep.equal(["a template inside a string inside an expression"]);
    expect(evaluateText("{{ '{{ dir }}' }}", { dir: 1 })).to.equal("{{ dir }}");
  });
});
