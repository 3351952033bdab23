import { expect } from "chai";
import type { TestLab } from "../lab.ts";
import type { FinishedRun } from "../run-tsrun.ts";
import { exemption, LAWS, type LawHostKind, lawsRoot } from "./law.ts";
import { LawHost, type LawTask } from "./law-host.ts";
import { modulesOn, modulesUnderLaw } from "./modules.ts";

const victims = `${lawsRoot}/victims`;
const modes = `${lawsRoot}/modes`;

/** Tells each name in the directory whose mode gave anything to group or others, or that was not root's, at any moment. */
const watch = `$| = 1; my ($stop, $sweeps, %seen) = (0, 0); $SIG{TERM} = sub { $stop = 1 }; chdir "${modes}"; print "ready\\n";
until ($stop) { opendir my $d, "."; for (readdir $d) { next if /^\\.\\.?$/; my @s = lstat or next; $seen{sprintf "%s %o %d", $_, $s[2] & 07777, $s[4]} = 1 if $s[2] & 077 or $s[4] } $sweeps++ }
print "$sweeps\\n", map { "$_\\n" } sort keys %seen;`;

/** Tests of links that another account planted, and of the modes that files have meanwhile. */
export function filesSuite(lab: () => TestLab, kind: LawHostKind): void {
  const all = modulesOn(kind);
  const planted = all.filter(([name, module]) => exemption(name, module, "planted") === undefined);
  const moded = all.filter(([name, module]) => exemption(name, module, "modes") === undefined);
  let host: LawHost;
  before("the host", async () => {
    host = await LawHost.of(lab(), kind);
  });

  describe("of planted links", () => {
    let run: FinishedRun;
    const pathOf = (module: string): string => `/srv/mallory/${module}`;
    before("run", async () => {
      const names = planted.map(([name]) => name).join(" ");
      await host.root(`rm -rf /srv/mallory ${victims}; mkdir -p /srv/mallory ${victims}
for n in ${names}; do echo old >${victims}/$n; chgrp daemon ${victims}/$n; chmod 640 ${victims}/$n; ln -s ${victims}/$n /srv/mallory/$n; done
chown -hR mallory: /srv/mallory`);
      run = await host.run(
        planted.map(([module, { at }]) => ({ name: module, module, args: at?.(pathOf(module)) ?? {} })),
      );
    });
    for (const [module] of planted) {
      it(`${module}: ${LAWS.planted}`, async () => {
        const result = run.results("node1").get(module);
        const found = await host.root(`cd ${victims}; stat -c '%n %a %U %G' ${module}; cat ${module}`);
        expect(found, JSON.stringify(result?.result)).to.equal(`${module} 640 root daemon\nold\n`);
      });
    }
  });

  describe("of modes", () => {
    let run: FinishedRun;
    let seen: readonly string[];
    const takesMode = (module: string): boolean => modulesUnderLaw[module]?.at?.("")["mode"] !== undefined;
    const tasks = moded.flatMap(([module, { at }]): readonly LawTask[] =>
      ["old", ...(takesMode(module) && module !== "replace" ? ["new"] : [])].map((kind) => ({
        name: `${module} ${kind}`,
        module,
        args: at?.(`${modes}/${module}.${kind}`) ?? {},
      })),
    );
    before("run", async () => {
      const names = moded.map(([name]) => name).join(" ");
      await host.root(`rm -rf ${modes}; mkdir -p ${modes}; cd ${modes}; umask 077; for n in ${names}; do echo old >$n.old; done
cat >/run/law-watch.pl <<'END'
${watch}
END
systemd-run -q --unit law-watch -p StandardOutput=file:/run/law-watch.out perl /run/law-watch.pl; until grep -q ready /run/law-watch.out; do sleep 0.1; done`);
      run = await host.run(tasks);
      const lines = await host.root("systemctl kill law-watch; sleep 1; cat /run/law-watch.out; rm /run/law-watch.*");
      const [, sweeps = "", ...wide] = lines.trimEnd().split("\n");
      expect(Number(sweeps)).to.be.greaterThan(1000);
      seen = wide;
    });
    for (const [module] of moded) {
      it(`${module}: ${LAWS.modes}`, () => {
        for (const { name } of tasks.filter((task) => task.module === module)) {
          const result = run.results("node1").get(name);
          expect(result?.status, `${name}: ${JSON.stringify(result?.result)}`).to.be.oneOf(["changed", "ok"]);
        }
        expect(seen.filter((line) => line.startsWith(`${module}.`))).to.deep.equal([]);
        // Names of temporary files do not tell whose they are.
        expect(seen.filter((line) => line.startsWith("."))).to.deep.equal([]);
      });
    }
  });
}
