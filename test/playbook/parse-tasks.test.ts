import { expect } from "chai";
import type { Block, Task } from "../../src/playbook/model.ts";
import { parseTaskList } from "../../src/playbook/parse-tasks.ts";
import { rangeInValue, rangeOfKey, rangeOfValue } from "../../src/yaml/positions.ts";
import { problemsOf, textAt } from "./problems-of.ts";

function tasks(text: string, isHandlers = false): readonly (Task | Block)[] {
  return parseTaskList({ path: "t.yml", text }, { isHandlers });
}

function task(text: string): Task {
  return tasks(text)[0] as Task;
}

describe("parseTaskList", () => {
  it("separates module, arguments and keywords", () => {
    const one = task(
      "- name: install\n  apt:\n    name: curl\n    state: present\n  when: x is defined\n  become: yes\n  tags:\n",
    );
    expect(one.module.name).to.equal("apt");
    expect(one.module.args).to.deep.equal({ name: "curl", state: "present" });
    expect(one.raw).to.deep.equal({ name: "install", when: "x is defined", become: true });
    expect(textAt(one.module.at)).to.equal("apt");
    expect(textAt(rangeOfValue(one.raw, "when"))).to.equal("x is defined");
    expect(textAt(rangeOfKey(one.module.args, "state"))).to.equal("state");
  });

  it("reads `key=value` lines with quotes and templates, each value with its place", () => {
    const { module } = task(`- copy: src=a.txt dest="/etc/x y" content={{ a | join(' ') }} mode=0644 note='it\\'s'\n`);
    expect(module.args).to.deep.equal({
      src: "a.txt",
      dest: "/etc/x y",
      content: "{{ a | join(' ') }}",
      mode: "0644",
      note: "it's",
    });
    expect(textAt(rangeOfKey(module.args, "dest"))).to.equal("dest");
    expect(textAt(rangeInValue(module.args, "dest", 5, 6))).to.equal("x");
    const at = (module.args["content"] as string).indexOf("join");
    expect(textAt(rangeInValue(module.args, "content", at, at + 4))).to.equal("join");
    expect(module.freeForm).to.equal(undefined);
  });

  it("leaves a command as it is but for the keys that Ansible takes out", () => {
    const { module } = task("- shell: FOO=bar   make  install creates=/opt/x chdir={{ dir }} && echo {{ done }}\n");
    expect(module.args).to.deep.equal({ creates: "/opt/x", chdir: "{{ dir }}" });
    expect(module.freeForm?.text).to.equal("FOO=bar   make  install && echo {{ done }}");
    const { text, container, key } = module.freeForm as { text: string; container: object; key: string };
    const at = text.indexOf("done");
    expect(textAt(rangeInValue(container, key, at, at + 4))).to.equal("done");
  });

  it("keeps a multi-line script to the byte", () => {
    const { module } = task("- shell: |\n    set -e\n      indented   blanks\n    echo 'two\n    lines'\n");
    expect(module.freeForm?.text).to.equal("set -e\n  indented   blanks\necho 'two\nlines'\n");
  });

  it("reads a bare `include` as the import or include that it meant", () => {
    const [one, two, three] = tasks(
      "- include: a.yml x=1 y='2 3'\n  vars: {x: 0, z: 4}\n  when: w\n- include: b.yml\n  with_items: [1]\n- include: '{{ c }}.yml'\n",
    ) as Task[];
    expect(one?.module).to.deep.include({ name: "import_tasks" });
    expect(one?.module.freeForm?.text).to.equal("a.yml");
    expect(one?.raw).to.deep.equal({ vars: { x: "1", y: "2 3", z: 4 }, when: "w" });
    expect(two?.module.name).to.equal("include_tasks");
    expect(three?.module.name).to.equal("include_tasks");
    expect(textAt(three?.module.at)).to.equal("include");
  });

  it("passes over an empty entry of the list", () => {
    expect(tasks("- ping:\n-\n")).to.have.length(1);
  });

  it("takes a module whose name is near a keyword's for what it is", () => {
    expect(task("- export: {all: true}\n").module.name).to.equal("export");
    expect(() => tasks("- notifi: x\n")).to.throw();
  });

  it("joins lines that end with a backslash", () => {
    expect(task("- command: |\n    cp a \\\n    b\n").module.freeForm?.text).to.equal("cp a b\n");
  });

  it("merges `args` below the module's own line", () => {
    const { module } = task("- command: make creates=/own\n  args:\n    chdir: /src\n    creates: /below\n");
    expect(module.args).to.deep.equal({ chdir: "/src", creates: "/own" });
    expect(textAt(rangeOfValue(module.args, "chdir"))).to.equal("/src");
    expect(textAt(rangeOfValue(module.args, "creates"))).to.equal("/own");
  });

  it("keeps templates that stand for all arguments", () => {
    expect(task("- user: '{{ settings }}'\n").module.template).to.deep.include({ key: "user" });
    expect(task("- user: name=x\n  args: '{{ settings }}'\n").module.template).to.deep.include({ key: "args" });
    expect(task("- include_tasks: '{{ file }}'\n").module.freeForm?.text).to.equal("{{ file }}");
    expect(task("- command: '{{ line }}'\n").module.freeForm?.text).to.equal("{{ line }}");
  });

  it("reads the old ways to name a module", () => {
    expect(task("- action: copy src=a dest=b\n").module).to.deep.include({
      name: "copy",
      args: { src: "a", dest: "b" },
    });
    expect(task("- action:\n    module: copy mode=1\n    src: a\n    args: {dest: b}\n").module).to.deep.include({
      name: "copy",
      args: { src: "a", mode: "1", dest: "b" },
    });
    const local = task("- local_action: shell echo hi\n");
    expect(local.module.freeForm?.text).to.equal("echo hi");
    expect(local.raw).to.deep.equal({ delegate_to: "localhost" });
    expect(textAt(rangeOfKey(local.raw, "delegate_to"))).to.equal("local_action");
  });

  it("reads modules without arguments and with dotted names", () => {
    expect(task("- ping:\n").module).to.deep.include({ name: "ping", args: {} });
    expect(task("- ansible.builtin.debug: msg=hi\n").module).to.deep.include({
      name: "ansible.builtin.debug",
      args: { msg: "hi" },
    });
    expect(task("- meta: flush_handlers\n").module.freeForm?.text).to.equal("flush_handlers");
  });

  it("reads loops", () => {
    expect(task("- ping:\n  loop: [1, 2]\n").loop).to.include({ lookup: "items", isWith: false, key: "loop" });
    expect(task("- ping:\n  with_items: [1, 2]\n").loop).to.include({ lookup: "items", isWith: true });
    const { loop } = task("- ping:\n  with_community.general.dict:\n    a: 1\n");
    expect(loop?.lookup).to.equal("community.general.dict");
    expect(Object.entries(loop?.container ?? {})).to.deep.include(["with_community.general.dict", { a: 1 }]);
  });

  it("nests blocks, with a loop of their own", () => {
    const block = tasks(
      "- block:\n    - ping:\n    - block: [{ping: }]\n  rescue:\n    - fail:\n  always: []\n  loop: [1]\n  when: x\n",
    )[0] as Block;
    expect(block.block.map(({ kind }) => kind)).to.deep.equal(["task", "block"]);
    expect(block.rescue).to.have.length(1);
    expect(block.raw).to.deep.equal({ when: "x" });
    expect(block.loop?.key).to.equal("loop");
  });

  it("gives handlers their topics", () => {
    const [one, two] = tasks("- name: a\n  ping:\n  listen: x\n- name: b\n  ping:\n  listen: [x, y]\n", true) as Task[];
    expect(one?.listen).to.deep.equal(["x"]);
    expect(two?.listen).to.deep.equal(["x", "y"]);
  });

  it("reads an empty file as no tasks", () => {
    expect(tasks("# later\n")).to.deep.equal([]);
  });
});

describe("errors in tasks", () => {
  const gallery: [name: string, text: string, ...expected: string[]][] = [
    [
      "a misspelt keyword",
      "- ping:\n  whn: x\n",
      "2:3 E_UNKNOWN_KEYWORD unknown keyword `whn` in a task | did you mean `when`?",
    ],
    [
      "a keyword of old",
      "- ping:\n  sudo: yes\n",
      "2:3 E_UNKNOWN_KEYWORD unknown keyword `sudo` in a task | write `become: true`",
    ],
    [
      "an argument that is not indented",
      "- copy:\n  src: a\n",
      "2:3 E_TWO_MODULES expected one module in a task, got `copy` and `src` | indent it, to make it an argument of `copy`",
    ],
    [
      "an argument of a command outside of `args`",
      "- command: ls\n  chdir: /x\n",
      "2:3 E_TWO_MODULES expected one module in a task, got `command` and `chdir` | if it is an argument of `command`, put it under `args:`",
    ],
    [
      "a command as a list",
      "- command: [ls, -l]\n",
      "1:12 E_ARGS_SHAPE `command`: expected a mapping of arguments, got a list | a list of words is its `argv`: `command: { argv: [ls, -l] }`",
    ],
    [
      "two modules",
      "- apt: name=x\n  copy: src=a dest=b\n",
      "2:3 E_TWO_MODULES expected one module in a task, got `apt` and `copy` | make it a task of its own, starting with `-`",
    ],
    [
      "no module",
      "- name: x\n  when: y\n",
      "1:3 E_NO_MODULE this task names no module | add a module such as `command:`, `copy:` or `service:`",
    ],
    ["a task that is text", "- ping\n", "1:3 E_TASK_LIST expected a task, got `ping` | - ping:"],
    [
      "a mapping in place of a list",
      "ping:\n",
      "1:1 E_TASK_LIST expected a list of tasks, got a mapping | start each task with `- `",
    ],
    [
      "a play in a task list",
      "- hosts: all\n  tasks: []\n",
      "1:3 E_PLAY_AS_TASK this is a play, not a task | plays stand at the top of a playbook; run this file with `tsrun playbook` or bring it in with `import_playbook`",
    ],
    [
      "a wrong type",
      "- ping:\n  retries: many\n",
      "2:12 E_KEYWORD_VALUE `retries`: expected a whole number, got `many`",
    ],
    [
      "a wrong boolean",
      "- ping:\n  become: root\n",
      "2:11 E_KEYWORD_VALUE `become`: expected `true` or `false`, got `root`",
    ],
    [
      "a wrong item",
      "- ping:\n  tags: [a, {b: c}]\n",
      "2:13 E_KEYWORD_VALUE `tags`: expected text or a list of texts, got a mapping",
    ],
    [
      "a wrong choice",
      "- ping:\n  debugger: on_fail\n",
      "2:13 E_KEYWORD_VALUE `debugger`: expected one of `always`, `never`, `on_failed`, `on_unreachable`, `on_skipped`, got `on_fail` | did you mean `on_failed`?",
    ],
    [
      "two loops",
      "- ping:\n  loop: [1]\n  with_items: [2]\n",
      "3:3 E_TWO_LOOPS expected one loop, got `loop` and `with_items` | keep one, or loop over an include",
    ],
    [
      "loop_control's keys",
      "- ping:\n  loop: [1]\n  loop_control:\n    lable: x\n",
      "4:5 E_UNKNOWN_KEYWORD unknown keyword `lable` in a loop_control | did you mean `label`?",
    ],
    [
      "a name that no template can use",
      "- ping:\n  register: my-result\n  vars:\n    2nd: x\n",
      "2:13 E_VARIABLE_NAME `my-result` is no variable name: expected letters, digits and underscores, not starting with a digit | write `my_result`",
      "4:5 E_VARIABLE_NAME `2nd` is no variable name: expected letters, digits and underscores, not starting with a digit | write `_2nd`",
    ],
    [
      "listen on a task",
      "- ping:\n  listen: x\n",
      "2:3 E_UNKNOWN_KEYWORD `listen` is for handlers, and this is a task | move it under `handlers:`",
    ],
    [
      "an open quote",
      '- copy: src="a dest=b\n',
      "1:9 E_ARGS_QUOTES a quote or a brace stays open in the arguments of `copy` | write the arguments as a mapping, one on each line",
    ],
    ["a list as arguments", "- apt: [a, b]\n", "1:8 E_ARGS_SHAPE `apt`: expected a mapping of arguments, got a list"],
    [
      "two command lines",
      "- command: a\n  args:\n    cmd: b\n",
      "3:5 E_ARGS_CONFLICT `command`: expected a command line or `cmd`, got both",
    ],
    ["rescue without block", "- rescue:\n    - ping:\n", "1:3 E_NO_BLOCK `rescue` needs a `block` beside it"],
    [
      "a keyword of blocks",
      "- block: []\n  regster: x\n",
      "2:3 E_UNKNOWN_KEYWORD unknown keyword `regster` in a block",
    ],
    [
      "keywords and arguments of includes",
      "- include_tasks: x.yml\n  become: yes\n- include_role:\n    nam: x\n",
      "2:3 E_KEYWORD_ON_INCLUDE `become` has no effect on `include_tasks`, which runs nothing itself | put it under `apply:` to give it to the tasks inside",
      "3:3 E_MISSING_ARG `include_role` needs the name of a role | include_role: { name: ROLE }",
      "4:5 E_UNKNOWN_ARG unknown argument `nam` for `include_role` | did you mean `name`?",
    ],
  ];
  for (const [name, text, ...expected] of gallery) {
    it(`reports ${name}`, () => {
      expect(problemsOf(() => tasks(text))).to.deep.equal(expected);
    });
  }

  it("reports everything that is wrong with a file, in its order", () => {
    const text = "- ping:\n  whn: x\n- name: none\n- block:\n    - ping:\n      becom: yes\n";
    expect(problemsOf(() => tasks(text)).map((line) => line.split(" ").slice(0, 2).join(" "))).to.deep.equal([
      "2:3 E_UNKNOWN_KEYWORD",
      "3:3 E_NO_MODULE",
      "6:7 E_UNKNOWN_KEYWORD",
    ]);
  });
});
