import { expect } from "chai";
import { runMain } from "../../cli/run-main.ts";
import type { TestLab } from "../lab.ts";
import { ProcessWatch } from "../process-watch.ts";
import { exemption, LAWS, type LawHostKind, lawsRoot } from "./law.ts";
import { LawHost, type LawTask, playbookOf, within } from "./law-host.ts";
import { modulesOn } from "./modules.ts";

const top = `${lawsRoot}/secrets`;

/** Tests that a secret is nowhere that it does not belong. */
export function secretsSuite(lab: () => TestLab, kind: LawHostKind): void {
  const holding = modulesOn(kind).filter(([name, m]) => exemption(name, m, "secrets") === undefined);
  const secretOf = (module: string): string => `canary-of-${module.replaceAll("_", "-")}-x9`;
  const secretOfTemplate = secretOf("template");
  let host: LawHost;
  let output: string;
  let seen: readonly string[];
  let left: string;

  before("run with everything that could tell", async () => {
    host = await LawHost.of(lab(), kind);
    const before = holding.map(([module, { holding: how }]) => how?.before?.(secretOf(module)) ?? "");
    await host.root(
      `rm -rf ${top}; mkdir -p ${top}; cd ${top}; mkdir ${holding.map(([name]) => name).join(" ")}; userdel lawsecret 2>/dev/null\n${before.join("\n")}\n:`,
    );
    const tasks = holding.map(
      ([module, { holding: how }]): LawTask => ({
        name: module,
        module,
        args: within(how?.args(secretOf(module)) ?? {}, `${top}/${module}`),
        isNoLog: how?.isNoLog === true,
      }),
    );
    await host.project.write("secrets.yaml", playbookOf(tasks, { secret_of_template: secretOfTemplate }));
    const secrets = holding.map(([module]) => secretOf(module));
    const watch = await ProcessWatch.start(secrets);
    const texts: string[] = [];
    for (const mode of [
      ["--check", "--diff", "-vvvv"],
      ["--diff", "-vvvv"],
    ]) {
      const run = await runMain(["playbook", "secrets.yaml", "-i", "inventory.yaml", ...mode], host.project.folder);
      expect(run.exitCode, run.stdout + run.stderr).to.equal(0);
      expect(run.stdout)
        .to.match(/failed=0/)
        .and.match(/ignored=0/);
      texts.push(run.stdout, run.stderr);
    }
    seen = (await watch.stop()).seen;
    output = texts.join("");
    left = await host.root(
      `journalctl --sync; for s in ${secrets.join(" ")}; do grep -rlaF -- "$s" /tmp /var/tmp /dev/shm /run /root /home /var/log && echo "has $s"; done; journalctl -q | grep -aF canary-of || :`,
    );
  });

  for (const [module] of holding) {
    it(`${module}: ${LAWS.secrets}`, () => {
      const secret = secretOf(module);
      expect(
        seen.filter((line) => line.includes(secret)),
        "command lines and environments",
      ).to.deep.equal([]);
      const at = output.indexOf(secret);
      expect(output.slice(Math.max(0, at - 300), at < 0 ? 0 : at + 100), "output").to.equal("");
      expect(
        left.split("\n").filter((line) => line.includes(secret)),
        "files left behind and the journal",
      ).to.deep.equal([]);
    });
  }
}
