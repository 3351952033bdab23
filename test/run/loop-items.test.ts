import { expect } from "chai";
import { loopItems } from "../../src/run/loop-items.ts";
import type { Loop } from "../../src/playbook/model.ts";
import type { VarScope } from "../../src/vars/scope.ts";

/** The items of a loop over a value, and what was warned of. */
function itemsOf(value: unknown, isWith: boolean): { readonly items: readonly unknown[]; readonly warnings: number } {
  let warnings = 0;
  const scope = { evaluateMember: () => value, warn: () => (warnings += 1) } as unknown as VarScope;
  const loop = { container: {}, key: "loop", lookup: "items", isWith } as unknown as Loop;
  return { items: loopItems(scope, loop), warnings };
}

describe("a loop over text", () => {
  it("takes text that spells a list for one, as before Ansible 2.19, with a warning", () => {
    for (const isWith of [true, false]) {
      expect(itemsOf("['x1','x2',]", isWith)).to.deep.equal({ items: ["x1", "x2"], warnings: 1 });
      expect(itemsOf(`[{'n': 'is true', "v": true}, null]\n`, isWith)).to.deep.equal({
        items: [{ n: "is true", v: true }, null],
        warnings: 1,
      });
    }
  });

  it("leaves other text what it is", () => {
    for (const text of ["[web]", "[a, b", "{'a': 1}", "a"])
      expect(itemsOf(text, true)).to.deep.equal({ items: [text], warnings: 0 });
    expect(() => itemsOf("[web]", false)).to.throw("expected a list for `loop`");
  });
});
