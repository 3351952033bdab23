import { expect } from "chai";
import { formatLocation } from "../../src/lib/source.ts";
import { parseExpression } from "../../src/template/parse-expression.ts";
import { parseTemplate } from "../../src/template/parse-template.ts";
import { describeError, errorOf, pointedAt } from "./support.ts";

const expression = (text: string) => () => parseExpression({ path: "play.yml", text });
const template = (text: string) => () => parseTemplate({ path: "a.j2", text });

describe("template: syntax errors say what, where and how to fix it", () => {
  const expressions: Readonly<Record<string, string>> = {
    "": "E_TEMPLATE_SYNTAX play.yml:1:1: expected an expression, got nothing",
    "a ==": "E_TEMPLATE_SYNTAX play.yml:1:5: expected an expression, got the end",
    "a b":
      "E_TEMPLATE_SYNTAX play.yml:1:3: expected the end of the expression, got `b` (an operator is missing before it)",
    "(a": "E_TEMPLATE_SYNTAX play.yml:1:1: `(` is never closed: expected `)`",
    "[a)": "E_TEMPLATE_SYNTAX play.yml:1:3: unexpected `)`, expected `]`",
    "a)": "E_TEMPLATE_SYNTAX play.yml:1:2: unexpected `)`",
    "'a": "E_TEMPLATE_SYNTAX play.yml:1:1: this string is never closed",
    "a | ": "E_TEMPLATE_SYNTAX play.yml:1:5: expected a filter name, got the end",
    "a is": "E_TEMPLATE_SYNTAX play.yml:1:5: expected a test name, got the end",
    "a.": "E_TEMPLATE_SYNTAX play.yml:1:3: expected a name or a number after `.`, got the end",
    "a[]": "E_TEMPLATE_SYNTAX play.yml:1:2: expected a key between `[` and `]`",
    "{'a' 1}": "E_TEMPLATE_SYNTAX play.yml:1:6: expected `:` after the key, got the number `1`",
    "a && b": "E_TEMPLATE_SYNTAX play.yml:1:3: unexpected character `&` (write `and`)",
    "x == {{ y }}":
      "E_TEMPLATE_SYNTAX play.yml:1:6: unexpected `{{` in an expression (it is an expression already: write the variable without braces)",
    "f(a=1, a=2)": "E_TEMPLATE_SYNTAX play.yml:1:8: argument `a` is given twice",
    "f(a=1, 2)": "E_TEMPLATE_SYNTAX play.yml:1:8: a positional argument cannot follow a named one",
    "x is defined is none": "E_TEMPLATE_SYNTAX play.yml:1:14: tests cannot be chained: join them with `and`",
    "a, b": "E_TEMPLATE_SYNTAX play.yml:1:2: expected the end of the expression, got `,`",
    "'\\x4'": "E_TEMPLATE_SYNTAX play.yml:1:1: `\\x` in a string needs its hexadecimal digits",
  };
  for (const [text, message] of Object.entries(expressions)) {
    it(`expression \`${text}\``, () => expect(describeError(expression(text))).to.equal(message));
  }

  const templates: Readonly<Record<string, string>> = {
    "x\n{{ name": "E_TEMPLATE_SYNTAX a.j2:2:1: this tag is never closed: expected `}}`",
    "{{ }}": "E_TEMPLATE_SYNTAX a.j2:1:1: expected an expression between `{{` and `}}`",
    "{{ a b }}": "E_TEMPLATE_SYNTAX a.j2:1:6: expected the end of the tag, got `b`",
    "{{ a } }": "E_TEMPLATE_SYNTAX a.j2:1:6: unexpected `}`, expected `}}`",
    "{# x": "E_TEMPLATE_SYNTAX a.j2:1:1: this comment is never closed: expected `#}`",
    "\n  {% if x %}":
      "E_TEMPLATE_SYNTAX a.j2:2:6: `if` is never closed: expected `{% elif %}` or `{% else %}` or `{% endif %}`",
    "{% for x in y %}{% endif %}":
      "E_TEMPLATE_SYNTAX a.j2:1:20: unexpected `endif`: `for` is still open (close it with `{% endfor %}` first)",
    "{% endif %}": "E_TEMPLATE_SYNTAX a.j2:1:4: unexpected `endif`: nothing is open",
    "{% fro x in y %}": "E_TEMPLATE_SYNTAX a.j2:1:4: unknown statement `fro` (did you mean `for`?)",
    "{% set true = 1 %}": "E_TEMPLATE_SYNTAX a.j2:1:8: cannot assign to `true`",
    "{% set x 1 %}": "E_TEMPLATE_SYNTAX a.j2:1:10: expected the end of the tag, got the number `1`",
    "{% for x y %}{% endfor %}": "E_TEMPLATE_SYNTAX a.j2:1:10: expected `in`, got `y`",
    "{% break %}": "E_TEMPLATE_SYNTAX a.j2:1:4: `break` stands outside of a loop",
    "{% block a %}{% endblock %}{% block a %}{% endblock %}": "E_TEMPLATE_SYNTAX a.j2:1:37: block `a` is defined twice",
    "{% macro m(a=1, b) %}{% endmacro %}":
      "E_TEMPLATE_SYNTAX a.j2:1:17: parameter `b` needs a default: one before it has one",
    "{% call x %}{% endcall %}":
      "E_TEMPLATE_SYNTAX a.j2:1:9: expected the call of a macro (for example `{% call dialog() %}`)",
    "{% raw %}": "E_TEMPLATE_SYNTAX a.j2:1:1: `raw` is never closed: expected `endraw`",
    "{% from 'x' import _y %}": "E_TEMPLATE_SYNTAX a.j2:1:20: names that start with `_` cannot be imported",
    "#jinja2: foo: 1\n":
      "E_TEMPLATE_SYNTAX a.j2:1:9: unknown key `foo` in the `#jinja2:` line (for example: `#jinja2: trim_blocks: True, lstrip_blocks: True`)",
  };
  for (const [text, message] of Object.entries(templates)) {
    it(`template ${JSON.stringify(text)}`, () => expect(describeError(template(text))).to.equal(message));
  }

  it("points at the bracket that was left open", () => {
    expect(pointedAt(expression("a + [b, (c]"))).to.equal("]");
    expect(pointedAt(expression("f(1, [2"))).to.equal("[");
  });

  it("maps positions of a text inside a YAML file", () => {
    const source = { path: "site.yml", text: 'msg: "say \\"{{ a + }}\\""\n' };
    const text = 'say "{{ a + }}"';
    // Each of the two quotes takes two characters in the file.
    const mapOffset = (offset: number): number => 6 + offset + (offset > 4 ? 1 : 0) + (offset > 14 ? 1 : 0);
    const error = errorOf(() => parseTemplate(source, { text, mapOffset }));
    expect(error.at && formatLocation(error.at)).to.equal("site.yml:1:20");
    expect(source.text.slice(error.at?.start, error.at?.end)).to.equal("}}");
  });

  it("refuses nesting without end instead of crashing", () => {
    for (const text of [
      "(".repeat(5000),
      "[".repeat(5000),
      "{'a':".repeat(5000),
      "not ".repeat(5000),
      "-".repeat(5000),
      "a if ".repeat(5000),
      "x is ".repeat(3000),
    ]) {
      expect(errorOf(expression(text)).code).to.equal("E_TEMPLATE_SYNTAX");
    }
    expect(errorOf(template("{% if x %}".repeat(5000))).code).to.equal("E_TEMPLATE_SYNTAX");
  });

  it("takes long flat expressions", () => {
    const sum = Array.from({ length: 1500 }, () => "1").join(" + ");
    expect(() => parseExpression({ path: "x", text: sum })).not.to.throw();
    const list = `[${Array.from({ length: 20_000 }, () => "1").join(",")}]`;
    expect(() => parseExpression({ path: "x", text: list })).not.to.throw();
  });
});
