import { expect } from "chai";
import { refusePlantedLink } from "../../src/plan/planted-link.ts";
import type { FileState } from "../../src/state/file.ts";

describe("a link on the way to a file that would be altered", () => {
  const link = (uid: number | undefined, target: number): FileState =>
    ({
      type: "link",
      uid,
      owner: String(uid),
      realPath: "/etc/x",
      followed: { type: "file", uid: target, owner: String(target) },
    }) as FileState;
  const refusal = (state: FileState | undefined): string | undefined => {
    try {
      refusePlantedLink("/srv/l", state);
      return undefined;
    } catch (error) {
      return String(error);
    }
  };

  it("is followed when it is root's, or of the account whose file it leads to", () => {
    expect(refusal(link(0, 1000))).to.equal(undefined);
    expect(refusal(link(1000, 1000))).to.equal(undefined);
    expect(refusal(undefined)).to.equal(undefined);
  });

  it("is not followed from one account to the file of another", () => {
    expect(refusal(link(1000, 0)))
      .to.include("/srv/l is a link that belongs to `1000`")
      .and.include("name /etc/x");
    expect(refusal(link(1000, 1001))).to.include("not followed");
  });

  it("is followed when an earlier task would have made it", () => {
    expect(refusal(link(undefined, 0))).to.equal(undefined);
  });
});
