import { expect } from "chai";
import { StateCache } from "../../src/host/state-cache.ts";
import { defineQuery } from "../../src/task/query.ts";
import { sh } from "../../src/task/sh.ts";

const thing = defineQuery<string, string>({
  name: "thing",
  script: (keys) => sh`true ${keys}`,
  parse: (_, keys) => keys,
});
const service = defineQuery<string, string>({
  name: "service",
  script: () => sh`true`,
  parse: (_, keys) => keys,
  freshMs: 100,
});

describe("the state cache", () => {
  it("answers only at the epoch, for the user and while it is fresh", () => {
    let now = 0;
    const cache = new StateCache(() => now);
    cache.put("root", thing("a"), 1, cache.epoch);
    cache.put("root", service("b"), 2, cache.epoch);
    expect(cache.get("root", thing("a"))?.value).to.equal(1);
    expect(cache.get("", thing("a"))).to.equal(undefined);
    now = 101;
    expect(cache.get("root", service("b"))).to.equal(undefined);
    cache.raise();
    expect(cache.get("root", thing("a"))).to.equal(undefined);
  });

  it("drops an answer that a write has overtaken", () => {
    const cache = new StateCache(() => 0);
    const { epoch } = cache;
    cache.raise();
    cache.put("root", thing("a"), 1, epoch);
    expect(cache.get("root", thing("a"))).to.equal(undefined);
  });
});
