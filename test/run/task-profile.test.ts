import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { TaskProfile } from "../../src/run/task-profile.ts";

const soon = (): Promise<void> => sleep(20);

describe("the profile of a task", () => {
  it("counts each piece of time once, and reads after an apply as verification", async () => {
    const profile = new TaskProfile();
    await profile.time("observe", async () => {
      await soon();
      profile.connected(10);
    });
    await profile.time("apply", async () => {
      await soon();
      await profile.time("wait", soon);
    });
    await profile.time("observe", soon);
    const { connectMs, observeMs, applyMs, verifyMs, waitMs, evaluateMs } = profile.figures(200, 0);
    expect(connectMs).to.equal(10);
    expect(observeMs).to.be.within(5, 60);
    for (const ms of [applyMs, verifyMs, waitMs]) expect(ms).to.be.within(15, 80);
    expect(connectMs + observeMs + applyMs + verifyMs + waitMs + evaluateMs).to.be.closeTo(200, 1);
  });

  it("counts bytes and answers", async () => {
    const profile = new TaskProfile();
    const outcome = { rc: 0, stdout: new Uint8Array(7), stderr: new Uint8Array(2) };
    const shell = profile.counting({ run: () => Promise.resolve(outcome as never) });
    await shell.run({ script: "12345", stdin: new Uint8Array(10) });
    profile.hit();
    profile.miss("too old");
    profile.miss("too old");
    expect(profile.figures(0, 0)).to.include({ sentBytes: 15, receivedBytes: 9, hits: 1 });
    expect(profile.figures(0, 0).misses).to.deep.equal({ "too old": 2 });
  });
});
