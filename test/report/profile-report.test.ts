import { expect } from "chai";
import { createPaint } from "../../src/report/colors.ts";
import { ProfileTables } from "../../src/report/profile-report.ts";
import type { RunEvent } from "../../src/run/events.ts";
import type { ProfileFigures } from "../../src/run/task-profile.ts";

const nothing: ProfileFigures = {
  connectMs: 0,
  evaluateMs: 0,
  observeMs: 0,
  applyMs: 0,
  verifyMs: 0,
  waitMs: 0,
  roundTrips: 0,
  sentBytes: 0,
  receivedBytes: 0,
  hits: 0,
  misses: {},
};

function tables(events: readonly unknown[]): string {
  const profile = new ProfileTables();
  for (const event of events) profile.onEvent(event as RunEvent);
  return profile.text(createPaint(false));
}

const start = (id: string, name: string) => ({ type: "task_start", task: { id, name } });
const measured = (task: string, host: string, figures: Partial<ProfileFigures>) => ({
  type: "profile",
  task,
  host,
  ...nothing,
  ...figures,
});

describe("the tables of --profile", () => {
  it("sum tasks over hosts and hosts over tasks, the dearest first", () => {
    const text = tables([
      start("1", "cheap"),
      measured("1", "a", { evaluateMs: 20, hits: 3 }),
      start("2", "dear"),
      measured("2", "a", { connectMs: 100, applyMs: 900, roundTrips: 2, sentBytes: 1024, receivedBytes: 1024 }),
      measured("2", "b", { applyMs: 500, roundTrips: 1, misses: { "a task wrote since": 4 } }),
    ]);
    const rows = text.split("\n").map((line) => line.trim().split(/\s{2,}/));
    expect(rows.find(([name]) => name === "dear")).to.deep.equal(["dear", "1.50 s", "0.10 s", "1.40 s", "3", "2", "4"]);
    expect(rows.findIndex(([name]) => name === "dear")).to.be.below(rows.findIndex(([name]) => name === "cheap"));
    expect(rows.find(([name]) => name === "a")?.slice(0, 3)).to.deep.equal(["a", "1.02 s", "0.10 s"]);
    expect(text).to.match(/^a task wrote since +4$/m);
  });

  it("are not there when nothing was measured", () => {
    expect(tables([start("1", "a task")])).to.equal("");
  });
});
