import { expect } from "chai";
import { createEnvironment } from "../../src/template/builtins.ts";
import { evaluateCondition, parseCondition } from "../../src/template/condition.ts";
import { scopeOf, type TemplateWarning } from "../../src/template/environment.ts";
import { describeError, type Variables } from "./support.ts";

function check(text: string, variables: Variables = {}) {
  const warnings: TemplateWarning[] = [];
  const env = createEnvironment({ warn: (warning) => warnings.push(warning) });
  const result = evaluateCondition(parseCondition({ path: "play.yml", text }), scopeOf(variables), env);
  const because =
    result.falseBecause &&
    `${result.falseBecause.text} | ${[...result.falseBecause.values].map((pair) => pair.join("=")).join(", ")}`;
  return { value: result.value, because, warnings: warnings.map(({ message, hint }) => `${message} (${hint ?? ""})`) };
}

describe("template: conditions", () => {
  it("are true or false", () => {
    expect(check("a == 1", { a: 1 })).to.deep.equal({ value: true, because: undefined, warnings: [] });
    expect(check("a is defined and a", { a: true }).value).to.equal(true);
  });

  it("tell which part was false, and what it saw", () => {
    expect(check("a == 1", { a: 2 }).because).to.equal("a == 1 | a=2");
    expect(check("a == 1 and b.c != 'x' and d", { a: 1, b: { c: "x" }, d: true }).because).to.equal(
      "b.c != 'x' | b.c='x'",
    );
    expect(check("a and (b and c)", { a: true, b: true, c: false }).because).to.equal("c | c=False");
    expect(check("not a", { a: true }).because).to.equal("not a | a=True");
    expect(check("x is defined", {}).because).to.equal("x is defined | x=undefined");
    expect(check("a == 1 or b[0] == 2", { a: 2, b: [5] }).because).to.equal("a == 1 or b[0] == 2 | a=2, b[0]=5");
    expect(check("'web' in groups[host]", { groups: { h: [] }, host: "h" }).because).to.equal(
      "'web' in groups[host] | groups[host]=[]",
    );
  });

  it("accept old habits, with a warning that shows the fix", () => {
    expect(check("name", { name: "x" })).to.deep.equal({
      value: true,
      because: undefined,
      warnings: [
        'the condition gave the string "x", which counts as true: a condition should be true or false (write `name | length > 0`)',
      ],
    });
    expect(check("job.finished", { job: { finished: 1 } })).to.deep.equal({
      value: true,
      because: undefined,
      warnings: [],
    });
    expect(check("job.rc", { job: { rc: 1 } }).warnings).to.have.length(1);
    expect(check("items | length", { items: [] }).warnings[0]).to.contain("write `(items | length) != 0`");
    expect(check("{{ a == 1 }}", { a: 1 })).to.deep.equal({
      value: true,
      because: undefined,
      warnings: ["a condition is an expression already: it takes no `{{ }}` (write `a == 1`)"],
    });
    expect(check('a == "{{ b }}"', { a: "x", b: "x" })).to.deep.equal({
      value: true,
      because: undefined,
      warnings: ["a template inside a string inside an expression (use the variable itself; join text with `~`)"],
    });
    expect(check("a != b", { a: 8, b: "8" })).to.deep.equal({
      value: true,
      because: undefined,
      warnings: ['the number 8 and the text "8" are not equal (pass both sides through `| int`)'],
    });
    expect(check("a == b or a == '08' or a == true", { a: 8, b: "9" }).warnings).to.deep.equal([]);
    expect(check("{% if a %}True{% else %}False{% endif %}", { a: false }).value).to.equal(false);
    expect(check("'b' == '{{ a }}'", { a: "{{ c }}", c: "b" }).value).to.equal(false);
  });

  it("take operands in braces for what they are, and never run the text of a variable", () => {
    const warned = ["a condition is an expression already: it takes no `{{ }}` (write `port == 81`)"];
    expect(check("{{ port }} == 81", { port: 80 })).to.deep.include({ value: false, warnings: warned });
    expect(check("{{ port }} == 80", { port: "80" }).value).to.equal(true);
    expect(check("port == {{ wanted }}", { port: 80, wanted: 80 }).value).to.equal(true);
    expect(check("'a' in {{ list }}", { list: ["a"] }).value).to.equal(true);
    expect(check("not {{ on }}", { on: "true" }).value).to.equal(false);
    expect(check("{{ name }} == 'W'", { name: "web", web: "W" }).value).to.equal(true);
    expect(check("{{ name }} is defined", { name: "web" }).value).to.equal(false);
    expect(check("{{ name }} is defined", { name: "web", web: 1 }).value).to.equal(true);
    expect(check("{{ name }} == 'x'", { name: "'x' == 'x' or lookup('pipe', 'id')" }).value).to.equal(false);
  });

  it("refuse a text that is no truth", () => {
    expect(describeError(() => check("{% if a %}b == 1{% endif %}", { a: true, b: 1 }))).to.contain(
      "the condition gave the text `b == 1`, expected true or false",
    );
  });

  it("ask no part twice, and want a boolean only as the result", () => {
    let asked = 0;
    const warnings: string[] = [];
    const env = createEnvironment({ lookup: () => [++asked], warn: ({ message }) => warnings.push(message) });
    const run = (text: string) =>
      evaluateCondition(parseCondition({ path: "x", text }), scopeOf({ name: "n", empty: "" }), env);
    expect(run("lookup('x') == 1 and lookup('x') == 5").falseBecause?.text).to.equal("lookup('x') == 5");
    expect(asked).to.equal(2);
    expect(run("name and name == 'n'").value).to.equal(true);
    expect(warnings).to.deep.equal([]);
    expect(run("name and empty and true").value).to.equal(false);
    expect(warnings).to.have.length(1);
  });

  it("never render a template that a variable brings", () => {
    expect(check("a == '{{ 1 }}'", { a: "{{ 1 }}" }).value).to.equal(false);
    expect(check("a == b", { a: "{{ x }}", b: "{{ x }}" }).value).to.equal(true);
  });

  it("raise for undefined values, at the place", () => {
    expect(describeError(() => check("result.exists", { result: {} }))).to.equal(
      "E_UNDEFINED play.yml:1:1: `result.exists` is undefined (`result` exists; it has no member `exists`)",
    );
    expect(describeError(() => check("a and b > 1", { a: true }))).to.equal(
      "E_UNDEFINED play.yml:1:7: `b` is undefined",
    );
  });
});
