import { expect } from "chai";
import { MentionedFacts } from "../../src/project/mentioned-facts.ts";

function mentionedIn(...texts: readonly string[]): readonly string[] | "any" {
  const mentioned = new MentionedFacts();
  for (const text of texts) mentioned.read(text);
  return mentioned.result ? [...mentioned.result].sort() : "any";
}

describe("facts that a text can name", () => {
  for (const [text, names] of [
    [
      "when: ansible_os_family == 'Debian' and ansible_distribution_version is version('11', '>=')",
      ["distribution_version", "os_family"],
    ],
    [
      "{{ ansible_facts.distribution }} {{ ansible_facts['kernel'] }} {{ ansible_facts[\"lsb\"].id }}",
      ["distribution", "kernel", "lsb"],
    ],
    ["{{ hostvars['db'].ansible_default_ipv4.address }}", ["default_ipv4"]],
    ["{{ hostvars[groups['db'][0]]['ansible_facts']['fqdn'] }}", ["fqdn"]],
    ["{{ groups['all'] | map('extract', hostvars, ['ansible_eth0', 'ipv4']) | list }}", ["eth0"]],
    ["{{ hostvars.db.port }} and {{ hostvars[item]['port'] }}", []],
    [
      "ansible_user: admin\nansible_become: true\nansible_ssh_common_args: -C\nansible_python_interpreter: /usr/bin/python3",
      [],
    ],
    [
      "{{ ansible_ssh_host_key_rsa_public }} {{ ansible_managed }} {{ ansible_play_hosts }}",
      ["ssh_host_key_rsa_public"],
    ],
    ["- ansible.builtin.copy: {src: a, dest: b}\n  vars:\n    x: 1", []],
    ["{{ ansible_local.app.version }}", ["local"]],
    ["- template: { src: 'x.conf.j2', dest: '{{ app_dir }}/x.conf' }", []],
    ["- include_vars: '{{ ansible_os_family }}.yml'", ["os_family"]],
    ["{{ vars['ansible_kernel'] }}", ["kernel"]],
  ] as const) {
    it(`finds ${names.length === 0 ? "none" : names.join(", ")} in ${JSON.stringify(text)}`, () => {
      expect(mentionedIn(text)).to.deep.equal(names);
    });
  }

  for (const text of [
    "debug: var=ansible_facts",
    "{{ ansible_facts | to_json }}",
    "{{ ansible_facts[item] }}",
    "{{ ansible_facts.get('kernel') }}",
    "{{ ansible_facts.gather_subset }}",
    "{{ vars['ansible_' ~ interface].ipv4.address }}",
    "{{ lookup('vars', 'ansible_' + name) }}",
    "{{ hostvars[inventory_hostname]['ansible_%s' | format(x)] }}",
    "{{ hostvars | to_json }}",
    "{{ hostvars[item] | dict2items }}",
    "{{ hostvars[item].items() }}",
    "{{ hostvars[item][name] }}",
    "{{ groups['all'] | map('extract', hostvars) | list }}",
    "{{ groups['all'] | map('extract', hostvars, ['ansible_facts', 'kernel']) }}",
    "{{ 'x' in hostvars }}",
    "{{ vars | to_nice_json }}",
    "debug: { var: vars }",
    "{{ q('varnames', '^a') }}",
    "debugger: on_failed",
    "strategy: debug",
    "password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162",
    "- include_role:\n    name: '{{ role }}'",
    "- include_tasks: '{{ playbook_dir }}/common/{{ x }}.yml'",
    "- template: { src: '../{{ x }}.j2', dest: /x }",
    "- template: { src: '{{ x }}', dest: /x }\n  vars: { x: /srv/t/x.j2 }",
  ]) {
    it(`finds any in ${JSON.stringify(text)}`, () => {
      expect(mentionedIn("{{ ansible_kernel }}", text)).to.equal("any");
    });
  }

  it("thinks of names that one text makes and of places that another names", () => {
    expect(mentionedIn("- template: { src: '{{ mine }}', dest: /x }", "mine: conf.j2")).to.deep.equal([]);
    expect(mentionedIn("- template: { src: '{{ mine }}', dest: /x }", "mine: ~/conf.j2")).to.equal("any");
    expect(mentionedIn("- template: { src: 'a.j2', dest: /x }", "mine: ~/conf.j2")).to.deep.equal([]);
  });

  it("reads any text in no time", function () {
    this.timeout(2000);
    for (const piece of [
      "    - x\n",
      "\n  ",
      "[",
      " ",
      "hostvars[a] ",
      "src: ",
      "var: ",
      "vars ",
      "name: ",
      "include_role:\n  ",
      "vars_files:\n - ",
      "ansible_facts[",
      "/a",
      "{{ ",
      "~/",
      "..",
      "q(",
    ])
      for (const head of ["", "include_role:\n", "vars_files:\n", "hostvars", "vars", "var:", "src: {{", "'"])
        mentionedIn(head + piece.repeat(20_000 / piece.length));
  });
});
