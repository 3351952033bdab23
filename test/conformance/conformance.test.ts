import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listCases } from "./case.ts";
import { runCase } from "./run-case.ts";

const deviations = readFileSync(new URL("DEVIATIONS.md", import.meta.url), "utf8");

describe("a playbook runs as with real Ansible", () => {
  let umask: number;
  before(() => {
    umask = process.umask(0o022);
  });
  after(() => {
    process.umask(umask);
  });

  for (const one of listCases()) {
    it(one.name, async () => {
      const expected = readFileSync(join(one.directory, "expected.txt"), "utf8");
      const ownAnswer = join(one.directory, "expected-tsrun.txt");
      const { text, output } = await runCase(one);
      if (!existsSync(ownAnswer)) {
        expect(text, output).to.equal(expected);
        return;
      }
      expect(text, output).to.equal(readFileSync(ownAnswer, "utf8"));
      expect(text, "no deviation any more: remove expected-tsrun.txt").to.not.equal(expected);
      expect(deviations, "DEVIATIONS.md does not name the case").to.include(`\`${one.name}\``);
    });
  }
});
