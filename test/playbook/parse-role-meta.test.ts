import { expect } from "chai";
import type { RoleMeta } from "../../src/playbook/model.ts";
import { parseRoleMeta } from "../../src/playbook/parse-role-meta.ts";
import { problemsOf } from "./problems-of.ts";

function meta(main: string | undefined, specs?: string): RoleMeta {
  return parseRoleMeta(
    main === undefined ? undefined : { path: "meta/main.yml", text: main },
    specs === undefined ? undefined : { path: "meta/argument_specs.yml", text: specs },
  );
}

describe("parseRoleMeta", () => {
  it("reads dependencies, duplicates and argument specs", () => {
    const { dependencies, allowDuplicates, argumentSpecs } = meta(
      "galaxy_info: {author: me}\nallow_duplicates: yes\ndependencies:\n  - common\n  - role: db\n    db_port: 1\n",
      "argument_specs:\n  main:\n    options:\n      port: {type: int, required: true}\n",
    );
    expect(dependencies.map(({ name, params }) => [name, params])).to.deep.equal([
      ["common", {}],
      ["db", { db_port: 1 }],
    ]);
    expect(allowDuplicates).to.equal(true);
    expect(argumentSpecs).to.deep.equal({ main: { options: { port: { type: "int", required: true } } } });
  });

  it("takes argument specs from meta/main too, and nothing from a role without meta", () => {
    expect(meta("argument_specs: {main: {options: {a: {}}}}\n").argumentSpecs).to.deep.equal({
      main: { options: { a: {} } },
    });
    expect(meta(undefined)).to.deep.equal({
      dependencies: [],
      allowDuplicates: false,
      argumentSpecs: {},
      collections: [],
    });
  });

  it("reports wrong specs, which would let wrong values pass", () => {
    const specs =
      "argument_specs:\n  main:\n    options:\n      a: {type: integer}\n      b: {requird: yes}\n      c: text\n      d: {type: dict, options: {e: {type: strr}}}\n";
    expect(problemsOf(() => meta(undefined, specs))).to.deep.equal([
      "4:17 E_ARGUMENT_SPEC unknown type `integer` of a role argument | known types: str, list, dict, bool, int, float, path, raw, jsonarg, json, bytes, bits",
      "5:11 E_UNKNOWN_KEYWORD unknown keyword `requird` in a role argument | did you mean `required`?",
      "6:10 E_ARGUMENT_SPEC option `c`: expected a mapping such as `type: str`, got `text`",
      "7:43 E_ARGUMENT_SPEC unknown type `strr` of a role argument | did you mean `str`?",
    ]);
  });

  it("reports unknown keys", () => {
    expect(problemsOf(() => meta("dependancies: []\n"))).to.deep.equal([
      "1:1 E_UNKNOWN_KEYWORD unknown keyword `dependancies` in a role's meta | did you mean `dependencies`?",
    ]);
    expect(problemsOf(() => meta("- common\n"))).to.deep.equal([
      "1:1 E_ROLE_META expected a mapping such as `dependencies: []`, got a list",
    ]);
  });
});
