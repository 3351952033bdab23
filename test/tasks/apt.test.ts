import { expect } from "chai";
import { aptCache, aptPolicy, aptSimulation, debFile, installedProviders } from "../../src/state/apt.ts";
import { dpkgInterrupted, packageManager, packageState } from "../../src/state/package.ts";
import type { Change } from "../../src/task/change.ts";
import type { Query } from "../../src/task/query.ts";
import apt from "../../tasks/apt.ts";
import packageModule from "../../tasks/package.ts";
import { type Fixture, planModule } from "./plan-module.ts";

type Host = (readonly [Query<unknown>, unknown])[];
const installed = (version: string, more: object = {}) => ({
  name: "x",
  architecture: "amd64",
  version,
  want: "install",
  flag: "ok",
  status: "installed",
  isAuto: false,
  ...more,
});
const policy = (candidate: string | undefined, ...versions: string[]) => ({
  candidate,
  versions: versions.map((version) => ({ version, sources: [`500 http://x bookworm/main amd64 Packages`] })),
});
const healthy: Host[number] = [dpkgInterrupted(null), false];

/** Commands without the prelude that all share. */
async function plan(raw: Record<string, unknown>, host: Host = [], fixture: Partial<Fixture> = {}) {
  const planned = await planModule(apt, raw, { host: [healthy, ...host], ...fixture });
  const commands = planned.scripts.map((script) =>
    script
      .split("\n}\n")
      .at(-1)
      ?.replace(/ -o Dpkg::Options::=\S+| -o DPkg::Lock::Timeout=300|^attempt /g, "")
      .replace(/ +/g, " ")
      .trim(),
  );
  return { ...planned, commands, names: planned.changes.map((change) => change.query.key) };
}
const failing = async (raw: Record<string, unknown>, host: Host = []) =>
  ((await plan(raw, host).catch((error: Error) => error)) as Error).message;

describe("module: apt", () => {
  it("does nothing when all is installed, and asks dpkg only", async () => {
    const { changes, observed } = await plan({ name: "nginx,curl" }, [
      [packageState("nginx"), installed("1")],
      [packageState("curl"), installed("2")],
    ]);
    expect(changes).to.deep.equal([]);
    expect(Object.keys(observed)).to.deep.equal(["interrupted", 'package "nginx"', 'package "curl"']);
  });

  it("installs what is missing in one transaction, protected, without questions", async () => {
    const { commands, names, changes } = await plan({ name: ["a", "b", "c"], install_recommends: false }, [
      [packageState("b"), installed("1")],
      [aptPolicy({ name: "a" }), policy("3", "3")],
      [aptPolicy({ name: "c" }), policy("4", "4")],
    ]);
    expect(commands).to.deep.equal(["apt-get -y -oAPT::Install-Recommends=no install -- a c"]);
    expect(names).to.deep.equal(["a", "c"]);
    const step = changes[0]?.steps[0];
    expect(step?.type === "command" && step.command.protect).to.equal(true);
    expect(step?.type === "command" && step.command.script.text)
      .to.include("DEBIAN_FRONTEND=noninteractive")
      .and.include("Dpkg::Options::=--force-confold")
      .and.include("DPkg::Lock::Timeout=300");
    expect(changes[0]?.after).to.include({ version: "3", status: "installed" });
    expect(changes[0]?.mayAlter).to.include("unit");
  });

  it("reinstalls a package whose installation was cut short", async () => {
    const { commands, plan: planned } = await plan({ name: "a" }, [
      [packageState("a"), installed("1", { flag: "reinstreq", status: "half-installed" })],
    ]);
    expect(commands).to.deep.equal(["apt-get -y --fix-broken install", "apt-get -y --reinstall install -- a"]);
    expect(planned.warnings?.[0]).to.include("cut short");
  });

  it("finishes an interrupted dpkg first, and plans the rest afterwards", async () => {
    const { commands, plan: planned } = await planWith([[dpkgInterrupted(null), true]]);
    expect(commands[0]).to.match(/^attempt dpkg --force-confdef --force-confold --configure -a$/);
    expect(planned.isPartial).to.equal(true);
    async function planWith(host: Host) {
      const made = await planModule(apt, { name: "a" }, { host });
      return { ...made, commands: made.scripts.map((script) => script.split("\n}\n").at(-1)) };
    }
  });

  for (const [spec, present, expected] of [
    ["a=1.2*", "1.2.3", []],
    ["a=1.2*", "1.3", ["apt-get -y install -- 'a=1.2*'"]],
    ["a>=2", "2.1", []],
    ["a>=2", "1.9", ["apt-get -y install -- a=3"]],
    ["a", "1", []],
    ["a:arm64", undefined, ["apt-get -y install -- a:arm64"]],
    ["a/bookworm", "3", []],
    ["a/bookworm", "2", ["apt-get -y install -- a/bookworm"]],
  ] as const) {
    it(`takes ${spec} with ${present ?? "nothing"} installed`, async () => {
      const name = spec.replace(/[=>/].*/, "");
      const host: Host = [[aptPolicy({ name }), policy("3", "3")]];
      if (present) host.push([packageState(name), installed(present)]);
      expect((await plan({ name: spec, allow_downgrade: false }, host)).commands).to.deep.equal(expected);
    });
  }

  it("upgrades with latest only what has something newer", async () => {
    const host: Host = [
      [packageState("a"), installed("1")],
      [packageState("b"), installed("2")],
      [aptPolicy({ name: "a" }), policy("2", "2")],
      [aptPolicy({ name: "b" }), policy("2", "2")],
    ];
    expect((await plan({ name: ["a", "b"], state: "latest" }, host)).commands).to.deep.equal([
      "apt-get -y install -- a",
    ]);
  });

  it("is content with an installed provider of a virtual package", async () => {
    const host: Host = [
      [aptPolicy({ name: "mta" }), policy(undefined)],
      [installedProviders("mta"), ["exim4"]],
    ];
    expect((await plan({ name: "mta" }, host)).changes).to.deep.equal([]);
  });

  it("fails for packages and versions that do not exist", async () => {
    expect(await failing({ name: "nosuch" })).to.equal("No package matching 'nosuch' is available");
    expect(await failing({ name: "a=9" }, [[aptPolicy({ name: "a" }), policy("3", "3")]])).to.equal(
      "no available installation candidate for a=9",
    );
    expect(
      await failing({ name: "a>=9" }, [
        [packageState("a"), installed("1")],
        [aptPolicy({ name: "a" }), policy("3", "3")],
      ]),
    ).to.equal("no available installation candidate for a>=9: the newest is 3");
    expect(await failing({ name: "a; rm -rf /" })).to.equal("invalid package spec: a; rm -rf /");
    expect(await failing({ name: "-oDebug=1" })).to.include("invalid package spec");
    expect(await failing({})).to.include("one of the following is required");
    expect(await failing({ name: "a", upgrade: "dist" })).to.include("mutually exclusive: package|upgrade");
  });

  it("says in check mode that an unknown package may come with a source to be added", async () => {
    const { changes, plan: planned } = await plan({ name: "nosuch" }, [], { isCheck: true });
    expect(changes).to.have.length(1);
    expect(planned.warnings?.[0]).to.include("no package matching 'nosuch'");
  });

  it("removes, purges, and takes dependencies along", async () => {
    const host: Host = [
      [packageState("a"), installed("1")],
      [packageState("b"), installed("1", { status: "config-files", want: "deinstall" })],
    ];
    expect((await plan({ name: ["a", "b", "c"], state: "absent" }, host)).commands).to.deep.equal([
      "apt-get -y -q remove -- a",
    ]);
    expect(
      (await plan({ name: ["a", "b", "c"], state: "absent", purge: true, autoremove: true }, host)).commands,
    ).to.deep.equal(["apt-get -y -q --purge --auto-remove remove -- a b"]);
  });

  it("fetches old lists first and plans the rest with what they tell", async () => {
    const host: Host = [
      [aptCache(null), { updatedAt: 1000, now: 9000 }],
      [packageState("a"), installed("1")],
    ];
    const stale = await plan({ name: "a", cache_valid_time: 3600 }, host);
    expect(stale.commands[0]).to.include("apt-get -q -o APT::Update::Error-Mode=any update");
    expect([stale.plan.isPartial, stale.changes[0]?.isQuiet, stale.changes[0]?.isEvent]).to.deep.equal([
      true,
      true,
      true,
    ]);
    const after = await plan(
      { name: "a", cache_valid_time: 3600 },
      [
        [aptCache(null), { updatedAt: 9001, now: 9002 }],
        [packageState("a"), installed("1")],
      ],
      { applied: stale.changes },
    );
    expect(after.changes).to.deep.equal([]);
    expect(after.plan.isPartial).to.not.equal(true);
    const fresh = await plan({ name: "a", cache_valid_time: 9000 }, host);
    expect(fresh.changes).to.deep.equal([]);
    expect(fresh.result).to.deep.equal({ cache_updated: false, cache_update_time: 1000 });
  });

  it("calls fetching lists alone a change only when they became newer", async () => {
    const first = await plan({ update_cache: true }, [[aptCache(null), { updatedAt: 1000, now: 9000 }]]);
    const second = (updatedAt: number) =>
      plan({ update_cache: true }, [[aptCache(null), { updatedAt, now: 9002 }]], { applied: first.changes });
    const counted = (changes: readonly Change[]) => changes.filter((change) => !change.isQuiet).length;
    expect(counted(first.changes)).to.equal(0);
    expect(counted((await second(9001)).changes)).to.equal(1);
    expect(counted((await second(1000)).changes)).to.equal(0);
    expect(
      counted(
        (await plan({ update_cache: true }, [[aptCache(null), { updatedAt: 1000, now: 9000 }]], { isCheck: true }))
          .changes,
      ),
    ).to.equal(1);
  });

  it("upgrades all when the simulation says that there is something", async () => {
    const words = ["dist-upgrade"];
    const none = { installs: [], removes: [], deletes: [] };
    expect((await plan({ upgrade: "dist" }, [[aptSimulation(words), none]])).changes).to.deep.equal([]);
    const { commands, changes } = await plan({ upgrade: "dist" }, [
      [aptSimulation(words), { ...none, installs: ["libc6"] }],
    ]);
    expect(commands).to.deep.equal(["apt-get -y dist-upgrade"]);
    expect(changes[0]?.diff).to.deep.equal({ before: "", after: "install libc6\n" });
    expect(
      (await plan({ autoremove: true, purge: true }, [[aptSimulation(["autoremove"]), { ...none, removes: ["x"] }]]))
        .commands,
    ).to.deep.equal(["apt-get -y --purge autoremove"]);
  });

  it("installs a package file unless its version is there", async () => {
    const deb = [debFile("/tmp/a.deb"), { name: "a", version: "2", architecture: "amd64" }] as const;
    expect((await plan({ deb: "/tmp/a.deb" }, [deb, [packageState("a:amd64"), installed("2")]])).changes).to.deep.equal(
      [],
    );
    expect(
      (await plan({ deb: "/tmp/a.deb" }, [deb, [packageState("a:amd64"), installed("1")]])).commands,
    ).to.deep.equal(["apt-get -y install -- /tmp/a.deb"]);
  });

  it("marks a package as wanted that came as a dependency, without calling it a change", async () => {
    const { commands, changes } = await plan({ name: "a" }, [[packageState("a"), installed("1", { isAuto: true })]]);
    expect(commands).to.deep.equal(["apt-mark manual -- a"]);
    expect(changes[0]?.isQuiet).to.equal(true);
  });

  it("is what `package` uses on Debian", async () => {
    const host: Host = [healthy, [packageManager(null), "apt"], [packageState("a"), installed("1")]];
    expect((await planModule(packageModule, { name: "a", state: "installed" }, { host })).changes).to.deep.equal([]);
    const failure = await planModule(
      packageModule,
      { name: "a" },
      { host: [healthy, [packageManager(null), "dnf"]] },
    ).catch((error: Error) => error);
    expect((failure as Error).message).to.include("dnf");
  });
});
