import { expect } from "chai";
import { doneByDnf, plannedByDnf } from "../../src/state/dnf-transaction.ts";
import { managedPackage, packageSimulation, rpmManager } from "../../src/state/managed-package.ts";
import { packageManager } from "../../src/state/package.ts";
import { rpmList } from "../../src/state/rpm-list.ts";
import { program } from "../../src/state/program.ts";
import apk from "../../tasks/apk.ts";
import dnf from "../../tasks/dnf.ts";
import packageModule from "../../tasks/package.ts";
import pacman from "../../tasks/pacman.ts";
import zypper from "../../tasks/zypper.ts";
import type { ResourceDefinition } from "../../src/task/define-task.ts";
import { type Fixture, planModule } from "./plan-module.ts";

type Manager = "apk" | "dnf" | "pacman" | "zypper";
const modules: Readonly<Record<Manager, ResourceDefinition>> = { apk, dnf, pacman, zypper };

describe("modules of package managers other than apt", () => {
  /** `there`: installed packages; `outcomes`: what simulations come to, by their command lines. */
  const hostOf = (
    manager: Manager,
    there: Readonly<Record<string, string>> = {},
    outcomes: Readonly<Record<string, boolean | string>> = {},
  ): Fixture["host"] => [
    [packageManager(null), manager],
    [rpmManager(null), manager === "dnf" ? "dnf" : undefined],
    [program(manager), `/usr/bin/${manager}`],
    ...Object.entries(there).map(([name, version]) => [managedPackage({ manager, name }), { version }] as const),
    ...Object.entries(outcomes).map(
      ([line, outcome]) =>
        [
          packageSimulation({ manager, words: line.split(" ") }),
          typeof outcome === "string" ? { alters: false, complaint: outcome } : { alters: outcome },
        ] as const,
    ),
  ];
  const scripts = async (manager: Manager, raw: Record<string, unknown>, host: Fixture["host"], more: Fixture = {}) => {
    const { scripts: all, again } = await planModule(modules[manager], raw, { host: host ?? [], ...more });
    expect(again(), "again").to.deep.equal([]);
    return all.map((script) => script.replace("export LC_ALL=C\n", ""));
  };

  const cases: readonly [Manager, string, Record<string, unknown>, Fixture["host"], readonly string[]][] = [
    ["dnf", "installs what is missing", { name: ["a", "b"] }, hostOf("dnf", { a: "a-1" }), ["dnf -y install b"]],
    [
      "dnf",
      "takes what settings exclude, and nothing but the best",
      { name: ["a"], disable_excludes: "all", best: true, use_backend: "dnf4" },
      hostOf("dnf", {}),
      ["dnf -y --best --disableexcludes=all install a"],
    ],
    ["dnf", "leaves what is there", { name: ["a"] }, hostOf("dnf", { a: "a-1" }), []],
    [
      "dnf",
      "removes what is there",
      { name: ["a", "b"], state: "absent" },
      hostOf("dnf", { a: "a-1" }),
      ["dnf -y remove a"],
    ],
    [
      "dnf",
      "upgrades what is outdated",
      { name: ["a", "b"], state: "latest", security: true },
      hostOf("dnf", { a: "a-1" }, { "dnf --assumeno upgrade --security a": true }),
      ["dnf -y install b", "dnf -y upgrade --security a"],
    ],
    [
      "dnf",
      "upgrades nothing that is new",
      { name: ["a"], state: "latest" },
      hostOf("dnf", { a: "a-1" }, { "dnf --assumeno upgrade a": false }),
      [],
    ],
    [
      "dnf",
      "asks dnf about groups, versions and everything",
      { name: "@tools", enablerepo: "extra", disable_gpg_check: true },
      hostOf("dnf", {}, { "dnf --assumeno --enablerepo=extra --nogpgcheck install @tools": true }),
      ["dnf -y --enablerepo=extra --nogpgcheck install @tools"],
    ],
    [
      "dnf",
      "upgrades everything",
      { name: "*", state: "latest" },
      hostOf("dnf", {}, { "dnf --assumeno upgrade": true }),
      ["dnf -y upgrade"],
    ],
    [
      "dnf",
      "removes what nobody needs",
      { autoremove: true },
      hostOf("dnf", {}, { "dnf --assumeno --setopt=clean_requirements_on_remove=True autoremove": true }),
      ["dnf -y --setopt=clean_requirements_on_remove=True autoremove"],
    ],
    [
      "zypper",
      "installs without recommended packages",
      { name: ["a"] },
      hostOf("zypper"),
      ["zypper --non-interactive install --auto-agree-with-licenses --no-recommends -- a"],
    ],
    [
      "zypper",
      "asks about patterns by their own names",
      { name: ["a"], type: "pattern", auto_import_keys: true },
      hostOf(
        "zypper",
        {},
        {
          "zypper --non-interactive --gpg-auto-import-keys install --dry-run --auto-agree-with-licenses --no-recommends -- pattern:a": true,
        },
      ),
      [
        "zypper --non-interactive --gpg-auto-import-keys install --auto-agree-with-licenses --no-recommends -- pattern:a",
      ],
    ],
    [
      "zypper",
      "asks zypper about versions",
      { name: ["a>=2"], disable_recommends: false },
      hostOf(
        "zypper",
        {},
        {
          "zypper --non-interactive install --dry-run --auto-agree-with-licenses --oldpackage -- a>=2": true,
        },
      ),
      ["zypper --non-interactive install --auto-agree-with-licenses --oldpackage -- 'a>=2'"],
    ],
    [
      "zypper",
      "removes with dependencies",
      { name: ["a"], state: "absent", clean_deps: true },
      hostOf("zypper", { a: "a-1" }),
      ["zypper --non-interactive remove --clean-deps -- a"],
    ],
    [
      "pacman",
      "says why a package is there",
      { name: "a", reason: "dependency" },
      hostOf("pacman"),
      ["pacman -S --needed --noconfirm --noprogressbar --asdeps -- a"],
    ],
    [
      "pacman",
      "installs, and removes by force",
      { name: ["a", "b"], state: "absent", force: true, remove_nosave: true },
      hostOf("pacman", { b: "b 1" }),
      ["pacman -R --noconfirm --noprogressbar --nodeps --nodeps --nosave -- b"],
    ],
    ["apk", "installs by name", { name: ["a"], no_cache: true }, hostOf("apk"), ["apk --no-cache add a"]],
    [
      "apk",
      "upgrades everything",
      { upgrade: true, available: true },
      hostOf("apk", {}, { "apk upgrade --simulate --available": true }),
      ["apk upgrade --available"],
    ],
    ["apk", "removes", { name: ["a"], state: "absent" }, hostOf("apk", { a: "a-1" }), ["apk del --purge a"]],
  ];
  for (const [manager, name, raw, host, expected] of cases) {
    it(`${manager}: ${name}`, async () => expect(await scripts(manager, raw, host)).to.deep.equal(expected));
  }

  it("fetch the lists first, and look again then", async () => {
    const raw = { name: ["a"], update_cache: true };
    const first = await planModule(apk, raw, { host: hostOf("apk") ?? [] });
    expect([first.plan.isPartial, first.scripts]).to.deep.equal([true, ["export LC_ALL=C\napk update"]]);
    const second = await planModule(apk, raw, { host: hostOf("apk") ?? [], applied: first.changes });
    expect(second.scripts).to.deep.equal(["export LC_ALL=C\napk add a"]);
    expect((await planModule(dnf, raw, { host: hostOf("dnf") ?? [] })).changes[0]?.isQuiet).to.equal(true);
  });

  it("fail with the manager's words, and on hosts of another kind", async () => {
    const none = hostOf("dnf", {}, { "dnf --assumeno install none": "Error: Unable to find a match: none" });
    const failure = (module: ResourceDefinition, raw: Record<string, unknown>, host: Fixture["host"]) =>
      planModule(module, raw, { host: host ?? [] }).then(() => "no failure", String);
    expect(await failure(dnf, { name: "none" }, none)).to.include("Unable to find a match: none");
    expect(await failure(dnf, { name: "a" }, [])).to.include("neither dnf nor yum");
    expect(await failure(apk, { name: "a" }, [])).to.include("the host has no `apk`");
    expect(await failure(apk, {}, hostOf("apk"))).to.include("one of the following is required");
    expect(await failure(dnf, { name: "*", state: "absent" }, hostOf("dnf"))).to.include("would remove everything");
  });

  it("stand behind `package`", async () => {
    const plan = (raw: Record<string, unknown>, manager: Manager) =>
      planModule(packageModule, raw, { host: hostOf(manager) ?? [] });
    expect((await plan({ name: "a" }, "dnf")).scripts).to.deep.equal(["export LC_ALL=C\ndnf -y install a"]);
    expect((await plan({ name: "a" }, "apk")).result).to.deep.include({ rc: 0, results: ["Installed: a"] });
    expect((await plan({ name: "a", use: "zypper" }, "zypper")).scripts[0]).to.include("zypper --non-interactive");
    const fromExtra = { name: "a", enablerepo: "extra", disable_gpg_check: true };
    expect((await plan({ ...fromExtra, update_cache: true }, "dnf")).scripts).to.deep.equal([
      "export LC_ALL=C\ndnf -q -y --enablerepo=extra --nogpgcheck makecache",
    ]);
    expect((await plan(fromExtra, "dnf")).scripts).to.deep.equal([
      "export LC_ALL=C\ndnf -y --enablerepo=extra --nogpgcheck install a",
    ]);
    const foreign = await plan({ name: "a", enablerepo: "extra" }, "apk").then(() => "no failure", String);
    expect(foreign).to.include("are managed by apk, which has no `enablerepo`");
    const refused = await plan({ name: "a", purge: true }, "dnf").then(() => "no failure", String);
    expect(refused).to.include("are managed by dnf, which has no `purge`");
  });

  it("tell what dnf 4 does, with dependencies and versions", () => {
    const table = `Dependencies resolved.
================================================================================
 Package         Architecture   Version           Repository          Size
================================================================================
Installing:
 nginx           x86_64         1:1.20-1.el9      appstream          30 k
 a-very-long-name-of-a-package-that-wraps
                 noarch         1.0-1             appstream         6.0 M
Installing dependencies:
 nginx-core      x86_64         1:1.20-1.el9      appstream         500 k
Removing:
 apache          x86_64         2.4-1             @appstream        1.0 M
Skipping packages with conflicts:
 other           x86_64         1-1               appstream          10 k

Transaction Summary
================================================================================
`;
    expect(plannedByDnf(table)).to.deep.equal([
      "Installed: nginx-1.20-1.el9.x86_64",
      "Installed: a-very-long-name-of-a-package-that-wraps-1.0-1.noarch",
      "Installed: nginx-core-1.20-1.el9.x86_64",
      "Removed: apache-2.4-1.x86_64",
    ]);
    const done = `Running transaction
  Preparing        :                                                        1/1
  Upgrading        : a-2.0-1.noarch                                         1/3
  Running scriptlet: a-2.0-1.noarch                                         1/3
  Installing       : b-1:1.0-1.noarch                                       2/3
  Cleanup          : a-1.0-1.noarch                                         3/3
  Verifying        : a-2.0-1.noarch                                         1/3
`;
    expect(doneByDnf(done)).to.deep.equal([
      "Installed: a-2.0-1.noarch",
      "Installed: b-1:1.0-1.noarch",
      "Removed: a-1.0-1.noarch",
    ]);
  });

  it("fetch packages only, install elsewhere, and list (dnf)", async () => {
    const download = await planModule(
      dnf,
      { name: "a", download_only: true, download_dir: "/d" },
      { host: hostOf("dnf") ?? [] },
    );
    expect(download.scripts).to.deep.equal(["export LC_ALL=C\ndnf -y --downloadonly --destdir=/d install a"]);
    const elsewhere = await planModule(dnf, { name: "a", installroot: "/r" }, { host: hostOf("dnf") ?? [] });
    expect(elsewhere.scripts).to.deep.equal(["export LC_ALL=C\ndnf -y --installroot=/r install a"]);
    expect(elsewhere.changes[0]?.query.key).to.include({ root: "/r" });
    const key = { options: [], what: "installed" };
    const bash = { name: "bash", yumstate: "installed" };
    const list = await planModule(
      dnf,
      { list: "installed" },
      { host: [...(hostOf("dnf") ?? []), [rpmList(key), [bash]]] },
    );
    expect([list.changes, list.result]).to.deep.equal([[], { results: [bash] }]);
    const both = planModule(dnf, { list: "a", name: "b" }, { host: hostOf("dnf") ?? [] });
    expect(await both.then(() => "no failure", String)).to.include("mutually exclusive");
  });

  it("read what managers print (Debian's dnf 4.14, zypper 1.14; apk-tools 2.14 and pacman 6.0 as documented)", () => {
    const alters = (manager: Manager, text: string, rc: number) => {
      const { kind, key } = packageSimulation({ manager, words: ["x"] });
      const stdout = Buffer.from(`${text}\0${rc}\0`);
      return kind.parse({ rc: 0, stdout, stderr: Buffer.from("") }, [key])[0];
    };
    expect(alters("dnf", "Transaction Summary\nInstall  1 Package\n\nOperation aborted.\n", 1)).to.deep.equal({
      alters: true,
    });
    expect(alters("dnf", "Package a-1 is already installed.\nNothing to do.\nComplete!\n", 0)).to.deep.equal({
      alters: false,
    });
    expect(alters("dnf", "No match for argument: x\nError: Unable to find a match: x\n", 1)).to.deep.include({
      complaint: "No match for argument: x\nError: Unable to find a match: x",
    });
    expect(
      alters("dnf", "No match for argument: x*\nNo packages marked for removal.\nNothing to do.\n", 0),
    ).to.deep.equal({ alters: false });
    expect(alters("zypper", "The following NEW package is going to be installed:\n  a\n", 0)).to.deep.equal({
      alters: true,
    });
    expect(alters("zypper", "'a' is already installed.\nNothing to do.\n", 0)).to.deep.equal({ alters: false });
    expect(alters("zypper", "No provider of 'x' found.\n", 104)).to.deep.include({
      complaint: "No provider of 'x' found.",
    });
    expect(alters("apk", "(1/2) Installing a (1.2-r0)\nOK: 8 MiB in 15 packages\n", 0)).to.deep.equal({ alters: true });
    expect(alters("apk", "OK: 8 MiB in 15 packages\n", 0)).to.deep.equal({ alters: false });
    expect(alters("apk", "ERROR: unable to select packages:\n  x (no such package):\n", 1)).to.deep.include({
      complaint: "ERROR: unable to select packages:\n  x (no such package):",
    });
    expect(alters("pacman", "a 1.2-3\n", 0)).to.deep.equal({ alters: true });
    expect(alters("pacman", "warning: a-1.2-3 is up to date -- skipping\n there is nothing to do\n", 0)).to.deep.equal({
      alters: false,
    });
  });
});
