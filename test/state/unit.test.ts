import { expect } from "chai";
import { unit } from "../../src/state/unit.ts";
import { unitManager } from "../../src/state/unit-manager.ts";

const parse = (queries: readonly ReturnType<typeof unit>[], stdout: string) =>
  queries[0]?.kind.parse(
    { rc: 0, stdout: Buffer.from(stdout), stderr: Buffer.from("") },
    queries.map(({ key }) => key),
  ) as readonly Record<string, unknown>[];

const block = (values: Record<string, string>) =>
  Object.entries({ RemainAfterExit: "no", Result: "success", NeedDaemonReload: "no", LoadError: "", ...values })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
const ssh = block({
  Type: "notify",
  Id: "ssh.service",
  LoadState: "loaded",
  ActiveState: "active",
  SubState: "running",
  UnitFileState: "enabled",
});
const none = block({
  Type: "",
  Id: "none.service",
  LoadState: "not-found",
  ActiveState: "inactive",
  SubState: "dead",
  UnitFileState: "",
  LoadError: 'org.freedesktop.systemd1.NoSuchUnit "Unit none.service not found."',
});

describe("state: units", () => {
  it("adds .service to a name without a type", () => {
    expect(unit("ssh").key).to.deep.equal({ name: "ssh.service", scope: "system" });
    expect(unit("foo@bar.timer", "user").key).to.deep.equal({ name: "foo@bar.timer", scope: "user" });
    expect(unit("a.b").key).to.deep.equal({ name: "a.b.service", scope: "system" });
  });

  it("reads many units from one show", () => {
    const found = parse([unit("ssh"), unit("none")], `${ssh}\n${none}\0\0`);
    expect(found[0]).to.deep.include({
      exists: true,
      isBooted: true,
      activeState: "active",
      type: "notify",
      enablement: "enabled",
      isEnabled: true,
    });
    expect(found[0]?.["properties"]).to.include({ ActiveState: "active", UnitFileState: "enabled" });
    expect(found[1]).to.deep.include({ exists: false, loadState: "not-found", isEnabled: false });
  });

  it("counts an alias or indirect unit as enabled only where links are listed", () => {
    const indirect = block({
      Id: "a.service",
      LoadState: "loaded",
      ActiveState: "inactive",
      SubState: "dead",
      UnitFileState: "indirect",
    });
    const found = parse(
      [unit("a"), unit("a2")],
      `${indirect}\n${indirect}\0detail\0indirect\n\0indirect\n  /etc/systemd/system/x.wants/a@1.service\n\0`,
    );
    expect(found.map((state) => state["isEnabled"])).to.deep.equal([false, true]);
  });

  it("tells of a generated unit what its init script is", () => {
    const generated = block({
      Id: "a.service",
      LoadState: "loaded",
      ActiveState: "inactive",
      SubState: "dead",
      UnitFileState: "generated",
    });
    const found = parse([unit("a")], `${generated}\0detail\0disabled\n\0`);
    expect(found[0]).to.include({ isEnabled: false, enablement: "disabled" });
  });

  it("knows a template by its enablement alone", () => {
    const found = parse([unit("ssh"), unit("getty@")], `${ssh}\0detail\0enabled\n\0enabled\n  /etc/x\n\0`);
    expect(found[1]).to.include({ exists: true, loadState: "loaded", isEnabled: true, activeState: "" });
    expect(unit("getty@").kind.script([unit("getty@").key]).text).to.not.include("systemctl show");
  });

  it("tells only enablement where systemd does not run", () => {
    const found = parse([unit("ssh"), unit("none")], "\0detail\0enabled\n\0\0");
    expect(found[0]).to.include({ exists: true, isBooted: false, isEnabled: true });
    expect(found[1]).to.include({ exists: false, isBooted: false });
  });

  it("keeps scopes apart", () => {
    const found = parse([unit("ssh"), unit("ssh", "global")], `${ssh}\0\0\0detail\0disabled\n\0`);
    expect(found[0]).to.include({ isEnabled: true, isBooted: true });
    expect(found[1]).to.include({ isEnabled: false, isBooted: false, exists: true });
  });

  it("takes a manager that does not say for stale", () => {
    const { kind } = unitManager("system");
    const output = (stdout: string) => ({ rc: 0, stdout: Buffer.from(stdout), stderr: Buffer.from("") });
    expect(kind.parse(output("loaded\nstale\n"), ["system", "user"])).to.deep.equal([
      { isStale: false },
      { isStale: true },
    ]);
    expect(kind.parse(output(""), ["system"])).to.deep.equal([{ isStale: true }]);
  });
});
