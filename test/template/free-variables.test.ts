import { expect } from "chai";
import { createEnvironment } from "../../src/template/builtins.ts";
import { checkPlugins } from "../../src/template/check-plugins.ts";
import { freeVariables } from "../../src/template/free-variables.ts";
import { parseExpression } from "../../src/template/parse-expression.ts";
import { parseTemplate } from "../../src/template/parse-template.ts";

const inExpression = (text: string) => freeVariables(parseExpression({ path: "x", text }));
const inTemplate = (text: string) => freeVariables(parseTemplate({ path: "x", text }));
const names = (found: ReturnType<typeof freeVariables>): string[] =>
  found.map(({ name, optional }) => name + (optional ? "?" : ""));

describe("template: variables that come from outside", () => {
  it("of an expression, in order, with their places", () => {
    const found = inExpression("a.b + c[d] ~ (e | upper)");
    expect(names(found)).to.deep.equal(["a", "c", "d", "e"]);
    expect(found.map(({ at }) => [at.start, at.end])).to.deep.equal([
      [0, 1],
      [6, 7],
      [8, 9],
      [14, 15],
    ]);
  });

  it("are optional where undefined is expected", () => {
    expect(names(inExpression("a | default(b)"))).to.deep.equal(["a?", "b"]);
    expect(names(inExpression("a.b.c | upper | d('x')"))).to.deep.equal(["a?"]);
    expect(names(inExpression("a is defined and a.b"))).to.deep.equal(["a?", "a"]);
    expect(names(inExpression("a[b] is not defined"))).to.deep.equal(["a?", "b"]);
  });

  it("are not those that the template sets itself", () => {
    expect(
      names(
        inTemplate("{% set x = a %}{{ x }}{% for i, j in b if i %}{{ i }}{{ loop.index }}{{ c }}{% endfor %}{{ i }}"),
      ),
    ).to.deep.equal(["a", "b", "c", "i"]);
    expect(names(inTemplate("{% macro m(p, q=d) %}{{ p }}{{ varargs }}{{ e }}{% endmacro %}{{ m(f) }}"))).to.deep.equal(
      ["d", "e", "f"],
    );
    expect(names(inTemplate("{% with a = b %}{{ a }}{% endwith %}{{ a }}"))).to.deep.equal(["b", "a"]);
    expect(names(inTemplate("{% import t as m %}{% from 'x' import y as z %}{{ m }}{{ z }}{{ y }}"))).to.deep.equal([
      "t",
      "y",
    ]);
    expect(
      names(inTemplate("{% set b %}{{ a }}{% endset %}{{ b }}{% filter upper %}{{ c }}{% endfilter %}")),
    ).to.deep.equal(["a", "c"]);
  });

  it("unknown filters and tests are found without running anything", () => {
    const template = parseTemplate({
      path: "x",
      text: "{% if false %}{{ a | nosuch }}{% endif %}{{ b is strng }}{{ c | map('x') }}",
    });
    expect(checkPlugins(template, createEnvironment()).map(({ message, hint }) => [message, hint])).to.deep.equal([
      ["unknown filter `nosuch`", undefined],
      ["unknown test `strng`", "did you mean `string`?"],
    ]);
  });
});
