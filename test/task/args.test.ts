import { expect } from "chai";
import { z } from "zod";
import { Float } from "../../src/lib/float.ts";
import { checkArguments, describeArguments, fileMode } from "../../src/task/args.ts";

const schema = z.object({
  name: z.array(z.string()).meta({ aliases: ["pkg"] }),
  state: z.enum(["present", "absent"]).default("present"),
  update: z.boolean().default(false),
  count: z.number().int().optional(),
  mode: fileMode().optional(),
  password: z.string().optional().meta({ secret: true }),
  power: z.enum(["on", "off"]).optional(),
});

describe("arguments", () => {
  it("are brought to their types as Ansible does", () => {
    const { args, problems } = checkArguments(schema, {
      pkg: "a, b",
      update: "yes",
      count: "3",
      mode: 420,
      power: true,
    });
    expect(problems).to.deep.equal([]);
    expect(checkArguments(schema, { name: "{{ x }}", pkg: "{{ y }}" }, () => true).problems).to.deep.equal([]);
    expect(args).to.deep.equal({
      name: ["a", "b"],
      state: "present",
      update: true,
      count: 3,
      mode: "0644",
      power: "on",
    });
  });

  it("take one value where a list is wanted, and numbers where text is", () => {
    expect(checkArguments(schema, { name: 7 }).args["name"]).to.deep.equal(["7"]);
    expect(checkArguments(schema, { name: ["a", 1.5, new Float(2)] }).args["name"]).to.deep.equal(["a", "1.5", "2.0"]);
  });

  it("take a mapping as one line, as JSON or as pairs", () => {
    const headers = z.object({ headers: z.record(z.string(), z.unknown()) });
    const read = (text: string): unknown => checkArguments(headers, { headers: text }).args["headers"];
    expect(read("Accept=application/json")).to.deep.equal({ Accept: "application/json" });
    expect(read(`a=1, b="2 3" c=x=y`)).to.deep.equal({ a: "1", b: "2 3", c: "x=y" });
    expect(read('{"a": 1}')).to.deep.equal({ a: 1 });
    expect(checkArguments(headers, { headers: "Accept" }).problems[0]?.message).to.equal(
      "`headers`: expected a mapping, got `Accept`",
    );
  });

  it("report unknown, missing, doubled and wrong ones", () => {
    const report = (raw: Record<string, unknown>): readonly string[] =>
      checkArguments(schema, raw).problems.map(
        ({ code, message, hint }) => `${code} ${message}${hint ? ` (${hint})` : ""}`,
      );
    expect(report({ name: "a", stat: "x" })).to.deep.equal([
      "E_UNKNOWN_ARG unknown argument `stat` (did you mean `state`?)",
    ]);
    expect(report({})).to.deep.equal(["E_MISSING_ARG missing argument `name`"]);
    expect(report({ name: "a", pkg: "b" })).to.deep.equal(["E_DUPLICATE_ARG `pkg` and `name` are the same argument"]);
    expect(report({ name: "a", pkg: "a" })).to.deep.equal([]);
    expect(report({ name: "a", state: "presnt" })).to.deep.equal([
      "E_BAD_ARG `state`: expected one of `present`, `absent`, got `presnt` (did you mean `present`?)",
    ]);
    expect(report({ name: "a", update: "maybe" })[0]).to.match(/^E_BAD_ARG `update`/);
  });

  it("leave values that are not evaluated yet alone", () => {
    const { problems } = checkArguments(schema, { name: "{{ x }}", state: "{{ y }}" }, (key) => key !== "update");
    expect(problems).to.deep.equal([]);
  });

  it("are described with what wrappers hide", () => {
    const [name, , , , , password] = describeArguments(schema);
    expect(name?.isRequired).to.equal(true);
    expect(name?.meta.aliases).to.deep.equal(["pkg"]);
    expect(password?.meta.secret).to.equal(true);
  });
});
