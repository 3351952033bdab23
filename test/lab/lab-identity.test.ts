import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { hostNames, labIdentity } from "../../src/lab/lab-identity.ts";
import { errorCode } from "./error-code.ts";

describe("lab identity", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "tsrun-test-")));
    mkdirSync(join(folder, "a"));
    mkdirSync(join(folder, "b"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("differs between two checkouts that use the same name", () => {
    expect(labIdentity(join(folder, "a"), "x").id).not.to.equal(labIdentity(join(folder, "b"), "x").id);
  });

  it("is the same however the checkout is reached", () => {
    symlinkSync(join(folder, "a"), join(folder, "link"));
    expect(labIdentity(join(folder, "link"))).to.deep.equal(labIdentity(join(folder, "a")));
  });

  it("keeps its files in the checkout", () => {
    const lab = labIdentity(join(folder, "a"), "demo");
    expect(lab.directory).to.equal(join(folder, "a", ".tsrun", "lab", "demo"));
    expect(lab.id).to.match(/^tsrun-demo-[0-9a-f]{8}$/);
  });

  it("refuses names that a container or a folder cannot have", () => {
    for (const name of ["", "Big", "../up", "a b", "1st", "x".repeat(21)]) {
      expect(errorCode(() => labIdentity(folder, name))).to.equal("E_LAB_NAME");
    }
  });
});

describe("host names", () => {
  it("are numbered from 1 when only a count is given", () => {
    expect(hostNames(3)).to.deep.equal(["node1", "node2", "node3"]);
  });

  it("are taken as given", () => {
    expect(hostNames(["pi", "server-1"])).to.deep.equal(["pi", "server-1"]);
  });

  it("must be distinct, not too many, and names that DNS allows", () => {
    for (const hosts of [0, -1, 1.5, 201, Number.NaN, ["a", "a"], ["a_b"], ["-a"], []]) {
      expect(
        errorCode(() => hostNames(hosts)),
        JSON.stringify(hosts),
      ).to.equal("E_LAB_HOSTS");
    }
  });
});
