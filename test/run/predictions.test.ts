import { expect } from "chai";
import { Predictions } from "../../src/run/predictions.ts";
import { group } from "../../src/state/group.ts";
import { change, create, remove, unknown } from "../../src/task/change.ts";
import { defineQuery } from "../../src/task/query.ts";
import { sh } from "../../src/task/sh.ts";

const file = defineQuery<{ path: string }, object | undefined>({
  name: "file",
  script: () => sh`true`,
  parse: () => [],
});

describe("predictions of check mode", () => {
  it("show later tasks what earlier ones would have made", () => {
    const predictions = new Predictions();
    predictions.add([create(group("web"), { name: "web", gid: 7, members: [] }, sh`true`)], () => undefined, "group");
    expect(predictions.correct(group("web"), undefined)).to.deep.equal({ name: "web", gid: 7, members: [] });
    predictions.add(
      [change(group("web"), { gid: 8 }, sh`true`)],
      () => ({ name: "web", gid: 7, members: [] }),
      "group",
    );
    expect(predictions.correct(group("web"), undefined)).to.deep.equal({ name: "web", gid: 8, members: [] });
    predictions.add([remove(group("web"), sh`true`)], () => ({}), "group");
    expect(predictions.correct(group("web"), { name: "web" })).to.equal(undefined);
  });

  it("do not claim to know what a package brings", () => {
    const predictions = new Predictions();
    predictions.add(
      [create(group("nginx"), unknown, sh`true`, { mayAlter: ["file"] })],
      () => undefined,
      "install nginx",
    );
    expect(predictions.correct(group("nginx"), undefined)).to.equal(unknown);
    expect(predictions.correct(file({ path: "/etc/other.conf" }), undefined)).to.equal(undefined);
    expect(predictions.correct(file({ path: "/etc/nginx/nginx.conf" }), undefined)).to.equal(unknown);
    expect(predictions.cause(file({ path: "/etc/nginx/nginx.conf" }))).to.equal("install nginx");
    expect(predictions.correct(file({ path: "/data/x" }), undefined)).to.equal(undefined);
    expect(predictions.correct(file({ path: "/etc/hosts" }), { mode: "0644" })).to.deep.equal({ mode: "0644" });
  });
});
