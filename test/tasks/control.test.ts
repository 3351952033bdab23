import { expect } from "chai";
import { TsrunError } from "../../src/lib/errors.ts";
import { TaskFailure } from "../../src/task/failure.ts";
import add_host from "../../tasks/add_host.ts";
import moduleAssert from "../../tasks/assert.ts";
import debug from "../../tasks/debug.ts";
import fail from "../../tasks/fail.ts";
import group_by from "../../tasks/group_by.ts";
import include_vars from "../../tasks/include_vars.ts";
import meta from "../../tasks/meta.ts";
import pause from "../../tasks/pause.ts";
import set_fact from "../../tasks/set_fact.ts";
import set_stats from "../../tasks/set_stats.ts";
import { runAction } from "./run-action.ts";

const failureOf = async (promise: Promise<unknown>): Promise<TaskFailure> => {
  const error = await promise.catch((thrown: unknown) => thrown);
  if (error instanceof TaskFailure) return error;
  throw new Error(`expected a failure, got ${JSON.stringify(error)}`);
};

describe("module: debug", () => {
  it("shows a message of any type, or Ansible's greeting", async () => {
    expect(await runAction(debug, {})).to.include({ msg: "Hello world!" });
    expect((await runAction(debug, { msg: [1, { a: null }] })).msg).to.deep.equal([1, { a: null }]);
    expect((await runAction(debug, { msg: "" })).msg).to.equal("");
  });

  it("shows a variable under its name", async () => {
    expect(await runAction(debug, { var: "x.y" }, { variables: { "x.y": [1] } })).to.deep.include({ "x.y": [1] });
    expect(await runAction(debug, { var: "{{ x }}" }, { variables: { x: 1 } })).to.include({ "{{ x }}": 1 });
  });

  it("says so of a variable that is not defined", async () => {
    const evaluate = () => {
      throw new TsrunError({ code: "E_UNDEFINED", message: "`x` is undefined" });
    };
    const host = { variables: Object.defineProperty({}, "x", { get: evaluate }) as Record<string, unknown> };
    expect(await runAction(debug, { var: "x" }, host)).to.include({ x: "VARIABLE IS NOT DEFINED!: `x` is undefined" });
  });

  it("keeps quiet below its verbosity", async () => {
    expect(await runAction(debug, { msg: "x", verbosity: "2" }, { verbosity: 1 })).to.deep.equal({
      skipped: true,
      skipped_reason: "Verbosity threshold not met.",
    });
    expect((await runAction(debug, { msg: "x", verbosity: 2 }, { verbosity: 2 })).msg).to.equal("x");
    expect(await runAction(debug, { msg: "x", var: "y" }).catch(String)).to.include("incompatible options");
  });
});

describe("module: assert", () => {
  const variables = { "a > 1": true, "b < 1": false, checks: ["a > 1", "b < 1"] };

  it("passes with Ansible's message or one's own", async () => {
    expect((await runAction(moduleAssert, { that: ["a > 1", true] }, { variables })).msg).to.equal(
      "All assertions passed",
    );
    expect((await runAction(moduleAssert, { that: "a > 1", success_msg: "fine" }, { variables })).msg).to.equal("fine");
    expect(await runAction(moduleAssert, { that: "a > 1" }, { variables })).to.have.property(
      "_ansible_verbose_always",
      true,
    );
    expect(await runAction(moduleAssert, { that: "a > 1", quiet: true }, { variables })).to.not.have.property(
      "_ansible_verbose_always",
    );
  });

  it("fails with the condition that was false", async () => {
    const failure = await failureOf(runAction(moduleAssert, { that: ["a > 1", "b < 1"] }, { variables }));
    expect(failure.message).to.equal("Assertion failed");
    expect(failure.fields).to.deep.equal({ assertion: "b < 1", evaluated_to: false, because: "b < 1 is false" });
    const listed = await failureOf(runAction(moduleAssert, { that: false, msg: ["one", "two"] }, { variables }));
    expect([listed.message, listed.fields["msg"]]).to.deep.equal(["one\ntwo", ["one", "two"]]);
  });

  it("takes a template that gives the conditions", async () => {
    const failure = await failureOf(runAction(moduleAssert, { that: "{{ checks }}" }, { variables }));
    expect(failure.fields["assertion"]).to.equal("b < 1");
  });

  it("takes no condition from data, which may be a host's", async () => {
    const said = { "said.stdout": "a > 1", "said.lines": ["a > 1"], ...variables };
    for (const that of ["{{ said.stdout }}", "{{ said.lines }}"]) {
      const failure = await failureOf(runAction(moduleAssert, { that }, { variables: said }));
      expect(failure.message).to.equal("`that` is data and no condition: a > 1");
    }
  });
});

describe("modules: fail, set_fact, set_stats, meta, group_by, add_host", () => {
  it("fails as told", async () => {
    expect((await failureOf(runAction(fail, { msg: "no" }))).message).to.equal("no");
    expect((await failureOf(runAction(fail, {}))).message).to.equal("Failed as requested from task");
  });

  it("sets facts of any type", async () => {
    expect(await runAction(set_fact, { a: [1], b: "yes", cacheable: "yes" })).to.deep.equal({
      ansible_facts: { a: [1], b: "yes" },
      _ansible_facts_cacheable: true,
    });
    expect((await failureOf(runAction(set_fact, { cacheable: true }))).message).to.include("at least one variable");
    expect((await failureOf(runAction(set_fact, { "a-b": 1 }))).message).to.include(
      "The variable name 'a-b' is not valid",
    );
  });

  it("hands statistics on", async () => {
    expect(await runAction(set_stats, { data: { n: 1 }, per_host: true })).to.deep.equal({
      ansible_stats: { data: { n: 1 }, per_host: true, aggregate: true },
    });
  });

  it("knows the actions of meta", async () => {
    expect(await runAction(meta, { action: "flush_handlers" })).to.deep.equal({ msg: "flush_handlers" });
    const error = await runAction(meta, { action: "flush_handler" }).catch(String);
    expect(error).to.include("expected one of");
  });

  it("says which group and host to add", async () => {
    expect(await runAction(group_by, { key: "os Debian", parents: "a b" })).to.deep.equal({
      add_group: "os-Debian",
      parent_groups: ["a-b"],
    });
    expect(await runAction(add_host, { hostname: "10.0.0.1:2222", groups: "a, b,a", ansible_user: "x" })).to.deep.equal(
      {
        add_host: { host_name: "10.0.0.1", groups: ["a", "b"], host_vars: { ansible_user: "x", ansible_port: 2222 } },
      },
    );
    expect(await runAction(add_host, { name: "[fd00::1]:22" })).to.have.deep.nested.property(
      "add_host.host_name",
      "fd00::1",
    );
    expect(await runAction(add_host, { name: "fd00::1" })).to.have.deep.nested.property(
      "add_host.host_name",
      "fd00::1",
    );
  });
});

describe("module: include_vars", () => {
  const files: Record<string, Record<string, unknown>> = {
    "/p/vars/a.yaml": { a: 1, m: { x: 1 } },
    "/p/vars/d/1.yml": { a: 1 },
    "/p/vars/d/2.json": { a: 2, b: 2 },
    "/p/vars/d/sub/3.yaml": { c: 3 },
  };
  const entry = (path: string) => ({ path, type: "file" as const, size: 1, mode: 0o644 });
  const walked = ["1.yml", "2.json", "README.md", "sub/3.yaml"];
  const controller = {
    find: (name: string) => Promise.resolve(`/p/vars/${name}`),
    stat: (path: string) =>
      Promise.resolve({ ...entry(path), type: path.endsWith("/d") ? ("directory" as const) : ("file" as const) }),
    walk: () => Promise.resolve(walked.map(entry)),
    loadVars: (path: string) => Promise.resolve(files[path] ?? {}),
  };

  it("reads a file", async () => {
    expect(await runAction(include_vars, { file: "a.yaml" }, { controller })).to.deep.equal({
      ansible_facts: { a: 1, m: { x: 1 } },
      ansible_included_var_files: ["/p/vars/a.yaml"],
    });
    expect(
      (await runAction(include_vars, { file: "a.yaml", name: "n" }, { controller }))["ansible_facts"],
    ).to.deep.equal({ n: files["/p/vars/a.yaml"] });
  });

  it("merges into what is set already", async () => {
    const variables = { m: { y: 2 } };
    const result = await runAction(
      include_vars,
      { file: "a.yaml", hash_behaviour: "merge" },
      { controller, variables },
    );
    expect(result["ansible_facts"]).to.deep.equal({ a: 1, m: { x: 1, y: 2 } });
  });

  it("reads a directory in order, files before directories", async () => {
    const result = await runAction(include_vars, { dir: "d", ignore_unknown_extensions: true }, { controller });
    expect(result["ansible_facts"]).to.deep.equal({ a: 2, b: 2, c: 3 });
    expect(result["ansible_included_var_files"]).to.deep.equal([
      "/p/vars/d/1.yml",
      "/p/vars/d/2.json",
      "/p/vars/d/sub/3.yaml",
    ]);
    const some = await runAction(
      include_vars,
      { dir: "d", depth: 1, files_matching: "^[12]", ignore_files: "1.yml" },
      { controller },
    );
    expect(some["ansible_included_var_files"]).to.deep.equal(["/p/vars/d/2.json"]);
  });

  it("fails for other extensions and mixed arguments", async () => {
    const failure = await failureOf(runAction(include_vars, { dir: "d" }, { controller }));
    expect(failure.message).to.equal("/p/vars/d/README.md does not have a valid extension: yaml, yml, json");
    expect((await failureOf(runAction(include_vars, { dir: "d", file: "a" }, { controller }))).message).to.include(
      "one of them",
    );
    expect((await failureOf(runAction(include_vars, { dir: "a.yaml" }, { controller }))).message).to.include(
      "is not a directory",
    );
  });
});

describe("module: pause", () => {
  it("waits for a time, at least a second", async () => {
    expect(await runAction(pause, { seconds: 2.5 })).to.include({
      stdout: "Paused for 2.5 seconds",
      delta: 2,
      user_input: "",
    });
    expect(await runAction(pause, { minutes: "3" })).to.include({ stdout: "Paused for 3.0 minutes", delta: 180 });
    expect(await runAction(pause, { seconds: 0 })).to.include({ delta: 1 });
    expect((await failureOf(runAction(pause, { seconds: 1, minutes: 1 }))).message).to.include("mutually exclusive");
  });

  it("asks, and goes on without a terminal", async () => {
    expect(await runAction(pause, { prompt: "Name?" }, { answer: "anna" })).to.include({
      user_input: "anna",
      echo: true,
    });
    const warnings: string[] = [];
    expect(await runAction(pause, {}, { warnings })).to.include({ user_input: "" });
    expect(warnings).to.deep.equal(["Not waiting for response to prompt as stdin is not interactive"]);
  });
});
