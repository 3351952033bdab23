import { expect } from "chai";
import { CutProxy } from "../cut-proxy.ts";
import type { TestLab } from "../lab.ts";
import { exemption, LAWS, type LawHostKind, taskName } from "./law.ts";
import { casesOn, LawHost, taskOf } from "./law-host.ts";
import { modulesOn } from "./modules.ts";

/** Tests of what a cut of the connection leaves, at so many places. */
export function cutSuite(lab: () => TestLab, kind: LawHostKind, cuts: number): void {
  const under = new Set(
    modulesOn(kind).flatMap(([name, laws]) => (exemption(name, laws, "cut") === undefined ? [name] : [])),
  );
  const cases = casesOn(kind).filter(({ module }) => under.has(module));
  const tasks = cases.map(taskOf);
  /** What was wrong after a cut, by module. */
  const wrong = new Map<string, string[]>();
  const leftovers: string[] = [];

  before(`cut at ${cuts} places, and run again`, async () => {
    const host = await LawHost.of(lab(), kind);
    const proxy = await CutProxy.to(lab().hosts[0]?.address ?? "", 22);
    try {
      const options = { inventory: [await host.proxiedInventory(proxy.port)] };
      await host.makeBefore(cases);
      const old = await host.probe(cases);
      await proxy.reset(Number.POSITIVE_INFINITY);
      const whole = await host.run(tasks, options);
      expect(whole.failures).to.equal("");
      const total = proxy.bytes;
      const right = await host.probe(cases);
      const complain = (module: string, what: string): void => {
        wrong.set(module, [...(wrong.get(module) ?? []), what]);
      };
      for (let number = 0; number < cuts; number++) {
        // The login is the first few kilobytes.
        const limit = Math.round(6000 + ((total - 8000) * (number + 0.5)) / cuts);
        await host.makeBefore(cases);
        await proxy.reset(limit);
        const cut = await host.run(tasks, options);
        expect(cut.exitCode, `cut after ${limit} bytes of ${total}`).to.equal(4);
        // The host notices the end of a connection within about two seconds.
        await host.root(`for i in 1 2 3 4 5 6 7 8; do ls -A /dev/shm | grep -q '^[.]tsrun' || exit 0; sleep 0.5; done`);
        const between = await host.probe(cases);
        await proxy.reset(Number.POSITIVE_INFINITY);
        const rerun = await host.run(tasks, options);
        const end = await host.probe(cases);
        for (const { module, case: one } of cases) {
          const name = taskName(module, one);
          const found = between.get(name);
          const where = `${one.name}, cut after ${limit} bytes of ${total}`;
          if (!one.isGradual && found !== old.get(name) && found !== right.get(name))
            complain(module, `${where}: neither old nor new:\n${found}`);
          const again = rerun.results("node1").get(name);
          if (again?.status !== "ok" && again?.status !== "changed")
            complain(module, `${where}: the rerun: ${JSON.stringify(again?.result)}`);
          if (end.get(name) !== right.get(name)) complain(module, `${where}: after the rerun:\n${end.get(name)}`);
        }
        const left = await host.root(
          `find / -xdev -name '.tsrun-*' -not -path '/proc/*'; find /dev/shm /run /tmp -name '.tsrun-*' -mmin +0.2`,
        );
        if (left !== "") leftovers.push(`cut after ${limit} bytes of ${total}: ${left}`);
      }
    } finally {
      proxy.close();
    }
  });

  for (const module of new Set(cases.map((one) => one.module))) {
    it(`${module}: ${LAWS.cut}`, () => {
      expect((wrong.get(module) ?? []).join("\n"), "wrong").to.equal("");
      expect(leftovers).to.deep.equal([]);
    });
  }
}
