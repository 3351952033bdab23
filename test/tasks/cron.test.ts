import { expect } from "chai";
import { crontab } from "../../src/state/crontab.ts";
import { cronNames, editCrontab } from "../../src/plan/edit-crontab.ts";
import { file } from "../../src/state/file.ts";
import { fileContent } from "../../src/state/file-content.ts";
import cron from "../../tasks/cron.ts";
import { planModule } from "./plan-module.ts";

const job = (name: string, line?: string) => ({ name, line, isVariable: false });

describe("editCrontab", () => {
  const cases: readonly [string, string, Parameters<typeof editCrontab>[1], string][] = [
    ["adds a job below its name", "", job("a", "* * * * * x"), "#Ansible: a\n* * * * * x\n"],
    [
      "appends to what is there",
      "MAILTO=x\n1 1 1 1 1 y\n",
      job("a", "@daily x"),
      "MAILTO=x\n1 1 1 1 1 y\n#Ansible: a\n@daily x\n",
    ],
    [
      "replaces a job in its place",
      "#Ansible: a\n@daily x\n#Ansible: b\n@daily y\n",
      job("a", "@daily z"),
      "#Ansible: a\n@daily z\n#Ansible: b\n@daily y\n",
    ],
    ["leaves an equal job", "#Ansible: a\n@daily x\n", job("a", "@daily x"), "#Ansible: a\n@daily x\n"],
    [
      "names a job that was there without",
      "@daily x\n@daily y\n",
      job("a", "@daily y"),
      "@daily x\n#Ansible: a\n@daily y\n",
    ],
    ["removes a job with its name", "#Ansible: a\n@daily x\nkeep\n", job("a"), "keep\n"],
    ["leaves nothing", "#Ansible: a\n@daily x\n", job("a"), ""],
    ["ends the last line", "keep", job("none"), "keep\n"],
    ["puts a variable first", "@daily x\n", { name: "A", line: 'A="1"', isVariable: true }, 'A="1"\n@daily x\n'],
    ["replaces a variable", "A=0\nAB=2\n", { name: "A", line: 'A="1"', isVariable: true }, 'A="1"\nAB=2\n'],
    [
      "puts a variable after another",
      "A=0\nB=2\n",
      { name: "C", line: "C=1", isVariable: true, insertAfter: "A" },
      "A=0\nC=1\nB=2\n",
    ],
    [
      "puts a variable before another",
      "A=0\nB=2\n",
      { name: "C", line: "C=1", isVariable: true, insertBefore: "B" },
      "A=0\nC=1\nB=2\n",
    ],
    ["removes a variable", "A=0\nB=2\n", { name: "A", line: undefined, isVariable: true }, "B=2\n"],
  ];
  for (const [name, before, entry, after] of cases) {
    it(name, () => {
      expect(editCrontab(before, entry)).to.equal(after);
      expect(editCrontab(after, entry)).to.equal(after);
    });
  }

  it("lists names", () => {
    expect(cronNames('A="1"\n#Ansible: a b\n@daily x\n')).to.deep.equal({ jobs: ["a b"], envs: ["A"] });
  });
});

describe("module: cron", () => {
  const plan = (raw: Record<string, unknown>, before: string | undefined = "") =>
    planModule(
      cron,
      { name: "a", ...raw },
      { host: [[crontab(typeof raw["user"] === "string" ? raw["user"] : ""), before]] },
    );
  const stdinOf = async (raw: Record<string, unknown>, before?: string) => {
    const step = (await plan(raw, before)).changes[0]?.steps[0];
    return step?.type === "command" && step.command.stdin ? Buffer.from(step.command.stdin).toString() : undefined;
  };
  const failure = (promise: Promise<unknown>) => promise.then(() => "no failure", String);

  it("writes a crontab through crontab(1)", async () => {
    expect(await stdinOf({ job: "x 'y'\n", minute: 5, hour: "*/2", weekday: 1 })).to.equal(
      "#Ansible: a\n5 */2 * * 1 x 'y'\n",
    );
    expect(await stdinOf({ job: "x", special_time: "reboot", disabled: true })).to.equal("#Ansible: a\n#@reboot x\n");
    expect(await stdinOf({ name: "PATH", job: "/bin", env: true }, "@daily x\n")).to.equal('PATH="/bin"\n@daily x\n');
    expect(await stdinOf({ state: "absent" }, "#Ansible: a\n@daily x\n")).to.equal("");
    const { scripts, result, changes } = await plan({ job: "x", user: "anna" });
    expect(scripts[0]).to.match(/^u=anna; .*crontab .* -$/);
    expect(changes[0]?.diff).to.include({ before: "", beforeHeader: 'crontab for user "anna"' });
    expect(result).to.deep.equal({ jobs: ["a"], envs: [] });
  });

  it("leaves a crontab alone that is as wanted", async () => {
    expect((await plan({ job: "x" }, "#Ansible: a\n* * * * * x\n")).changes).to.deep.equal([]);
    expect((await plan({ state: "absent" }, "b\n")).changes).to.deep.equal([]);
  });

  it("writes files in /etc/cron.d, and removes them when they are empty", async () => {
    const raw = { cron_file: "app", user: "root", job: "x", special_time: "daily" };
    const made = await planModule(
      cron,
      { name: "a", ...raw },
      { host: [[file("/etc/cron.d"), { type: "directory", mode: 0o755, uid: 0, gid: 0 }]] },
    );
    expect(made.scripts.at(-1)).to.equal("write /etc/cron.d/app");
    expect(made.result).to.include({ cron_file: "app" });
    const text = "#Ansible: a\n@daily root x\n";
    const state = { type: "file", mode: 0o644, uid: 0, gid: 0, size: text.length };
    const host = [
      [file("/etc/cron.d/app"), state] as const,
      [fileContent("/etc/cron.d/app"), { size: text.length, text }] as const,
    ];
    expect((await planModule(cron, { name: "a", ...raw }, { host })).changes).to.deep.equal([]);
    expect((await planModule(cron, { name: "a", cron_file: "app", state: "absent" }, { host })).scripts).to.deep.equal([
      "rm -f -- /etc/cron.d/app",
    ]);
  });

  it("refuses what makes no sense", async () => {
    expect(await failure(plan({}))).to.include("You must specify 'job'");
    expect(await failure(plan({ job: "x", special_time: "daily", hour: 1 }))).to.include(
      "time and date fields or special time",
    );
    expect(await failure(plan({ job: "x", cron_file: "app" }))).to.include("you must specify user");
    expect(await failure(plan({ job: "x", insertafter: "A" }))).to.include("only with env=yes");
    expect(await failure(plan({ job: "x", env: true, insertafter: "B" }))).to.include("Variable named 'B' not found.");
    expect(await failure(plan({ job: "x", name: "a\nb" }))).to.include("line break");
    expect(await failure(planModule(cron, { name: "a", job: "x" }))).to.include("install cron");
  });

  it("reads crontabs as they are recorded", () => {
    const parse = (stdout: string) =>
      crontab("").kind.parse({ rc: 0, stdout: Buffer.from(stdout), stderr: Buffer.from("") }, ["", "anna"]);
    const head =
      "# DO NOT EDIT THIS FILE - edit the master and reinstall.\n# (/tmp/x installed on Sun)\n# (Cron version V5.0)\n";
    expect(parse(`ok\0${head}@daily x\n\0ok\0\0`)).to.deep.equal(["@daily x\n", ""]);
    expect(parse("")).to.deep.equal([undefined, undefined]);
    expect(() => parse("ok\0\0error\0must be privileged to use -u\0")).to.throw(
      "crontab: must be privileged to use -u",
    );
  });
});
