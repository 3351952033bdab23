import { expect } from "chai";
import { type DiversionState, diversion } from "../../src/state/diversion.ts";
import dpkg_divert from "../../tasks/dpkg_divert.ts";
import { runQuery } from "../state/run-query.ts";
import { planModule } from "./plan-module.ts";

describe("module: dpkg_divert", () => {
  const path = "/etc/screenrc";
  const own: DiversionState = { divert: `${path}.distrib`, holder: "LOCAL" };
  const plan = async (raw: Record<string, unknown>, current?: DiversionState) => {
    const planned = await planModule(dpkg_divert, { path, ...raw }, { host: [[diversion(path), current]] });
    expect(planned.again()).to.deep.equal([]);
    return planned;
  };

  it("reads what dpkg keeps", () => {
    const stdout = Buffer.from("/a b\n/a b.distrib\n:\n/bin/sh\n/bin/sh.distrib\ndash\n");
    const answers = diversion("x").kind.parse({ rc: 0, stdout, stderr: Buffer.from("") }, ["/a b", "/bin/sh", "/c"]);
    expect(answers).to.deep.equal([
      { divert: "/a b.distrib", holder: "LOCAL" },
      { divert: "/bin/sh.distrib", holder: "dash" },
      undefined,
    ]);
    expect(runQuery([diversion("/no such'file")])).to.deep.equal([undefined]);
  });

  it("adds and removes diversions", async () => {
    const { scripts, result } = await plan({ rename: true });
    expect(scripts).to.deep.equal([`dpkg-divert --rename --local --divert ${path}.distrib --add ${path}`]);
    expect(result).to.deep.equal({ diversion: { path, state: "present", ...own } });
    expect((await plan({ holder: "screen", divert: "/x" })).scripts).to.deep.equal([
      `dpkg-divert --no-rename --package screen --divert /x --add ${path}`,
    ]);
    expect((await plan({ state: "absent" }, own)).scripts).to.deep.equal([`dpkg-divert --no-rename --remove ${path}`]);
  });

  it("makes room for a file that is moved when it may", async () => {
    expect((await plan({ rename: true, force: true })).scripts).to.deep.equal([
      `[ ! -e ${path} ] || rm -f -- ${path}.distrib || exit; dpkg-divert --rename --local --divert ${path}.distrib --add ${path}`,
    ]);
    expect((await plan({ rename: true, force: true, state: "absent" }, own)).scripts).to.deep.equal([
      `[ ! -e ${path}.distrib ] || rm -f -- ${path} || exit; dpkg-divert --rename --remove ${path}`,
    ]);
    expect((await plan({ force: true, state: "absent" }, own)).scripts).to.deep.equal([
      `dpkg-divert --no-rename --remove ${path}`,
    ]);
  });

  it("leaves what is as wanted, and other diversions", async () => {
    expect((await plan({}, own)).changes).to.deep.equal([]);
    expect((await plan({ state: "absent" })).changes).to.deep.equal([]);
    const failure = await plan({ divert: "/x" }, own).then(() => "no failure", String);
    expect(failure).to.include("is diverted already");
  });
});
