import { expect } from "chai";
import { Predictions } from "../../src/run/predictions.ts";
import { file as fileState } from "../../src/state/file.ts";
import { group } from "../../src/state/group.ts";
import { type UnitState, unit } from "../../src/state/unit.ts";
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

  it("know a package's files, users and directories by its stem, and a word is no stem of a longer one", () => {
    const predictions = new Predictions();
    const brings = { mayAlter: ["file", "group"] };
    predictions.add([create(group("redis-server"), unknown, sh`true`, brings)], () => undefined, "install redis");
    expect(predictions.correct(file({ path: "/etc/redis/redis.conf" }), undefined)).to.equal(unknown);
    expect(predictions.correct(group("redis"), undefined)).to.equal(unknown);
    expect(predictions.correct(file({ path: "/etc/redistribution" }), undefined)).to.equal(undefined);
  });

  it("name the task that could have brought what a plan misses", () => {
    const predictions = new Predictions();
    predictions.add(
      [create(group("mariadb-server"), unknown, sh`true`, { mayAlter: ["file"] })],
      () => undefined,
      "install",
    );
    const missing = file({ path: "/etc/mysql/conf.d" });
    expect(predictions.correct(missing, undefined)).to.equal(undefined);
    expect(predictions.possibleCause([[missing, undefined]])).to.equal("install");
    expect(predictions.possibleCause([[missing, { mode: 0o755 }]])).to.equal(undefined);
    expect(predictions.possibleCause([[file({ path: "/data" }), undefined]])).to.equal(undefined);
  });

  it("do not know what lies below a directory into which an archive would be unpacked", () => {
    const predictions = new Predictions();
    const archive = defineQuery<{ path: string; dest: string }, object>({
      name: "archive",
      script: () => sh`true`,
      parse: () => [],
    });
    const unpacked = change(archive({ path: "/tmp/a.tar", dest: "/opt/app" }), {}, sh`true`, { mayAlter: ["file"] });
    predictions.add([unpacked], () => undefined, "unpack");
    expect(predictions.correct(file({ path: "/opt/app/bin/app" }), undefined)).to.equal(unknown);
    expect(predictions.correct(file({ path: "/opt/application" }), undefined)).to.equal(undefined);
  });

  it("know that a unit whose file an earlier task would write is no package's", () => {
    const predictions = new Predictions();
    const brings = { mayAlter: ["file", "unit"] };
    predictions.add([create(group("redis-server"), unknown, sh`true`, brings)], () => undefined, "install redis");
    predictions.add(
      [create(fileState("/etc/systemd/system/exporter.service"), { type: "file" }, sh`true`)],
      () => undefined,
      "unit",
    );
    const none = { exists: false } as UnitState;
    expect(predictions.correct(unit("exporter"), none)).to.equal(none);
    expect(predictions.correct(unit("other"), none)).to.equal(unknown);
  });

  it("blame a command that was left out for what is not there", () => {
    const predictions = new Predictions();
    expect(predictions.possibleCause([[file({ path: "/swap" }), undefined]])).to.equal(undefined);
    predictions.leaveOut("make swap");
    expect(predictions.possibleCause([[file({ path: "/swap" }), undefined]])).to.equal("make swap");
    expect(predictions.possibleCause([[file({ path: "/swap" }), { mode: 0o600 }]])).to.equal(undefined);
  });
});
