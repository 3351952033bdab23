import { expect } from "chai";
import type { TestLab } from "../lab.ts";
import type { FinishedRun, HostResult } from "../run-tsrun.ts";
import { differences, takePicture } from "./host-picture.ts";
import { LAWS, type LawHostKind } from "./law.ts";
import { casesOn, LawHost, taskOf } from "./law-host.ts";
import { modulesOn } from "./modules.ts";

/** Tests of one change: its prediction, its diff, and what a second run finds. */
export function oneChangeSuite(lab: () => TestLab, kind: LawHostKind): void {
  const allCases = casesOn(kind);
  const tasks = allCases.map(taskOf);
  let host: LawHost;

  before("the host", async () => {
    host = await LawHost.of(lab(), kind);
  });

  const resultOf = (run: FinishedRun, task: string): HostResult => {
    const result = run.results("node1").get(task);
    if (!result) throw new Error(`no result of ${task}`);
    return result;
  };
  const shown = ({ status, result, error }: HostResult): string =>
    `${status} ${JSON.stringify(result).slice(0, 600)} ${error?.at ?? ""}`;

  describe("of one change", () => {
    let written: readonly string[];
    let checked: FinishedRun;
    let applied: FinishedRun;
    let again: FinishedRun;
    let probed: { readonly before: ReadonlyMap<string, string>; readonly after: ReadonlyMap<string, string> };

    before("check, apply, apply again", async () => {
      await host.makeBefore(allCases);
      const before = await host.probe(allCases);
      const picture = await takePicture(host);
      checked = await host.run(tasks, { isCheck: true, wantsDiff: true });
      written = differences(picture, await takePicture(host));
      applied = await host.run(tasks, { wantsDiff: true });
      probed = { before, after: await host.probe(allCases) };
      again = await host.run(tasks);
    });

    for (const [module, { cases, exempt = {} }] of modulesOn(kind)) {
      const isChanging = exempt.diff === undefined;
      const ownCases = allCases.filter((one) => one.module === module);
      const own = ownCases.map(taskOf);
      const events = new Set(ownCases.filter((one) => one.case.isEvent).map((one) => taskOf(one).name));
      it(`${module}: ${LAWS.settled}`, () => {
        for (const { name } of own) {
          const first = resultOf(applied, name);
          expect(first.status, shown(first)).to.equal(isChanging ? "changed" : "ok");
          if (isChanging)
            expect(
              probed.before.get(name) !== probed.after.get(name),
              `${name}: the probe says\n${probed.after.get(name)}`,
            ).to.equal(true);
          const second = resultOf(again, name);
          expect(second.status, `${name}: ${shown(second)}`).to.equal(events.has(name) ? "changed" : "ok");
        }
      });
      it(`${module}: ${LAWS.predicted}`, () => {
        for (const { name } of own) {
          const prediction = resultOf(checked, name);
          expect(prediction.status, `${name}: ${shown(prediction)}`).to.equal(resultOf(applied, name).status);
        }
      });
      it(`${module}: ${LAWS.checkWritesNothing}`, () => {
        expect(written, "of all modules' check").to.deep.equal([]);
      });
      if (exempt.diff !== undefined) continue;
      it(`${module}: ${LAWS.diff}`, () => {
        for (const { name } of own.filter((task) => !events.has(task.name))) {
          const { diff } = resultOf(applied, name);
          const texts = diff?.map(({ before, after }) => [before, after]);
          expect(
            diff?.some(({ before, after }) => before !== after),
            `${name}: ${JSON.stringify(diff)}`,
          ).to.equal(true);
          const predicted = resultOf(checked, name).diff?.map(({ before, after }) => [before, after]);
          // What a second stage does (the owner of what was unpacked) only the real run can tell.
          expect(texts, name).to.include.deep.members(predicted ?? [undefined]);
        }
      });
      expect(cases).not.to.have.length(0);
    }
  });
}
