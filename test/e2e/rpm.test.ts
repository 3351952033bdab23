import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { root } from "./differential/differential-case.ts";
import { differentialSuite } from "./differential/differential-suite.ts";
import { useLab } from "./lab.ts";
import { setUpRpm } from "./rpm-host.ts";
import { TestProject } from "./run-tsrun.ts";

const playbook = `
- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: missing, dnf: {name: lawone}}
    - {name: there, yum: {name: lawone, update_cache: true}}
    - {name: newest, dnf: {name: [lawone, lawtwo], state: latest}}
    - {name: everything, dnf: {name: "*", state: latest}}
    - {name: unknown, dnf: {name: no-such-package}, ignore_errors: true}
    - {name: gone, dnf: {name: lawone, state: absent}, when: remove | default(false)}
    - {name: pattern, dnf: {name: "lawt*", state: absent}, when: remove | default(false)}
    - {name: generic, package: {name: lawone, use: dnf, state: absent}, when: remove | default(false)}
    - {name: no zypper, zypper: {name: no-such-package}, ignore_errors: true}
`;

describe("RPM packages on a real host", () => {
  const lab = useLab({ hosts: 1 });
  let project: TestProject;
  before(async function () {
    this.timeout(300_000);
    await lab().reset("node1");
    await setUpRpm((script) => lab().root("node1", script));
    project = await TestProject.create({
      "rpm.yaml": playbook,
      "inventory.yaml": await readFile(lab().inventoryPath, "utf8"),
    });
  });
  after(() => project.remove());
  const run = (isCheck: boolean, ...extraVars: string[]) =>
    project.run("rpm.yaml", { inventory: ["inventory.yaml"], isCheck, extraVars });
  const statuses = (finished: Awaited<ReturnType<typeof run>>) =>
    Object.fromEntries([...finished.results("node1")].map(([name, { status }]) => [name, status]));

  it("are predicted, installed once, and removed", async function () {
    this.timeout(180_000);
    const predicted = await run(true);
    expect(await lab().root("node1", "rpm -qa")).to.equal("");
    const real = await run(false);
    expect(statuses(real)).to.include({ missing: "changed", there: "ok", newest: "changed", everything: "ok" });
    expect(statuses(predicted)).to.deep.equal(statuses(real));
    expect(real.results("node1").get("unknown")?.result["msg"]).to.include("Unable to find a match: no-such-package");
    expect(real.results("node1").get("no zypper")?.result["msg"]).to.include("No provider of 'no-such-package' found");
    expect((await lab().root("node1", "rpm -qa | sort")).trim().split("\n")).to.deep.equal([
      "lawone-1.0-1.noarch",
      "lawtwo-1.0-1.noarch",
    ]);
    expect((await run(false)).changed).to.deep.equal({ node1: 0 });
    expect(statuses(await run(false, "remove=true"))).to.include({
      gone: "changed",
      pattern: "changed",
      generic: "ok",
    });
    expect(await lab().root("node1", "rpm -qa")).to.equal("");
  });

  describe("do what Ansible's do", function () {
    this.timeout(300_000);
    differentialSuite(lab, "rpm", async (onHost) => void (await onHost(`mkdir -p ${root}`)));
  });
});
