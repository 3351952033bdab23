import { readFileSync } from "node:fs";
import { expect } from "chai";
import { createEnvironment } from "../../src/template/builtins.ts";
import { DateTime, TimeDelta } from "../../src/template/datetime.ts";
import { parseJson } from "../../src/template/filters/json-parse.ts";
import { parseTemplate } from "../../src/template/parse-template.ts";
import { repr, toText } from "../../src/template/python-repr.ts";
import { errorOf, evaluate, evaluateRaw, render, type Variables } from "./support.ts";

interface ExpressionCase {
  readonly topic: string;
  readonly expression: string;
  readonly value?: string;
  readonly error?: string;
}

interface TemplateCase {
  readonly name: string;
  readonly template: string;
  readonly text?: string;
  readonly error?: string;
}

const read = (name: string): string => readFileSync(new URL(`oracle/${name}`, import.meta.url), "utf8");
/** Fresh for each case: some templates change lists. */
const variables = (): Variables => parseJson(read("variables.json")) as Variables;

const expressions = JSON.parse(read("expressions.json")) as ExpressionCase[];
const templates = JSON.parse(read("templates.json")) as { files: Record<string, string>; cases: TemplateCase[] };

describe("template: as real Ansible evaluates (script/make-template-oracle.py)", () => {
  const topics = [...new Set(expressions.map(({ topic }) => topic))];
  for (const topic of topics) {
    describe(topic, () => {
      for (const { expression, value, error } of expressions.filter((one) => one.topic === topic)) {
        it(expression.slice(0, 100), () => {
          if (error !== undefined) {
            expect(errorOf(() => evaluate(expression, variables())).at).to.be.an("object");
            return;
          }
          const result = evaluateRaw(expression, variables());
          const printed = result instanceof DateTime || result instanceof TimeDelta ? toText(result) : repr(result);
          expect(printed).to.equal(value);
        });
      }
    });
  }

  describe("whole templates", () => {
    const env = createEnvironment({
      loadTemplate: (name) => {
        const text = Object.hasOwn(templates.files, name) ? templates.files[name] : undefined;
        return text === undefined ? undefined : parseTemplate({ path: name, text });
      },
    });
    for (const { name, template, text, error } of templates.cases) {
      it(name, () => {
        if (error === undefined) expect(render(template, variables(), env)).to.equal(text);
        else expect(errorOf(() => render(template, variables(), env)).at).to.be.an("object");
      });
    }
  });

  it("covers what it promises", () => {
    expect(expressions.length).to.be.at.least(400);
    expect(templates.cases.length).to.be.at.least(80);
  });
});
