import { expect } from "chai";
import { file } from "../../src/state/file.ts";
import { initScript } from "../../src/state/init-script.ts";
import { unit, type UnitState } from "../../src/state/unit.ts";
import { unitManager } from "../../src/state/unit-manager.ts";
import { unitToBe } from "../../src/plan/unit-plan.ts";
import service from "../../tasks/service.ts";
import systemd from "../../tasks/systemd.ts";
import { type Fixture, planModule } from "./plan-module.ts";

const stopped: UnitState = { ...unitToBe, type: "simple", properties: { ActiveState: "inactive" } };
const running: UnitState = {
  ...stopped,
  activeState: "active",
  subState: "running",
  enablement: "enabled",
  isEnabled: true,
};
const none: UnitState = { ...stopped, exists: false, loadState: "not-found" };
const plan = (raw: Record<string, unknown>, state: UnitState | undefined, more: Partial<Fixture> = {}) =>
  planModule(
    systemd,
    { name: "app", ...raw },
    { ...more, host: [...(state ? [[unit("app"), state] as const] : []), ...(more.host ?? [])] },
  );
const failure = async (promise: Promise<unknown>) => String(await promise.catch((error: unknown) => error));

describe("module: systemd", () => {
  const cases: readonly [string, Record<string, unknown>, Partial<UnitState>, readonly string[], boolean][] = [
    ["starts what is stopped", { state: "started" }, stopped, ["start"], false],
    ["leaves what runs", { state: "started", enabled: true }, running, [], false],
    [
      "counts activating as running",
      { state: "started" },
      { ...running, activeState: "activating", subState: "start" },
      [],
      false,
    ],
    [
      "starts what keeps dying",
      { state: "started" },
      { ...running, activeState: "activating", subState: "auto-restart" },
      ["start"],
      false,
    ],
    ["starts what failed", { state: "started" }, { ...stopped, activeState: "failed" }, ["start"], false],
    ["restarts what runs, as an event", { state: "restarted" }, running, ["restart"], true],
    ["restart starts what is stopped, as a state", { state: "restarted" }, stopped, ["start"], false],
    ["reloads what runs, as an event", { state: "reloaded" }, running, ["reload"], true],
    ["runs a oneshot unit again, as an event", { state: "started" }, { ...stopped, type: "oneshot" }, ["start"], true],
    [
      "leaves a oneshot unit that remains",
      { state: "started" },
      { ...running, type: "oneshot", remainsAfterExit: true },
      [],
      false,
    ],
  ];
  for (const [name, raw, state, verbs, isEvent] of cases) {
    it(name, async () => {
      const { changes, scripts } = await plan(raw, state as UnitState);
      expect(scripts.map((script) => /m=\$\(systemctl +(\w+) /.exec(script)?.[1])).to.deep.equal(verbs);
      for (const change of changes) expect(Boolean(change.isEvent)).to.equal(isEvent);
    });
  }

  it("stops, and takes failed for stopped", async () => {
    expect((await plan({ state: "stopped" }, running)).scripts).to.deep.equal(["systemctl stop -- app"]);
    expect((await plan({ state: "stopped" }, { ...stopped, activeState: "failed" })).scripts).to.deep.equal([]);
    expect(
      (await plan({ state: "stopped" }, { ...stopped, activeState: "activating", subState: "auto-restart" })).scripts,
    ).to.have.length(1);
  });

  it("enables, disables, masks and unmasks, in the order that works", async () => {
    expect((await plan({ enabled: true }, stopped)).scripts).to.deep.equal(["systemctl enable -- app"]);
    expect((await plan({ enabled: false }, running)).scripts).to.deep.equal(["systemctl disable -- app"]);
    const masked = { ...stopped, enablement: "masked", loadState: "masked" };
    const { scripts } = await plan({ masked: false, enabled: true, state: "started", force: true }, masked);
    expect(scripts.slice(0, 2)).to.deep.equal(["systemctl --force unmask -- app", "systemctl --force enable -- app"]);
    expect(scripts[2]).to.include("systemctl --force start --");
    expect((await plan({ masked: true }, none)).scripts).to.deep.equal(["systemctl mask -- app"]);
    expect((await plan({ masked: true }, masked)).scripts).to.deep.equal([]);
  });

  it("says that a static unit cannot be disabled", async () => {
    const { plan: planned } = await plan({ enabled: false }, { ...stopped, enablement: "static", isEnabled: true });
    expect(planned.changes).to.deep.equal([]);
    expect(planned.warnings?.[0]).to.include("is static");
  });

  it("reloads the manager first when the unit's file changed, and does not count that", async () => {
    const { changes, scripts } = await plan({ state: "restarted" }, { ...running, needsReload: true });
    expect(scripts[0]).to.equal("systemctl daemon-reload");
    expect(changes[0]?.isQuiet).to.equal(true);
    expect((await plan({ state: "started" }, { ...running, needsReload: true })).scripts).to.deep.equal([
      "systemctl daemon-reload",
    ]);
    expect((await plan({ enabled: true }, { ...running, needsReload: true })).scripts).to.deep.equal([]);
  });

  it("reloads on request only when something on disk is newer", async () => {
    const fixture = (isStale: boolean) => ({ host: [[unitManager("system"), { isStale }] as const] });
    expect((await planModule(systemd, { daemon_reload: "yes" }, fixture(true))).scripts).to.deep.equal([
      "systemctl daemon-reload",
    ]);
    expect((await planModule(systemd, { daemon_reload: "yes" }, fixture(false))).scripts).to.deep.equal([]);
    expect((await plan({ daemon_reload: true, state: "started" }, running, fixture(true))).scripts).to.deep.equal([
      "systemctl daemon-reload",
    ]);
    expect((await planModule(systemd, { daemon_reexec: true })).changes[0]).to.include({
      isEvent: true,
      isQuiet: true,
    });
  });

  it("speaks to the manager of the scope", async () => {
    const { scripts } = await planModule(
      systemd,
      { name: "app", scope: "user", enabled: true },
      { host: [[unit("app", "user"), stopped]] },
    );
    expect(scripts[0]).to.match(/systemctl --user\s+enable -- app$/);
    const error = await failure(
      planModule(
        systemd,
        { name: "app", scope: "user", state: "started" },
        { host: [[unit("app", "user"), { ...stopped, isBooted: false }]] },
      ),
    );
    expect(error).to.include("enable-linger");
  });

  it("watches simple units longer than ones that say when they are ready", async () => {
    const [script = ""] = (await plan({ state: "started" }, stopped)).scripts;
    expect(script).to.match(/start:simple .*n=14;; \*\) n=4/s);
    expect((await plan({ state: "started", no_block: true }, stopped)).scripts).to.deep.equal([
      "systemctl --no-block start -- app",
    ]);
  });

  it("passes over a start that conditions of the machine kept from happening", async () => {
    const first = await plan({ state: "started" }, stopped);
    const again = await plan({ state: "started" }, stopped, { applied: first.changes });
    expect(again.changes).to.deep.equal([]);
    expect(again.plan.warnings?.[0]).to.include("conditions");
    const failed = await plan({ state: "started" }, { ...stopped, activeState: "failed" }, { applied: first.changes });
    expect(failed.changes).to.have.length(1);
  });

  it("names a unit that is not there, as Ansible does", async () => {
    expect(await failure(plan({ state: "started" }, none))).to.include(
      "Could not find the requested service app: host",
    );
    expect(await failure(plan({ enabled: true }, none))).to.include("Could not find the requested service app: host");
  });

  it("predicts a unit whose file an earlier task would make", async () => {
    const host = [[file("/etc/systemd/system/app.service"), { type: "file" }] as const];
    const { changes } = await plan({ state: "started", enabled: true }, none, { isCheck: true, host });
    expect(changes.map((change) => change.after)).to.deep.equal([
      { enablement: "enabled", isEnabled: true },
      { activeState: "active", subState: "running", result: "success" },
    ]);
    expect(await failure(plan({ state: "started" }, none, { host }))).to.include("Could not find");
  });

  it("gives Ansible's result", async () => {
    const { result } = await plan({ state: "restarted", enabled: true }, running);
    expect(result).to.deep.equal({ name: "app", status: { ActiveState: "inactive" }, state: "started", enabled: true });
    const asked = await plan({}, running);
    expect([asked.changes, asked.result]).to.deep.equal([[], { name: "app", status: { ActiveState: "inactive" } }]);
    expect((await planModule(systemd, { daemon_reload: true })).result).to.deep.equal({ name: null, status: {} });
  });

  it("refuses what makes no sense", async () => {
    expect(await failure(planModule(systemd, {}))).to.include(
      "one of the following is required: state, enabled, masked",
    );
    expect(await failure(planModule(systemd, { state: "started" }))).to.include("`name` is needed");
    for (const name of ["a*", "-x", ""])
      expect(await failure(planModule(systemd, { name, state: "started" }))).to.include("is no name for a unit");
    expect(await failure(plan({ state: "started" }, { ...stopped, loadError: "bad" }))).to.include(
      "Error loading unit file 'app': bad",
    );
  });
});

describe("module: service", () => {
  it("is systemd's where systemd runs", async () => {
    const { scripts } = await planModule(service, { name: "app", enabled: true }, { host: [[unit("app"), stopped]] });
    expect(scripts).to.deep.equal(["systemctl enable -- app"]);
  });

  it("uses init scripts elsewhere", async () => {
    const script = { isRunning: false, isEnabled: false };
    const host = [[unit("app"), { ...none, isBooted: false }] as const, [initScript("app"), script] as const];
    const { scripts, changes } = await planModule(service, { name: "app", enabled: true, state: "started" }, { host });
    expect(scripts).to.deep.equal(["update-rc.d app defaults && update-rc.d app enable", "service app start"]);
    expect(changes.map((change) => change.after)).to.deep.equal([{ isEnabled: true }, { isRunning: true }]);
    const restarted = await planModule(service, { name: "app", state: "restarted", sleep: 2 }, { host });
    expect(restarted.scripts).to.deep.equal(["service app stop ; sleep 2; service app start"]);
  });

  it("fails where there is neither", async () => {
    const host = [[unit("app"), { ...none, isBooted: false }] as const];
    expect(await failure(planModule(service, { name: "app", state: "started" }, { host }))).to.include(
      "Could not find the requested service app: host",
    );
    expect(await failure(planModule(service, { name: "../x", state: "started" }))).to.include(
      "is no name for a service",
    );
  });
});
