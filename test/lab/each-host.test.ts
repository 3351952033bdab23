import { expect } from "chai";
import { eachHost } from "../../src/lab/each-host.ts";

describe("each host", () => {
  it("ends what began, begins nothing more and reports the first failure", async () => {
    const ended: number[] = [];
    const failure = await eachHost(Array.from({ length: 20 }, (_, index) => index).values(), async (host) => {
      await new Promise((resolve) => setTimeout(resolve, host === 0 ? 5 : 20));
      if (host < 2) throw new Error(`host ${host}`);
      ended.push(host);
    }).catch((thrown: unknown) => thrown);
    expect(failure).to.have.property("message", "host 0");
    expect(ended).to.deep.equal([2, 3, 4, 5, 6, 7]);
  });
});
