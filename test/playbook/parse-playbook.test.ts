import { expect } from "chai";
import type { Play, PlaybookImport } from "../../src/playbook/model.ts";
import { parsePlaybook } from "../../src/playbook/parse-playbook.ts";
import { rangeInValue, rangeOfKey } from "../../src/yaml/positions.ts";
import { problemsOf, textAt } from "./problems-of.ts";

function plays(text: string): readonly (Play | PlaybookImport)[] {
  return parsePlaybook({ path: "site.yml", text });
}

describe("parsePlaybook", () => {
  it("reads a play with all of its parts", () => {
    const play = plays(`
- name: web
  hosts: web:&prod
  gather_facts: no
  serial: [1, "25%"]
  vars: {port: 80}
  vars_files: [a.yml, [b.yml, c.yml]]
  pre_tasks: [{ping: }]
  roles: [common]
  tasks:
    - debug: msg=hi
      notify: restart
  post_tasks: [{ping: }, {ping: }]
  handlers:
    - name: restart
      service: name=nginx state=restarted
`)[0] as Play;
    expect(play.raw).to.deep.equal({
      name: "web",
      hosts: "web:&prod",
      gather_facts: false,
      serial: [1, "25%"],
      vars: { port: 80 },
      vars_files: ["a.yml", ["b.yml", "c.yml"]],
    });
    expect(
      [play.preTasks, play.roles, play.tasks, play.postTasks, play.handlers].map((list) => list.length),
    ).to.deep.equal([1, 1, 1, 2, 1]);
    expect(textAt(rangeOfKey(play.raw, "serial"))).to.equal("serial");
    expect(textAt(rangeInValue(play.raw, "hosts", 5, 9))).to.equal("prod");
  });

  it("takes `user` as the old name of `remote_user` and `vars` as a list", () => {
    const play = plays("- hosts: all\n  user: pi\n  vars: [{a: 1}, {b: 2}]\n")[0] as Play;
    expect(play.raw).to.deep.equal({ hosts: "all", remote_user: "pi", vars: { a: 1, b: 2 } });
    expect(textAt(rangeOfKey(play.raw, "remote_user"))).to.equal("user");
    expect(textAt(rangeOfKey(play.raw["vars"], "b"))).to.equal("b");
  });

  it("reads all ways to use a role", () => {
    const play = plays(`
- hosts: all
  roles:
    - common
    - role: web
      web_port: 80
      when: x
      tags: [a]
      vars: {y: 1}
    - {name: db, become: yes}
    - src: https://example.org/me/my-role.git,v1
`)[0] as Play;
    expect(play.roles.map(({ name }) => name)).to.deep.equal(["common", "web", "db", "my-role"]);
    expect(play.roles[1]?.params).to.deep.equal({ web_port: 80 });
    expect(play.roles[1]?.raw).to.deep.equal({ when: "x", tags: ["a"], vars: { y: 1 } });
    expect(play.roles[2]).to.deep.include({ raw: { become: true }, params: {} });
    expect(play.roles[3]?.params).to.deep.equal({});
    expect(textAt(rangeOfKey(play.roles[1]?.params, "web_port"))).to.equal("web_port");
  });

  it("reads imports of playbooks", () => {
    const entry = plays(
      "- import_playbook: web.yml\n  when: x\n  vars: {a: 1}\n- ansible.builtin.import_playbook: '{{ env }}.yml'\n",
    );
    expect(entry[0]).to.deep.include({ kind: "import_playbook", file: "web.yml", raw: { when: "x", vars: { a: 1 } } });
    expect(entry[1]).to.deep.include({ file: "{{ env }}.yml" });
  });

  it("refuses an empty playbook, as Ansible does", () => {
    for (const text of ["", "---\n# soon\n", "[]\n"])
      expect(problemsOf(() => plays(text))[0]).to.match(/E_PLAYBOOK this playbook is empty/);
  });
});

describe("errors in playbooks", () => {
  const gallery: [name: string, text: string, ...expected: string[]][] = [
    [
      "a misspelt keyword",
      "- host: all\n",
      "1:3 E_UNKNOWN_KEYWORD unknown keyword `host` in a play | did you mean `hosts`?",
    ],
    ["no hosts", "- tasks: []\n", "1:3 E_NO_HOSTS this play does not say on which hosts it runs | hosts: all"],
    [
      "empty hosts",
      "- hosts:\n",
      "1:3 E_KEYWORD_VALUE `hosts`: expected a pattern or a list of patterns, got nothing | hosts: all",
    ],
    [
      "a mapping",
      "hosts: all\n",
      "1:1 E_PLAYBOOK expected a list of plays, got a mapping | start each play with `- `, as in `- hosts: all`",
    ],
    [
      "tasks that are no list",
      "- hosts: all\n  tasks:\n    ping:\n",
      "3:5 E_TASK_LIST expected a list of tasks, got a mapping | start each task with `- `",
    ],
    [
      "roles that are no list",
      "- hosts: all\n  roles: web\n",
      "2:10 E_ROLE_LIST `roles`: expected a list of roles, got `web` | roles: [web]",
    ],
    [
      "a role without name",
      "- hosts: all\n  roles: [{tags: x}]\n",
      "2:11 E_ROLE_LIST expected the name of a role, got a mapping without `role` | - role: NAME",
    ],
    [
      "a strategy",
      "- hosts: all\n  strategy: liner\n",
      "2:13 E_KEYWORD_VALUE `strategy`: expected one of `linear`, `free`, `host_pinned`, `debug`, got `liner` | did you mean `linear`?",
    ],
    [
      "a batch size",
      "- hosts: all\n  serial: half\n",
      '2:11 E_KEYWORD_VALUE `serial`: expected a number of hosts or a percentage, got `half` | serial: [1, "25%"]',
    ],
    [
      "a prompt",
      "- hosts: all\n  vars_prompt: [{name: x, promt: y}]\n",
      "2:27 E_UNKNOWN_KEYWORD unknown keyword `promt` in a vars_prompt | did you mean `prompt`?",
    ],
    [
      "an import without file",
      "- import_playbook:\n",
      "1:18 E_MISSING_ARG `import_playbook` needs a file, got nothing | import_playbook: other.yaml",
    ],
    [
      "an import with parameters",
      "- import_playbook: a.yml x=1\n",
      "1:20 E_UNKNOWN_ARG `import_playbook` takes only a file, got `x=` | give variables under `vars:`",
    ],
    [
      "two documents",
      "- hosts: all\n---\n- hosts: web\n",
      "3:1 E_YAML_DOCUMENTS expected one YAML document, got 2 | remove the `---` above this line, or move what follows to a file of its own",
    ],
  ];
  for (const [name, text, ...expected] of gallery) {
    it(`reports ${name}`, () => {
      expect(problemsOf(() => plays(text))).to.deep.equal(expected);
    });
  }
});
