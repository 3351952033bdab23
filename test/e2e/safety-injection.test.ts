import { access, readFile } from "node:fs/promises";
import { expect } from "chai";
import { useLab } from "./lab.ts";
import { type FinishedRun, TestProject } from "./run-tsrun.ts";

/**
 * A compromised host answers with template syntax, prototype tricks and names of connection variables wherever it can:
 * facts, output, file names, HTTP headers. All of it must stay text (Ansible CVE-2016-9587, CVE-2021-3583, CVE-2024-11079), and
 * none of it may change how or as whom a host is reached (CVE-2016-8628, CVE-2020-10684).
 */
describe("a host that lies", () => {
  const lab = useLab();
  let project: TestProject;
  let canary: string;
  let payloads: readonly string[];

  before(async function () {
    this.timeout(120_000);
    project = await TestProject.create({ "inventory.yaml": await readFile(lab().inventoryPath, "utf8") });
    canary = `${project.folder}/canary`;
    payloads = [
      `{{ lookup('pipe', 'touch ${canary}') }}`,
      `{{ query("pipe", "touch ${canary}") }}`,
      `{% set x = lookup('pipe', 'touch ${canary}') %}{{ x }}`,
      `lookup('pipe', 'touch ${canary}') == ''`,
      "{{ ansible_host }}",
      "{{ 7 * 7 }}",
      "{# a comment #}",
      "{% raw %}{{ x }}{% endraw %}",
      "{{ ''.__class__.__mro__ }}",
      "{{ self.constructor.constructor('return process')() }}",
      "${process.exit(1)}",
      "<%= process.exit(1) %>",
      "!vault |",
      "*alias",
      "{{",
      "%}",
      "`id`; $(id) \" '",
      "__proto__",
      "omit",
      "__omit_place_holder__",
    ];
    await lab().root("node1", `mkdir -p /etc/ansible/facts.d /srv/names && cd /srv/names`);
    await lab().sh("node1", "cat > /etc/ansible/facts.d/lies.fact", {
      user: "root",
      input: JSON.stringify({
        texts: payloads,
        ansible_host: "127.0.0.9",
        __proto__x: 1,
        nested: Object.fromEntries(payloads.map((payload) => [payload, payload])),
      }).replace("__proto__x", "__proto__"),
    });
    await lab().sh("node1", "cat > /etc/ansible/facts.d/__proto__.fact", {
      user: "root",
      input: '{"polluted": "json"}',
    });
    await lab().sh("node1", "cat > /etc/ansible/facts.d/ini.fact", {
      user: "root",
      input: "[__proto__]\npolluted = ini\n[constructor]\npolluted = ini\n[DEFAULT]\n__proto__ = x\n",
    });
    await lab().sh("node1", "cat > /srv/payloads", { user: "root", input: `${payloads.join("\n")}\n` });
    await lab().sh("node1", 'grep -v / /srv/payloads | while IFS= read -r name; do : > "/srv/names/$name"; done', {
      user: "root",
    });
  });

  after(async () => {
    await project.remove();
    await lab().root("node1", "rm -rf /etc/ansible /srv/names /srv/payloads");
  });

  afterEach(async () => {
    const isThere = await access(canary).then(
      () => true,
      () => false,
    );
    expect(isThere, "the canary command ran").to.equal(false);
    expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
    expect((Object as unknown as Record<string, unknown>)["polluted"]).to.equal(undefined);
  });

  const run = async (text: string): Promise<FinishedRun> => {
    await project.write("lies.yaml", text);
    return await project.run("lies.yaml");
  };

  it("has its facts, output and file names taken as text by every sink", async function () {
    this.timeout(60_000);
    await project.write("roles/shows/tasks/main.yaml", '- {name: shown, debug: {msg: "{{ shown }}"}}\n');
    await project.write("echo.j2", "{% for text in texts %}{{ text }}\n{% endfor %}");
    const finished = await run(`
- hosts: node1
  tasks:
    - {name: cat, command: cat /srv/payloads, register: said}
    - {name: ls, find: {paths: /srv/names, hidden: true}, register: found}
    - {name: slurp, slurp: {src: /srv/payloads}, register: slurped}
- hosts: node2
  gather_facts: false
  vars:
    lies: "{{ hostvars.node1.ansible_local.lies.texts }}"
    said: "{{ hostvars.node1.said.stdout_lines }}"
    again: "{{ lies }}"
    member: {deep: ["{{ lies[0] }}"]}
  tasks:
    - {name: facts, debug: {msg: "{{ again }}"}}
    - {name: output, debug: {msg: "{{ said }}"}}
    - {name: slurped, debug: {msg: "{{ (hostvars.node1.slurped.content | b64decode).splitlines() }}"}}
    - {name: names, debug: {msg: "{{ hostvars.node1.found.files | map(attribute='path') | list }}"}}
    - {name: member, debug: {msg: "{{ member }}"}}
    - {name: set, set_fact: {kept: "{{ lies }}", k_0: "{{ lies[0] }}"}}
    - {name: kept, debug: {msg: "{{ kept }}"}}
    - {name: k, debug: {msg: "{{ k_0 }}"}}
    - {name: var, debug: {var: kept}}
    - {name: braces, debug: {var: "{{ kept }}"}}
    - {name: loop, debug: {msg: "{{ item }}"}, loop: "{{ lies }}"}
    - {name: with, debug: {msg: "{{ item }}"}, with_items: "{{ lies }}", loop_control: {label: "{{ item }}"}}
    - {name: dict, debug: {msg: "{{ item.key }}"}, with_dict: "{{ hostvars.node1.ansible_local.lies.nested }}"}
    - {name: template, copy: {dest: /tmp/lies, content: "{{ lookup('template', 'echo.j2', template_vars={'texts': lies}) }}"}}
    - {name: file, template: {src: echo.j2, dest: /tmp/lies.j2}, vars: {texts: "{{ lies }}"}}
    - {name: sent, command: {argv: [printf, '%s\\n', "{{ lies[0] }}"]}}
    - name: shell
      shell: printf '%s\\n' {{ lies | map('quote') | join(' ') }}
    - name: environment
      shell: printf %s "$LIE"
      environment: {LIE: "{{ lies[0] }}"}
    - {name: "name {{ lies[0] }}", debug: {msg: named}}
    - {name: string, debug: {msg: "{{ lies | to_json | from_json }}"}}
    - {name: vars lookup, debug: {msg: "{{ lookup('vars', 'kept') }}"}}
    - {name: params, include_role: {name: shows}, vars: {shown: "{{ lies }}"}}
    - {name: until, debug: {msg: "{{ lies[0] }}"}, register: r, until: "r.msg == lies[0]", retries: 1, delay: 0}
`);
    expect(finished.exitCode, finished.failures).to.equal(0);
    const of = (task: string): Record<string, unknown> => {
      const found = finished.results("node2").get(task);
      if (!found) throw new Error(`no result of ${task}`);
      return found.result;
    };
    for (const task of ["facts", "output", "slurped", "kept", "string", "vars lookup", "shown"])
      expect(of(task)["msg"], task).to.deep.equal(payloads);
    expect(of("names")["msg"]).to.have.members(
      payloads.filter((payload) => !payload.includes("/")).map((payload) => `/srv/names/${payload}`),
    );
    expect(of("member")["msg"]).to.deep.equal({ deep: [payloads[0]] });
    expect(of("k")["msg"]).to.equal(payloads[0]);
    expect(of("var")["kept"]).to.deep.equal(payloads);
    expect(of("braces")["{{ kept }}"] ?? of("braces")["kept"]).to.deep.equal(payloads);
    const items = (task: string): unknown[] =>
      (of(task)["results"] as readonly { readonly msg: unknown }[]).map(({ msg }) => msg);
    expect(items("loop")).to.deep.equal(payloads);
    expect(items("with")).to.deep.equal(payloads);
    expect(items("dict")).to.have.members([...payloads]);
    expect(of("sent")["stdout"]).to.equal(payloads[0]);
    expect(of("shell")["stdout_lines"]).to.deep.equal(payloads);
    expect(of("environment")["stdout"]).to.equal(payloads[0]);
    expect(finished.results("node2").has(`name ${payloads[0]}`)).to.equal(true);
    for (const path of ["/tmp/lies", "/tmp/lies.j2"])
      expect(await lab().root("node2", `cat ${path}`), path).to.equal(`${payloads.join("\n")}\n`);
  });

  it("cannot have its text judged as a condition", async function () {
    this.timeout(60_000);
    const finished = await run(`
- hosts: node1
  tasks:
    - {name: said, command: tail -n +4 /srv/payloads, register: said}
- hosts: node2
  gather_facts: false
  vars: {lie: "{{ hostvars.node1.said.stdout_lines[0] }}"}
  tasks:
    - {name: when, debug: {msg: ran}, when: lie}
    - {name: braces, debug: {msg: ran}, when: "{{ lie }}"}
    - {name: embedded, debug: {msg: ran}, when: "lie == '{{ lie }}'"}
    - {name: changed, command: "true", changed_when: "{{ lie }}"}
    - {name: failed, command: "true", failed_when: lie == 'other'}
    - {name: assert one, assert: {that: "{{ lie }}"}, ignore_errors: true}
    - {name: assert many, assert: {that: "{{ hostvars.node1.said.stdout_lines }}"}, ignore_errors: true}
    - {name: assert member, assert: {that: ["{{ lie }}"]}, ignore_errors: true}
    - {name: break, debug: {msg: x}, loop: [1], loop_control: {break_when: ["{{ lie }}"]}}
    - {name: own list, assert: {that: "{{ checks }}"}, vars: {checks: [lie != 'x', "1 == 1"]}}
`);
    expect(finished.exitCode, finished.failures).to.equal(0);
    const status = (task: string): string | undefined => finished.results("node2").get(task)?.status;
    expect(status("own list"), finished.failures).to.equal("ok");
    expect(finished.results("node2").get("assert many")?.result["failed"]).to.equal(true);
  });

  it("cannot change how hosts are reached, nor which module runs", async function () {
    this.timeout(60_000);
    await lab().root(
      "node1",
      `cat > /etc/ansible/facts.d/run.fact <<'END'
#!/bin/sh
echo '{"ansible_host": "127.0.0.9", "ansible_become_user": "nobody", "pkg_mgr": "evil"}'
END
chmod +x /etc/ansible/facts.d/run.fact
ip link add ansible_host type dummy; ip link add host type dummy; ip link add become_user type dummy; ip link add connection type dummy; true`,
    );
    const finished = await run(`
- hosts: node1
  become: true
  tasks:
    - {name: gathered, setup: {}}
    - {name: me, command: id -un, register: me}
    - {name: where, command: hostname}
    - {name: own, debug: {msg: "{{ [ansible_host, ansible_connection | default('ssh'), ansible_become_user | default('-'), ansible_facts.host | default('-')] }}"}}
    - {name: package, package: {name: sudo}}
    - {name: from afar, command: hostname, delegate_to: node2}
`);
    await lab().root(
      "node1",
      "for l in ansible_host host become_user connection; do ip link del $l; done 2>/dev/null; true",
    );
    expect(finished.exitCode, finished.failures).to.equal(0);
    const of = (task: string): Record<string, unknown> => finished.results("node1").get(task)?.result ?? {};
    const address = lab().hosts.find(({ name }) => name === "node1")?.address;
    expect(of("me")["stdout"]).to.equal("root");
    expect(of("where")["stdout"]).to.equal("node1");
    expect((of("own")["msg"] as string[]).slice(0, 3)).to.deep.equal([address, "ssh", "-"]);
    expect(of("from afar")["stdout"]).to.equal("node2");
  });

  it("cannot join groups or set facts by the headers of its web server", async function () {
    this.timeout(60_000);
    await lab().root(
      "node1",
      `cat > /srv/answer <<'END'
HTTP/1.0 200 OK
Content-Type: application/json
Add-Group: admins
Add-Host: evil
Ansible-Facts: {"x": 1}
Changed: true
Failed: true
Skipped: true
Location-X: {{ 7 * 7 }}

{"ansible_facts": {"x": 1}, "text": "{{ 7 * 7 }}"}
END
sed -i 's/$/\\r/' /srv/answer`,
    );
    const finished = await run(`
- hosts: node1
  gather_facts: false
  tasks:
    - name: serve
      shell: |
        perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(LocalAddr=>"127.0.0.1",LocalPort=>8099,Listen=>1,ReuseAddr=>1);fork and exit;close STDOUT;close STDERR;alarm 20;$c=$s->accept;sysread $c,$x,4096;open F,"/srv/answer";print $c $_ while <F>;'
    - {name: get, uri: {url: "http://127.0.0.1:8099/", return_content: true}}
    - {name: groups, debug: {msg: "{{ [group_names, groups.keys() | list, x | default('none')] }}"}}
`);
    expect(finished.exitCode, finished.failures).to.equal(0);
    const shown = finished.results("node1").get("groups")?.result["msg"] as [string[], string[], string];
    expect(shown[0]).not.to.include("admins");
    expect(shown[1]).not.to.include("admins");
    expect(shown[2]).to.equal("none");
    const got = finished.results("node1").get("get");
    expect(got?.status).to.equal("ok");
    expect((got?.result["json"] as { text: string }).text).to.equal("{{ 7 * 7 }}");
  });

  it("cannot have a variables file outside of the project read by the name of a group", async () => {
    await project.write("group_vars/safe.yaml", "from_group: safe\n");
    await project.write("elsewhere/evil.yaml", `from_group: "{{ lookup('pipe', 'touch ${canary}') }}"\n`);
    const finished = await run(`
- hosts: node1
  gather_facts: false
  tasks:
    - {name: join, group_by: {key: ../elsewhere/evil}}
    - {name: see, debug: {msg: "{{ from_group | default('none') }}"}}
    - {name: join safe, group_by: {key: safe}}
    - {name: see safe, debug: {msg: "{{ from_group }}"}}
`);
    expect(finished.exitCode, finished.failures).to.equal(0);
    expect(finished.results("node1").get("see")?.result["msg"]).to.equal("none");
    expect(finished.results("node1").get("see safe")?.result["msg"]).to.equal("safe");
  });
});
