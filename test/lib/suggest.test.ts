import { expect } from "chai";
import { didYouMean, editDistance, suggest } from "../../src/lib/suggest.ts";

describe("suggest", () => {
  it("finds the nearest word and nothing when all are far", () => {
    expect(suggest("stat", ["status", "state", "name"])).to.equal("state");
    expect(suggest("xyz", ["state", "name"])).to.equal(undefined);
    expect(didYouMean("hosst", ["hosts"])).to.equal("did you mean `hosts`?");
  });

  it("prefers a word that only lacks letters", () => {
    expect(suggest("taks", ["tags", "tasks"])).to.equal("tasks");
    expect(suggest("taks", ["tasks", "tags"])).to.equal("tasks");
  });

  it("counts a swap of neighbours as one edit", () => {
    expect(editDistance("stiff", "stfif")).to.equal(1);
    expect(editDistance("", "abc")).to.equal(3);
  });
});
