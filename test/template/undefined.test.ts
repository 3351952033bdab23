import { expect } from "chai";
import { TsrunError } from "../../src/lib/errors.ts";
import { createEnvironment } from "../../src/template/builtins.ts";
import type { Scope } from "../../src/template/environment.ts";
import { evaluateExpression, evaluateLazily } from "../../src/template/evaluate.ts";
import { parseExpression } from "../../src/template/parse-expression.ts";
import { Undefined } from "../../src/template/undefined.ts";
import { describeError, evaluate, evaluateText, pointedAt, render } from "./support.ts";

const variables = { groups: { webservers: ["web1"], db: [] }, users: [{ name: "a" }], port: 80 };

describe("template: undefined variables", () => {
  const cases: Readonly<Record<string, string>> = {
    prot: "E_UNDEFINED expression:1:1: `prot` is undefined (did you mean `port`?)",
    "groups.webservrs":
      "E_UNDEFINED expression:1:1: `groups.webservrs` is undefined (`groups` exists; it has no member `webservrs`, did you mean `webservers`?)",
    "groups.db.foo":
      "E_UNDEFINED expression:1:1: `groups.db.foo` is undefined (`groups.db` exists and is a list; it has no member `foo`)",
    "groups['db'][0]": "E_UNDEFINED expression:1:1: `groups['db'][0]` is undefined (`groups['db']` has 0 item(s))",
    "groups['a b']":
      "E_UNDEFINED expression:1:1: `groups['a b']` is undefined (`groups` exists; it has no member `a b`)",
    "port.number":
      "E_UNDEFINED expression:1:1: `port.number` is undefined (`port` exists and is an int; it has no member `number`)",
    "1 + nope.a.b": "E_UNDEFINED expression:1:5: `nope` is undefined",
    "users[0].shell ~ 'x'":
      "E_UNDEFINED expression:1:1: `users[0].shell` is undefined (`users[0]` exists; it has no member `shell`)",
    "users | map(attribute='shell') | join": "E_UNDEFINED expression:1:34: a dict has no member `shell`",
    "nope is none": "E_UNDEFINED expression:1:1: `nope` is undefined",
    "not nope": "E_UNDEFINED expression:1:5: `nope` is undefined",
    "nope()": "E_UNDEFINED expression:1:1: `nope` is undefined",
    "port if no_such else 1": "E_UNDEFINED expression:1:9: `no_such` is undefined",
    "[port, nope]": "E_UNDEFINED expression:1:8: `nope` is undefined",
    "{'a': {'b': nope}}": "E_UNDEFINED expression:1:13: `nope` is undefined",
    "[] | first": "E_UNDEFINED expression:1:1: no first item: the list is empty",
    "nope | mandatory('set nope')": "E_UNDEFINED expression:1:8: set nope (set `nope`)",
  };
  for (const [text, message] of Object.entries(cases)) {
    it(text, () => expect(describeError(() => evaluate(text, variables))).to.equal(message));
  }

  it("is lenient where an inline `if` has no `else`, as Jinja2 is", () => {
    expect(evaluate("port if port == 1", variables)).to.equal("");
    expect(evaluate("(port if port == 1) ~ 'x'", variables)).to.equal("x");
    expect(evaluate("(port if port == 1) | default('d')", variables)).to.equal("d");
    expect(evaluate("(port if port == 1) is defined", variables)).to.equal(false);
    expect(evaluate("'yes' if (port if port == 1) else 'no'", variables)).to.equal("no");
  });

  it("chains through attributes, filters and default, at any depth", () => {
    expect(evaluate("a.b.c | default('x')")).to.equal("x");
    expect(evaluate("a['b'].c[3] | d('x')")).to.equal("x");
    expect(evaluate("a.b | upper | trim | default('x')")).to.equal("x");
    expect(evaluate("a.b.c is defined or a.b is undefined")).to.equal(true);
    expect(evaluate("[a, 1] | select('defined') | list")).to.deep.equal([1]);
    expect(evaluate("nope | ternary(1, 2) | default(3)")).to.equal(3);
  });

  it("names the place in a multi-line template", () => {
    expect(describeError(() => render("ok\n  {{ port }} {{ prt }}\n", variables))).to.equal(
      "E_UNDEFINED test.j2:2:17: `prt` is undefined (did you mean `port`?)",
    );
    expect(pointedAt(() => render("{% for x in list_of_x %}{% endfor %}"))).to.equal("list_of_x");
    expect(pointedAt(() => render("{% if a.b %}{% endif %}", { a: {} }))).to.equal("a.b");
  });

  it("raises for undefined values inside the result", () => {
    expect(describeError(() => evaluateText("{{ {'a': [nope]} }}"))).to.equal(
      "E_UNDEFINED play.yml:1:11: `nope` is undefined",
    );
  });

  it("treats a lazy variable that ends undefined as undefined itself", () => {
    const inner = new TsrunError({ code: "E_UNDEFINED", message: "`inner` is undefined" });
    const scope: Scope = {
      get: (name) => {
        if (name === "lazy") throw inner;
        return undefined;
      },
      has: (name) => name === "lazy",
    };
    const run = (text: string): unknown =>
      evaluateExpression(parseExpression({ path: "x", text }), scope, createEnvironment());
    expect(run("lazy | default('fallback')")).to.equal("fallback");
    expect(run("lazy.a is defined")).to.equal(false);
    expect(() => run("lazy ~ 'x'")).to.throw("`inner` is undefined");
  });

  it("lets other errors of a lazy variable through", () => {
    const scope: Scope = {
      get: () => {
        throw new TsrunError({ code: "E_VAULT", message: "no password" });
      },
      has: () => true,
    };
    const expression = parseExpression({ path: "x", text: "secret | default('x')" });
    expect(() => evaluateExpression(expression, scope, createEnvironment())).to.throw("no password");
  });

  it("hands an undefined result to callers that ask for it", () => {
    const value = evaluateLazily(
      parseExpression({ path: "x", text: "a.b" }),
      { get: () => undefined, has: () => false },
      createEnvironment(),
    );
    expect(value).to.be.instanceOf(Undefined);
  });
});
