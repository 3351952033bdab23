import { expect } from "chai";
import { stateDiff } from "../../src/run/state-diff.ts";
import { group } from "../../src/state/group.ts";
import { change, create, remove, unknown } from "../../src/task/change.ts";
import { sh } from "../../src/task/sh.ts";

describe("the diff of a change that says nothing itself", () => {
  const web = group("web");

  it("has the members that alter", () => {
    expect(stateDiff(create(web, { name: "web", gid: unknown }, sh`true`), undefined)).to.deep.equal({
      before: "",
      after: "name: web\ngid: (unknown until applied)\n",
    });
    expect(stateDiff(change(web, { name: "web", gid: 7 }, sh`true`), { name: "web", gid: 6 })).to.deep.equal({
      before: "gid: 6\n",
      after: "gid: 7\n",
    });
    expect(stateDiff(remove(web, sh`true`), { name: "web", gid: 6, members: ["a"] })).to.deep.equal({
      before: "name: web\ngid: 6\n",
      after: "",
    });
  });

  it("is none for what happens and for what is only foretold", () => {
    expect(stateDiff(change(web, { gid: 7 }, sh`true`, { isEvent: true }), {})).to.equal(undefined);
    expect(stateDiff(change(web, { gid: 7 }, []), {})).to.equal(undefined);
  });

  it("leaves out content and what lies deeper, where secrets may be", () => {
    const account = { ...web, after: undefined };
    const made = create(account, { gid: 7, members: ["x"] }, sh`true`);
    expect(
      stateDiff({ ...made, after: { text: "a\nb", hash: "x".repeat(300), shadow: { hash: "$6$" } } }, undefined),
    ).to.deep.equal({
      before: "",
      after: "state: present\n",
    });
  });
});
