import { expect } from "chai";
import fc from "fast-check";
import { TsrunError } from "../../src/lib/errors.ts";
import { repr } from "../../src/template/python-repr.ts";
import { errorOf, evaluate, render } from "./support.ts";

/** Pieces that templates are made of, so that random ones get past the lexer. */
const piece = fc.constantFrom(
  ..."{{ }} {% %} {# #} {%- -%} if endif for in endfor set macro endmacro block x y a.b [ ] ( ) { } , : | . = == + - * / // ** % ~ 'q' \"d\" 1 2.5 -3 true none not and or is defined default upper join map range(3) loop.index raw endraw \n é 😀 \\ ' \"".split(
    " ",
  ),
);
const hostile = fc.array(piece, { maxLength: 25 }).map((parts) => parts.join(" "));
const variables = { x: [1, "a", { k: null }], y: "text", a: { b: 2 } };

function runs(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof TsrunError)) throw error;
  }
}

describe("template: hostile input", () => {
  it("ends in a value or an error of ours, never in a crash", () => {
    fc.assert(
      fc.property(hostile, (text) => runs(() => render(text, variables))),
      { numRuns: 700 },
    );
    fc.assert(
      fc.property(hostile, (text) => runs(() => evaluate(text, variables))),
      { numRuns: 700 },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => runs(() => render(text, variables))),
      { numRuns: 300 },
    );
  });

  it("points into the text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          render(text, variables);
        } catch (error) {
          const { at } = error as TsrunError;
          expect(at?.start).to.be.within(0, text.length);
          expect(at?.end).to.be.within(at?.start ?? 0, text.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("gives text without delimiters back as it is", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/[{}\r]/.test(text) && !text.startsWith("#jinja2:")),
        (text) => {
          expect(render(text)).to.equal(text);
        },
      ),
    );
  });

  it("never reaches prototypes", () => {
    for (const name of [
      "constructor",
      "__proto__",
      "prototype",
      "toString",
      "hasOwnProperty",
      "valueOf",
      "__class__",
      "__defineGetter__",
    ]) {
      for (const value of ["x", "y", "a", "1", "[]", "{}", "range", "namespace()", "none", "now"]) {
        expect(evaluate(`(${value}).${name} is defined`, variables), `${value}.${name}`).to.equal(false);
        expect(evaluate(`(${value})['${name}'] is defined`, variables), `${value}['${name}']`).to.equal(false);
        expect(evaluate(`(${value}) | attr('${name}') is defined`, variables), `${value}|attr`).to.equal(false);
      }
    }
    expect(evaluate("constructor is defined")).to.equal(false);
    expect(evaluate("__proto__ is defined")).to.equal(false);
    expect(evaluate("'x' | map(attribute='constructor') | select('defined') | list")).to.deep.equal([]);
  });

  it("takes dangerous names as ordinary keys", () => {
    const made = evaluate("{'__proto__': {'polluted': 1}, 'constructor': 2}") as object;
    expect(Object.keys(made)).to.deep.equal(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(made)).to.equal(Object.prototype);
    for (const text of [
      "{} | combine({'__proto__': {'polluted': 1}}, recursive=true)",
      '\'{"__proto__": {"polluted": 1}}\' | from_json',
      "[{'key': '__proto__', 'value': {'polluted': 1}}] | items2dict",
      "dict([('__proto__', {'polluted': 1})])",
      "'__proto__: {polluted: 1}' | from_yaml",
      "[['__proto__', {'polluted': 1}]] | community.general.dict",
    ]) {
      expect(Object.keys(evaluate(text) as object), text).to.deep.equal(["__proto__"]);
    }
    render(
      "{% set d = {} %}{% set _ = d.update({'__proto__': {'polluted': 1}}) %}{% set _ = d.setdefault('constructor', 1) %}",
    );
    render("{% set ns = namespace() %}{% set ns.__proto__ = {'polluted': 1} %}{{ ns.polluted | default('') }}");
    expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
  });

  it("refuses work without end", () => {
    const cases: Readonly<Record<string, RegExp>> = {
      "{{ 'x' * 10 ** 10 }}": /too large/,
      "{{ [0] * 10 ** 9 }}": /too large/,
      "{{ 9 ** (9 ** 9) }}": /too large/,
      "{{ range(10 ** 12) }}": /too long/,
      "{{ '%1000000000d' % 1 }}": /too large/,
      "{{ '{:1000000000}'.format(1) }}": /too large/,
      "{{ range(1000) | product(range(1000), range(1000)) }}": /too many/,
      "{{ range(30) | permutations }}": /too many/,
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}": /without end/,
      "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}": /without end/,
      "{% set l = [] %}{% set _ = l.append(l) %}{{ l | to_json }}": /contains itself/,
      "{% set l = [] %}{% set _ = l.append(l) %}{{ l | to_yaml }}": /contains itself/,
      "{% set a, b = [], [] %}{% set _ = a.append(a) %}{% set _ = b.append(b) %}{{ a == b }}": /without end|too deeply/,
      "{% set l = [] %}{% set _ = l.append(l) %}{{ l | flatten }}": /without end|too deeply/,
    };
    for (const [text, message] of Object.entries(cases))
      expect(errorOf(() => render(text)).message, text).to.match(message);
    expect(render("{% set l = [1] %}{% set _ = l.append(l) %}{{ l }}")).to.equal("[1, [...]]");
    expect(render("{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{{ x }}{% endfor %}")).to.equal("1");
  });

  it("prints what it reads: repr and back", () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.string(),
        fc.array(tie("any"), { maxLength: 4 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (data) => {
        expect(evaluate(repr(data))).to.deep.equal(data);
      }),
    );
  });
});
