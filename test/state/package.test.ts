import { expect } from "chai";
import { aptPolicy, aptSimulation, installedProviders } from "../../src/state/apt.ts";
import { isInstalled, matchingPackages, packageState } from "../../src/state/package.ts";
import type { Query, QueryOutput } from "../../src/task/query.ts";

const output = (stdout: string, rc = 0): QueryOutput => ({ rc, stdout: Buffer.from(stdout), stderr: Buffer.from("") });
const parse = <T>(queries: readonly Query<T>[], stdout: string, rc = 0) =>
  queries[0]?.kind.parse(
    output(stdout, rc),
    queries.map((query) => query.key),
  ) as readonly T[];

describe("state: packages", () => {
  const recorded = [
    "dpkg\tamd64\t1.21.22\tinstall ok installed",
    "libc6:amd64\tamd64\t2.36-9+deb12u14\tinstall ok installed",
    "libc6:i386\ti386\t2.36-9+deb12u13\tinstall ok installed",
    "vim\tamd64\t2:9.0\thold ok installed",
    "adduser\tall\t3.134\tinstall ok installed",
    "nginx\tamd64\t1.22\tinstall reinstreq half-installed",
    "old\tamd64\t1.0\tdeinstall ok config-files",
    "wine:i386\ti386\t8\tinstall ok installed",
    "Package: adduser\nArchitecture: amd64\nAuto-Installed: 1\n",
  ].join("\n");

  it("reads state, version and architecture, the host's own first", () => {
    const names = ["libc6", "libc6:i386", "vim", "adduser", "nginx", "old", "wine", "none", "no name"];
    const found = parse(names.map(packageState), recorded, 1);
    expect(found.map((state) => state?.version)).to.deep.equal([
      "2.36-9+deb12u14",
      "2.36-9+deb12u13",
      "2:9.0",
      "3.134",
      "1.22",
      "1.0",
      undefined,
      undefined,
      undefined,
    ]);
    expect(found.map(isInstalled)).to.deep.equal([true, true, true, true, false, false, false, false, false]);
    expect([found[3]?.isAuto, found[0]?.isAuto]).to.deep.equal([true, false]);
  });

  it("finds packages by pattern", () => {
    expect(parse([matchingPackages("libc*")], recorded)[0]?.map(({ architecture }) => architecture)).to.deep.equal([
      "amd64",
      "i386",
    ]);
  });

  it("never asks dpkg for what is no name", () => {
    expect(packageState("x").kind.script(["ok", "$(id)", "-x", "a b"]).text).to.match(/-- dpkg ok; r=/);
  });

  it("fails when dpkg's database cannot be read", () => {
    expect(() => parse([packageState("x")], "", 2)).to.throw("dpkg-query failed");
  });

  it("reads apt's policy", () => {
    const text = `bash:
  Installed: 5.2.15-2+b8
  Candidate: 5.2.15-2+b13
  Version table:
     5.2.15-2+b13 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
 *** 5.2.15-2+b8 100
        100 /var/lib/dpkg/status
mail-transport-agent:
  Installed: (none)
  Candidate: (none)
  Version table:
\0`;
    const [bash, virtual, none] = parse(
      ["bash", "mail-transport-agent", "none"].map((name) => aptPolicy({ name })),
      text,
    );
    expect(bash).to.deep.equal({
      candidate: "5.2.15-2+b13",
      versions: [
        { version: "5.2.15-2+b13", sources: ["500 http://deb.debian.org/debian bookworm/main amd64 Packages"] },
        { version: "5.2.15-2+b8", sources: ["100 /var/lib/dpkg/status"] },
      ],
    });
    expect(virtual).to.deep.equal({ candidate: undefined, versions: [] });
    expect(none).to.equal(undefined);
  });

  it("reads simulations and providers", () => {
    const text =
      "Reading package lists...\nInst foo [1] (2 Debian:12 [amd64])\nConf foo (2)\nRemv bar [1]\n\0Del baz 1.0 [1 kB]\n\0";
    expect(parse([aptSimulation(["dist-upgrade"]), aptSimulation(["autoclean"])], text)).to.deep.equal([
      { installs: ["foo"], removes: ["bar"], deletes: [] },
      { installs: [], removes: [], deletes: ["baz"] },
    ]);
    expect(
      parse(
        [installedProviders("mail-transport-agent")],
        "exim4\tinstalled\tdefault-mta, mail-transport-agent (= 1)\npostfix\tconfig-files\tmail-transport-agent\n",
      ),
    ).to.deep.equal([["exim4"]]);
  });
});
