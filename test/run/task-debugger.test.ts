import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TsrunError } from "../../src/lib/errors.ts";
import type { RunHooks, RunOptions } from "../../src/project/options.ts";
import { parseDebuggerCommand } from "../../src/run/debugger-command.ts";
import type { RunEvent } from "../../src/run/events.ts";
import { runPlaybooks } from "../../src/run/run-playbooks.ts";

describe("the task debugger", () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "tsrun-debugger-"));
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  /** What was shown, without the prompts. `answers` undefined: there is no terminal. */
  async function run(tasks: string, answers: string[] | undefined, play = ""): Promise<Session> {
    const playbook = `- hosts: all\n  gather_facts: false\n  vars: {d: "{{ {'x': 1} }}"}\n${play}  tasks:\n${tasks}`;
    writeFileSync(join(cwd, "site.yaml"), playbook);
    const [shown, events]: [string[], RunEvent[]] = [[], []];
    const hooks: RunHooks = {
      onSecret: () => {},
      ask: ({ text }) => {
        shown.push(text.replace(/\[(\w+)\] TASK: (.+) \(debug\)> $/, "<$1 $2>"));
        const answer = answers?.shift();
        if (answer !== undefined) return Promise.resolve(answer);
        return Promise.reject(new TsrunError({ code: "E_NO_TERMINAL", message: "there is no terminal" }));
      },
    };
    const sink = (event: RunEvent): void => void events.push(event);
    let exitCode: number | string;
    try {
      exitCode = await runPlaybooks(options(cwd), sink, new AbortController().signal, hooks);
    } catch (error) {
      exitCode = (error as TsrunError).code;
    }
    const results = events.flatMap((event) => (event.type === "host_result" ? [`${event.host} ${event.status}`] : []));
    const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    return { shown, results, warnings, exitCode };
  }

  const wrong = "    - name: wrong\n      debug: {msg: '{{ d.wrong }}'}\n      debugger: on_failed\n";

  it("shows the task, its variables and result", async () => {
    const session = await run(wrong, [
      "p task.args",
      "p task_vars['d'].x + 1",
      "p result._result.msg",
      "nonsense",
      "c",
    ]);
    expect(session.shown).to.deep.equal([
      "\na: failed: `d.wrong` is undefined\n<a wrong>",
      "{'msg': '{{ d.wrong }}'}\n<a wrong>",
      "2\n<a wrong>",
      "'`d.wrong` is undefined'\n<a wrong>",
      "unknown command `nonsense`; h shows what there is\n<a wrong>",
    ]);
    expect([session.results, session.exitCode]).to.deep.equal([["a failed"], 2]);
  });

  it("tries again with other arguments, and counts the last try only", async () => {
    const session = await run(wrong, ["task.args['msg'] = 'now ' ~ d.x", "p task.args", "r"]);
    expect(session.shown.at(-1)).to.equal("{'msg': 'now 1'}\n<a wrong>");
    expect([session.results, session.exitCode]).to.deep.equal([["a ok"], 0]);
  });

  it("tries again with other variables, which templates of the task see", async () => {
    const session = await run(wrong, ["task_vars['d'] = {'wrong': 'right'}", "u", "r"]);
    expect([session.results, session.exitCode]).to.deep.equal([["a ok"], 0]);
  });

  it("stops at failures and unreachable hosts under `strategy: debug`, but not at forgiven ones", async () => {
    const tasks =
      "    - fail: {msg: forgiven}\n      ignore_errors: true\n    - fail: {msg: no}\n      debugger: never\n";
    expect((await run(tasks, [], "  strategy: debug\n")).shown).to.deep.equal([]);
    const session = await run("    - fail: {msg: stop}\n", ["c"], "  strategy: debug\n");
    expect(session.shown).to.deep.equal(["\na: failed: stop\n<a fail>"]);
  });

  it("stops at skipped tasks, and always, where the keyword says so", async () => {
    const skipped = "    - debug: {msg: x}\n      when: d.x == 2\n      debugger: on_skipped\n";
    expect((await run(skipped, ["c"])).shown).to.deep.equal(["\na: skipped\n<a debug>"]);
    const always = "    - debug: {msg: x}\n      debugger: always\n";
    expect((await run(always, ["r", "c"])).shown).to.have.length(2);
  });

  it("leaves the run on q", async () => {
    const session = await run(`${wrong}    - debug: {msg: after}\n`, ["q"]);
    expect([session.results, session.exitCode]).to.deep.equal([[], "E_INTERRUPTED"]);
  });

  it("is off without a terminal, with one warning", async () => {
    const session = await run(
      wrong + wrong.replace("name: wrong", "name: again"),
      undefined,
      "  ignore_errors: true\n",
    );
    expect(session.warnings).to.deep.equal([]);
    const stopped = await run(wrong, undefined);
    expect(stopped.warnings).to.deep.equal(["the task debugger is off: there is no terminal"]);
    expect(stopped.exitCode).to.equal(2);
  });
});

describe("a command of the task debugger", () => {
  it("is read in Ansible's words", () => {
    expect(parseDebuggerCommand("task.args['_raw_params'] = 'echo a = b'")).to.deep.equal({
      kind: "set",
      target: "args",
      key: "_raw_params",
      expression: "'echo a = b'",
    });
    expect(parseDebuggerCommand("pprint task_vars")).to.deep.equal({ kind: "print", expression: "task_vars" });
    expect(parseDebuggerCommand(" redo ")).to.deep.equal({ kind: "redo" });
    expect(parseDebuggerCommand("task.args == 1")).to.deep.equal({ kind: "unknown", text: "task.args == 1" });
  });
});

interface Session {
  readonly shown: readonly string[];
  readonly results: readonly string[];
  readonly warnings: readonly string[];
  readonly exitCode: number | string;
}

function options(cwd: string): RunOptions {
  return {
    cwd,
    playbooks: ["site.yaml"],
    inventory: ["a,"],
    limit: [],
    extraVars: [],
    vault: { ids: [], passwordFiles: [], asked: [] },
    verbosity: 0,
    isCheck: false,
    wantsDiff: false,
    tags: [],
    skipTags: [],
    isStep: false,
    forceHandlers: false,
    flushCache: false,
    connection: { type: "local" },
    become: { isOn: false },
  };
}
