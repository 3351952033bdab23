import { expect } from "chai";
import { batches } from "../../src/run/batches.ts";

describe("batches of serial", () => {
  const hosts = [1, 2, 3, 4, 5, 6, 7];

  it("are all hosts without it", () => {
    expect(batches(hosts, undefined)).to.deep.equal([hosts]);
    expect(batches(hosts, 0)).to.deep.equal([hosts]);
  });

  it("have a size, a share of at least one, or a growing list", () => {
    expect(batches(hosts, 3)).to.deep.equal([[1, 2, 3], [4, 5, 6], [7]]);
    expect(batches(hosts, "30%")).to.deep.equal([[1, 2], [3, 4], [5, 6], [7]]);
    expect(batches(hosts, "5%").length).to.equal(7);
    expect(batches(hosts, [1, "2", "50%"])).to.deep.equal([[1], [2, 3], [4, 5, 6], [7]]);
  });

  it("refuse what is no number", () => {
    expect(() => batches(hosts, "some")).to.throw("expected a number of hosts or a percentage");
  });
});
