import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { lockLab } from "../../src/lab/lab-lock.ts";

describe("lab lock", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrun-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is had by one at a time", async () => {
    const unlock = await lockLab(folder, "lab");
    const waits: number[] = [];
    const refused = await lockLab(folder, "lab", { timeoutMs: 1, onWait: (pid) => waits.push(pid) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(refused).to.have.property("code", "E_LAB_BUSY");
    expect(waits).to.deep.equal([process.pid]);
    await unlock();
    await (await lockLab(folder, "lab", { timeoutMs: 1 }))();
    expect(existsSync(join(folder, "lab.lock"))).to.equal(false);
  });

  it("waits for its turn", async () => {
    const unlock = await lockLab(folder, "lab");
    const order: string[] = [];
    const second = lockLab(folder, "lab", { timeoutMs: 5_000 }).then(async (unlockSecond) => {
      order.push("second");
      await unlockSecond();
    });
    order.push("first");
    await unlock();
    await second;
    expect(order).to.deep.equal(["first", "second"]);
  });

  it("is taken over from a process that is gone, even when its number lives on", async () => {
    const { pid } = spawnSync("true");
    for (const stale of [`${pid} 123`, `${process.pid} 1`, ""]) {
      writeFileSync(join(folder, "lab.lock"), stale);
      const unlock = await lockLab(folder, "lab", { timeoutMs: 1 });
      expect(readFileSync(join(folder, "lab.lock"), "utf8")).to.match(new RegExp(`^${process.pid} \\d+$`));
      await unlock();
    }
  });
});
