import { expect } from "chai";
import { sshKey } from "../../src/state/ssh-key.ts";
import { user } from "../../src/state/user.ts";
import { runQuery } from "./run-query.ts";

const parse = (names: readonly string[], stdout: string, rc = 0) =>
  user("x").kind.parse({ rc, stdout: Buffer.from(stdout), stderr: Buffer.from("getent: broken") }, names);

describe("state: accounts", () => {
  const recorded = [
    "anna:x:1500:1500:Anna Müller,,,:/srv/x/anna:/bin/sh\nbob:x:999:27::/home/bob:/bin/bash\n",
    "anna:$6$aa$bb:20779:0:99999:7::23148:\nbob:!$5$x$yyy:20779::90::::\n",
    "sudo:x:27:anna\naudio:x:29:anna,bob\nusers:x:100:\n",
    "anna\n",
  ].join("\0");

  it("joins account, password, groups and home", () => {
    const [anna, none, bob] = parse(["anna", "none", "bob"], recorded);
    expect(anna).to.deep.equal({
      name: "anna",
      uid: 1500,
      gid: 1500,
      comment: "Anna Müller,,,",
      home: "/srv/x/anna",
      shell: "/bin/sh",
      groups: ["audio", "sudo"],
      hasHome: true,
      shadow: { password: "$6$aa$bb", minDays: 0, maxDays: 99999, warnDays: 7, inactiveDays: -1, expires: 23148 },
    });
    expect(none).to.equal(undefined);
    expect(bob).to.deep.include({ groups: ["audio"], hasHome: false });
    expect(bob).to.have.property("shadow").that.deep.equals({
      password: "!$5$x$yyy",
      minDays: -1,
      maxDays: 90,
      warnDays: -1,
      inactiveDays: -1,
      expires: -1,
    });
  });

  it("knows no password where the shadow database is not readable", () => {
    const [anna] = parse(["anna"], recorded.replace(/\0anna:\$6[^\0]*/, "\0"));
    expect(anna).to.have.property("shadow", undefined);
  });

  it("throws when the database cannot be read", () => {
    expect(() => parse(["anna"], "", 1)).to.throw("getent passwd failed: getent: broken");
  });

  it("reads this machine", () => {
    const [root, none] = runQuery(["root", "no'such\nuser"].map(user));
    expect(root).to.deep.include({ name: "root", uid: 0, gid: 0, home: "/root", hasHome: true });
    expect(none).to.equal(undefined);
  });
});

describe("state: SSH keys", () => {
  it("knows nothing of a path without a key", () => {
    expect(runQuery([sshKey("/nonexistent/id_rsa"), sshKey("/etc/hostname")])).to.deep.equal([
      undefined,
      { hasPrivate: true, publicKey: undefined, derivedKey: "", fingerprint: "" },
    ]);
  });
});
