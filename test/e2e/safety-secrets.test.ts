import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { main } from "../../src/cli/main.ts";
import { encryptVault } from "../../src/vault/cipher.ts";
import { runMain } from "../cli/run-main.ts";
import { MemoryStream } from "../report/memory-stream.ts";
import { useLab } from "./lab.ts";
import { ProcessWatch } from "./process-watch.ts";
import { TestProject } from "./run-tsrun.ts";

/**
 * A secret in every place where a project may have one, and every way to look at a run: it must be in none of them, whatever
 * encoder it went through (Ansible CVE-2018-16837, CVE-2020-14332, CVE-2021-20228, CVE-2024-0690, CVE-2024-8775).
 */
const secret = (place: string): string => `S3cr3t'${place}"&é/+x9`;

const places = {
  vaultValue: secret("vault-value"),
  vaultFile: secret("vault-file"),
  vaultText: secret("vault-text"),
  vaultPassword: secret("vault-password"),
  argument: secret("argument"),
  content: secret("content"),
  template: secret("template"),
  stdin: secret("stdin"),
  environment: secret("environment"),
  item: secret("item"),
  skippedItem: secret("skipped-item"),
  condition: secret("condition"),
  failing: secret("failing"),
  rescued: secret("rescued"),
  extra: secret("extra"),
  basicAuth: secret("basic-auth"),
  urlPassword: "S3cr3t-url-password-x9",
  becomePassword: "S3cr3t-become-password-x9",
  loginPassword: secret("login-password"),
  hash: "$6$S3cr3tSalt$S3cr3tHashOfAPassword.x9",
  printed: "S3cr3tTokenThatACommandPrints0x9",
} as const;

/** Those that the project itself puts on a command line or into an environment. */
const mayBeSeen: readonly string[] = [
  places.argument,
  places.environment,
  places.failing,
  places.rescued,
  places.extra,
];

const playbook = `
- hosts: node1
  become: true
  gather_facts: false
  vars_files: [secret.yaml]
  tasks:
    - {name: shown, debug: {msg: "{{ [vault_value, vault_file, vault_file | b64encode, vault_value | urlencode] }}"}}
    - {name: encoded, debug: {msg: "{{ vault_value | to_json }} {{ vault_file | quote }} {{ vault_value | to_nice_yaml }}"}}
    - {name: var, debug: {var: vault_value}}
    - {name: in a file, copy: {dest: /root/in-a-file, content: "password = {{ vault_value }}\\n", mode: "0600"}}
    - {name: base64, copy: {dest: /root/base64, content: "{{ ('user:' + vault_file) | b64encode }}", mode: "0600"}}
    - {name: vault text, copy: {dest: /root/vault-text, src: vaulted.txt, mode: "0600"}}
    - {name: error, debug: {msg: "{{ vault_value.nothing }}"}, ignore_errors: true}
    - {name: fail, fail: {msg: "the password {{ vault_file }} is bad"}, ignore_errors: true}
    - {name: assert, assert: {that: vault_value == 'other'}, ignore_errors: true}
    - {name: bad argument, file: {path: /root/x, state: "{{ vault_value }}"}, ignore_errors: true}
    - {name: argument, command: {argv: [echo, "{{ argument }}"]}, no_log: true, register: argument_result}
    - {name: content, copy: {dest: /root/content, content: "{{ content }}\\n", mode: "0600"}, no_log: true}
    - {name: template, template: {src: t.j2, dest: /root/template, mode: "0600"}, no_log: true}
    - {name: line, lineinfile: {path: /root/content, line: "line {{ content }}"}, no_log: true}
    - {name: stdin, command: {cmd: cat, stdin: "{{ stdin }}"}, no_log: true}
    - {name: environment, shell: 'true "$X"', environment: {X: "{{ environment_value }}"}, no_log: true}
    - {name: items, command: {argv: ['true'], stdin: "{{ item }}"}, loop: ["{{ item_value }}"], no_log: true}
    - {name: skipped items, command: {argv: ['true']}, loop: ["{{ skipped_item }}"], when: item == 'other', no_log: true}
    - {name: some items, command: {argv: ['true'], stdin: "{{ item.value }}"}, loop: [{value: "{{ item_value }}", hide: true}], no_log: "{{ item.hide }}"}
    - {name: condition, command: "true", when: condition_value == 'other', no_log: true}
    - {name: no list, command: "true", loop: "{{ condition_value }}", no_log: true, ignore_errors: true}
    - {name: no variable, command: "{{ failing.nothing }}", no_log: true, ignore_errors: true}
    - name: failing
      shell: "echo {{ failing | quote }} >&2; echo {{ failing | quote }} | base64; exit 3"
      no_log: true
      ignore_errors: true
      until: false
      retries: 1
      delay: 0
    - name: rescued
      block:
        - {name: rescued task, shell: "echo {{ rescued | quote }}; exit 3", no_log: true}
      rescue:
        - {name: told, debug: {msg: failed}}
    - {name: extra, shell: "echo {{ extra | quote }}", no_log: true}
    - {name: printed, shell: cat /root/token, no_log: true, register: token}
    - {name: shown by mistake, debug: {var: token}, ignore_errors: true}
    - {name: shown in text, debug: {msg: "token={{ token.stdout | default('') }};"}}
    - {name: account, user: {name: canary, password: "{{ hash }}", create_home: false}}
    - name: request
      uri: {url: "http://127.0.0.1:9/", url_username: jo, url_password: "{{ basic_auth }}", force_basic_auth: true, timeout: 2}
      ignore_errors: true
    - {name: download, get_url: {url: "http://jo:{{ url_password }}@127.0.0.1:9/x", dest: /root/x, timeout: 2}, ignore_errors: true}
    - {name: included, include_tasks: one.yaml, loop: ["{{ item_value }}"], no_log: true}
- hosts: guarded
  gather_facts: false
  become: true
  tasks:
    - {name: become, command: id -un}
    - {name: become again, command: grep -c . /proc/self/environ, changed_when: false}
- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: last, fail: {msg: "{{ vault_value }}"}, ignore_errors: true}
- hosts: gone
  gather_facts: false
  tasks:
    - {name: unreachable, ping: {}}
`;

describe("secrets", () => {
  const lab = useLab();
  let project: TestProject;
  const indent = (text: string): string => text.trimEnd().replaceAll(/^/gm, "    ");

  before(async function () {
    this.timeout(120_000);
    await lab().root(
      "node1",
      `useradd -m -s /bin/sh guarded; mkdir -p ~guarded/.ssh; cp /root/.ssh/authorized_keys ~guarded/.ssh/; chown -R guarded: ~guarded/.ssh
echo 'guarded:${places.becomePassword}' | chpasswd
echo 'guarded ALL=(ALL) ALL' > /etc/sudoers.d/guarded`,
    );
    await lab().sh("node1", "umask 077; cat > /root/token", { user: "root", input: `${places.printed}\n` });
    const vaulted = (text: string): string => encryptVault(Buffer.from(text), places.vaultPassword);
    const quoted = JSON.stringify;
    project = await TestProject.create({
      "secret-inventory.yaml": `
all:
  hosts:
    guarded:
      ansible_host: ${lab().hosts.find(({ name }) => name === "node1")?.address}
      ansible_user: guarded
      ansible_ssh_private_key_file: ${lab().privateKeyPath}
      ansible_ssh_common_args: -o UserKnownHostsFile=${lab().knownHostsPath} -o HostKeyAlias=node1
      ansible_become_password: ${quoted(places.becomePassword)}
    gone:
      ansible_host: 127.0.0.1
      ansible_port: 9
      ansible_password: ${quoted(places.loginPassword)}
`,
      "inventory.yaml": await readFile(lab().inventoryPath, "utf8"),
      "playbook.yaml": playbook,
      "one.yaml": "- {name: one, command: 'true'}\n",
      "templates/t.j2": "a template with {{ template_value }}\n",
      "files/vaulted.txt": vaulted(`a line with ${places.vaultText}\n${places.vaultText}\n`),
      "secret.yaml": vaulted(`vault_file: ${quoted(places.vaultFile)}\n`),
      "group_vars/all.yaml": `
vault_value: !vault |
${indent(vaulted(places.vaultValue))}
argument: ${quoted(places.argument)}
content: ${quoted(places.content)}
template_value: ${quoted(places.template)}
stdin: ${quoted(places.stdin)}
environment_value: ${quoted(places.environment)}
item_value: ${quoted(places.item)}
skipped_item: ${quoted(places.skippedItem)}
condition_value: ${quoted(places.condition)}
failing: ${quoted(places.failing)}
rescued: ${quoted(places.rescued)}
basic_auth: ${quoted(places.basicAuth)}
url_password: ${quoted(places.urlPassword)}
hash: ${quoted(places.hash)}
`,
      "vault-password": `${places.vaultPassword}\n`,
      "extra.json": JSON.stringify({ extra: places.extra }),
    });
  });

  after(async () => {
    await project.remove();
    await lab().root("node1", "userdel -r guarded; userdel canary; rm -f /etc/sudoers.d/guarded /root/token");
  });

  const argv = (...more: readonly string[]): string[] => [
    ...["playbook", "playbook.yaml", "-i", "inventory.yaml", "-i", "secret-inventory.yaml"],
    ...["-u", "root", "--vault-password-file", "vault-password", "-e", "@extra.json", ...more],
  ];
  const forget = () =>
    lab().root(
      "node1",
      "rm -f /root/in-a-file /root/base64 /root/vault-text /root/content /root/template; userdel canary 2>/dev/null; true",
    );

  const modes: readonly (readonly string[])[] = [
    [],
    ["--diff"],
    ["--check", "--diff"],
    ["-vvvv"],
    ["--check", "-vvvv"],
    ["--output", "json", "--diff"],
  ];
  for (const mode of modes) {
    it(`are not in the output of \`tsrun playbook ${mode.join(" ")}\``, async function () {
      this.timeout(60_000);
      await forget();
      const { stdout, stderr, exitCode } = await runMain(argv(...mode), project.folder);
      if (!stdout.includes("last")) expect.fail(stdout.slice(-3000) + stderr);
      expect(exitCode, stdout + stderr).to.equal(4);
      expectNoSecret(stdout + stderr);
      expect(stdout).to.contain("********");
    });
  }

  it("are not in the live view", async function () {
    this.timeout(60_000);
    await forget();
    const terminal = (): MemoryStream => Object.assign(new MemoryStream(), { isTTY: true, columns: 300, rows: 80 });
    const [stdout, stderr] = [terminal(), terminal()];
    const stdin = Object.assign(Object.create(process.stdin) as NodeJS.ReadStream, { isTTY: false });
    const exitCode = await main({
      argv: argv("--diff"),
      cwd: project.folder,
      env: { TERM: "xterm" },
      stdin,
      stdout,
      stderr,
    });
    expect(exitCode, stdout.text + stderr.text).to.equal(4);
    expectNoSecret(stdout.text + stderr.text);
    expect(stdout.text).to.contain("********");
  });

  it("are in no command line and no environment, of the controller or of a host", async function () {
    this.timeout(60_000);
    await forget();
    const watched = Object.values(places).filter((value) => !mayBeSeen.includes(value));
    const control = "seen-if-anything-is";
    const watch = await ProcessWatch.start([...watched, control]);
    const sleeper = spawn("sleep", ["60"], { env: { ...process.env, CONTROL: control } });
    await runMain(argv(), project.folder);
    const { sweeps, seen } = await watch.stop();
    sleeper.kill();
    expect(seen.filter((line) => !line.includes(control))).to.deep.equal([]);
    expect(seen).to.have.length(1);
    expect(sweeps).to.be.greaterThan(3);
  });

  it("of a vault stay sealed in messages about the project itself", async () => {
    await project.write(
      "broken.yaml",
      '- hosts: "{{ vault_value }}"\n  tasks: []\n- hosts: node1\n  vars_files: [secret.yaml]\n  tasks: [{debug: {msg: "{{ vault_value | nofilter }}"}}]\n',
    );
    const { stdout, stderr, exitCode } = await runMain(
      argv().map((word) => (word === "playbook.yaml" ? "broken.yaml" : word)),
      project.folder,
    );
    expect(exitCode, stdout + stderr).to.equal(1);
    expectNoSecret(stdout + stderr);
  });
});

/** Every secret, as it is and as encoders write it. */
function expectNoSecret(output: string): void {
  for (const [place, value] of Object.entries(places)) {
    const bytes = Buffer.from(value, "utf8");
    const json = JSON.stringify(value).slice(1, -1);
    const forms = {
      plain: value,
      json,
      "json in json": JSON.stringify(json).slice(1, -1),
      "ascii json": json.replaceAll("é", "\\u00e9"),
      base64: bytes.subarray(0, bytes.length - (bytes.length % 3)).toString("base64"),
      "base64 after user:": Buffer.concat([Buffer.from("user:"), bytes])
        .toString("base64")
        .slice(8, -4),
      "base64 after jo:": Buffer.concat([Buffer.from("jo:"), bytes])
        .toString("base64")
        .slice(4, -4),
      url: encodeURIComponent(value),
      "python url": encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("'", "%27"),
      shell: value.replaceAll("'", `'"'"'`),
      "shell with backslash": value.replaceAll("'", "'\\''"),
      hex: bytes.toString("hex"),
    };
    for (const [name, form] of Object.entries(forms)) {
      const at = output.indexOf(form);
      if (at >= 0) expect.fail(`${place} as ${name}: …${output.slice(Math.max(0, at - 300), at + form.length + 50)}`);
    }
  }
}
