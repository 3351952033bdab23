import { expect } from "chai";
import { secretsIn, shown, shownError } from "../../src/run/no-log.ts";

describe("no_log", () => {
  it("shows of a result only how it ended", () => {
    const result = { changed: true, failed: true, stdout: "s3cret", msg: "s3cret" };
    expect(shown(result, false)).to.equal(result);
    const hidden = shown(result, true);
    expect(hidden).to.have.all.keys("changed", "failed", "censored");
    expect(JSON.stringify(hidden)).not.to.contain("s3cret");
  });

  it("shows of a failure its code and place, not the lines there", () => {
    const error = { code: "E_UNDEFINED", at: "site.yaml:3:7", frame: "password: s3cret", hint: "s3cret" };
    expect(shownError(error, false)).to.equal(error);
    expect(shownError(error, true)).to.deep.equal({ code: "E_UNDEFINED", at: "site.yaml:3:7" });
    expect(shownError(undefined, true)).to.equal(undefined);
  });

  it("remembers what looks like a key, and not what every output has", () => {
    const result = {
      stdout: "key: pUqJrVyVRj5jsiYEkM/tFQwYfWyJIv4s3XkvDwy7Cu5= done\n",
      json: { tokens: [{ SecretID: "e95b599e-166e-7d80-08ad-aee76e7ddf19" }] },
      dest: "/etc/consul.d/tls-0123456789abcdef",
      msg: "the configuration was written by jo at 10:30 in /etc/consul.d/0123456789abcdef",
      cmd: ["curl", "http://127.0.0.1:8500/v1/acl/bootstrap"],
      rc: 1234567890123456,
    };
    expect(secretsIn(result)).to.deep.equal([
      "pUqJrVyVRj5jsiYEkM/tFQwYfWyJIv4s3XkvDwy7Cu5=",
      "e95b599e-166e-7d80-08ad-aee76e7ddf19",
    ]);
  });
});
