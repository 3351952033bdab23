import { expect } from "chai";
import { breathe } from "../../src/lib/breathe.ts";

describe("breathe", () => {
  it("lets one of many that wait go on at each turn of the event loop", async () => {
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (turns < 20) setImmediate(count);
    };
    setImmediate(count);
    work();
    const resumedAt = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        await breathe();
        const at = turns;
        work();
        return at;
      }),
    );
    expect(new Set(resumedAt).size, resumedAt.join(" ")).to.equal(4);
    expect(resumedAt).to.deep.equal([...resumedAt].sort((a, b) => a - b));
  });
});

/** Longer than anybody may work without a break. */
function work(): void {
  const until = performance.now() + 12;
  while (performance.now() < until);
}
