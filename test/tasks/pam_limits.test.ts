import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import pam_limits from "../../tasks/pam_limits.ts";
import { planModule } from "./plan-module.ts";
import { runLocally } from "./run-locally.ts";

describe("module: pam_limits", () => {
  let dest: string;
  before(() => {
    dest = join(mkdtempSync(join(tmpdir(), "tsrun-limits-")), "limits.conf");
  });
  after(() => rmSync(join(dest, ".."), { recursive: true }));
  const wish = { domain: "@web", limit_type: "-", limit_item: "nofile", value: 100 };
  const wanted = "@web\t-\tnofile\t100";

  const cases: readonly [string, string, Record<string, unknown>, string][] = [
    ["adds a line", "# c\n@web soft nofile 5\n", {}, `# c\n@web soft nofile 5\n${wanted}\n`],
    ["adds a line after one without an end", "x - core 0", {}, `x - core 0\n${wanted}\n`],
    ["leaves a line that says so", "@web  - nofile 100 # why", { comment: "new" }, "@web  - nofile 100 # why"],
    ["keeps the comment of a line", "@web - nofile 5 # why\n", {}, `${wanted}\t# why\n`],
    ["writes its own comment", "@web - nofile 5 # why\n", { comment: "new" }, `${wanted}\t#new\n`],
    ["alters no comment line", "#@web - nofile 5\n", {}, `#@web - nofile 5\n${wanted}\n`],
    ["keeps a higher limit", "@web - nofile 500\n", { use_max: true }, "@web - nofile 500\n"],
    ["raises a lower limit", "@web - nofile 5\n", { use_max: true }, `${wanted}\n`],
    ["takes no limit for the highest", "@web - nofile -1\n", { use_max: true }, "@web - nofile -1\n"],
    ["lowers no limit", "@web - nofile unlimited\n", { use_min: true }, `${wanted}\n`],
    ["keeps a lower limit", "@web - nofile 5\n", { use_min: true }, "@web - nofile 5\n"],
  ];
  for (const [name, before, raw, after] of cases) {
    it(name, async () => {
      writeFileSync(dest, before);
      const { changed } = await runLocally(pam_limits, { ...wish, ...raw, dest });
      expect([readFileSync(dest, "utf8"), changed]).to.deep.equal([after, before !== after]);
      expect((await runLocally(pam_limits, { ...wish, ...raw, dest })).changed).to.equal(false);
    });
  }

  it("refuses values that mean nothing", async () => {
    const failure = (raw: Record<string, unknown>) =>
      planModule(pam_limits, { ...wish, ...raw }).then(() => "no failure", String);
    expect(await failure({ value: "many" })).to.include("got `many`");
    expect(await failure({ limit_item: "nice", value: 20 })).to.include("from -20 to 19");
    expect(await failure({ use_max: true, use_min: true })).to.include("at the same time");
    expect(await failure({ domain: "a b" })).to.include("is no domain");
  });
});
