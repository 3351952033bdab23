import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { useLab } from "./lab.ts";
import { TestProject } from "./run-tsrun.ts";

const files = `
- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: account, user: {name: app, system: true, create_home: false}}
    - {name: directory, file: {path: /opt/app/etc, state: directory, owner: app, group: app, mode: "0750"}}
    - {name: template, template: {src: app.j2, dest: /opt/app/etc/app.conf, owner: root, group: app, mode: "0640", validate: grep -q port %s}}
    - {name: content, copy: {content: "secret\\n", dest: /opt/app/etc/key, mode: "0600"}}
    - {name: tree, copy: {src: tree/, dest: /opt/app/share, mode: "0644", directory_mode: "0755"}}
    - {name: line, lineinfile: {path: /etc/hosts, line: "10.9.8.7 app.example", backup: true}}
    - {name: block, blockinfile: {path: /opt/app/etc/block, create: true, block: "a\\nb"}}
    - {name: option, ini_file: {path: /opt/app/etc/app.ini, section: s, option: o, value: "1", mode: "0644"}}
    - {name: link, file: {src: etc/app.conf, dest: /opt/app/current, state: link}}
    - {name: hostile, copy: {content: x, dest: "/opt/app/it's $(id) \\"q\\" é\\nx", mode: "0644"}}
    - {name: recurse, file: {path: /opt/app/share, state: directory, recurse: true, owner: app}}
    - {name: archive, unarchive: {src: a.tar.gz, dest: /opt/app, owner: app}}
    - {name: removed, file: {path: /opt/app/none, state: absent}}
    - {name: look, stat: {path: /opt/app/etc/app.conf}}
`;

const packages = `
- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: several, apt: {name: [sl, cowsay], install_recommends: false, update_cache: true, cache_valid_time: 86400}}
    - {name: generic, package: {name: hello, state: present}}
    - {name: version, apt: {name: "hello=2*"}}
    - {name: newest, apt: {name: hello, state: latest}}
    - {name: unknown, apt: {name: no-such-package-at-all}, ignore_errors: true}
    - {name: absent, apt: {name: sl, state: absent, purge: true}, when: remove | default(false)}
`;

describe("packages and files on a real host", () => {
  const lab = useLab({ hosts: 1 });
  let project: TestProject;
  before(async () => {
    await lab().reset("node1");
    project = await TestProject.create({
      "files.yaml": files,
      "packages.yaml": packages,
      "templates/app.j2": "port = {{ 8000 + 80 }}\n",
      "files/tree/one": "1\n",
      "files/tree/sub/two": "2\n",
      "inventory.yaml": await readFile(lab().inventoryPath, "utf8"),
    });
    const { buildTar } = await import("../../src/lib/tar.ts");
    const { gzipSync } = await import("node:zlib");
    const { writeFile } = await import("node:fs/promises");
    const entry = {
      path: "bin/app",
      type: "file" as const,
      mode: 0o755,
      mtime: 1_700_000_000,
      content: Buffer.from("#!/bin/sh\n"),
    };
    await writeFile(`${project.folder}/files/a.tar.gz`, gzipSync(buildTar([entry])));
  });
  after(() => project.remove());
  const run = (name: string, options: Parameters<TestProject["run"]>[1] = {}) =>
    project.run(name, { inventory: ["inventory.yaml"], ...options });
  const statuses = (finished: Awaited<ReturnType<typeof run>>) =>
    Object.fromEntries([...finished.results("node1")].map(([name, { status }]) => [name, status]));

  it("predicts under --check what the real run then does, which a second run finds done", async function () {
    this.timeout(180_000);
    const predicted = await run("files.yaml", { isCheck: true, wantsDiff: true });
    expect(await lab().root("node1", "ls -d /opt/app 2>&1 || true; getent passwd app || true"))
      .to.include("No such file")
      .and.not.to.include("app:");
    const real = await run("files.yaml");
    expect(real.failures).to.equal("");
    expect(statuses(predicted)).to.deep.equal(statuses(real));
    const again = await run("files.yaml");
    expect([again.failures, again.changed]).to.deep.equal(["", { node1: 0 }]);
    const listing = await lab().root(
      "node1",
      "cd /opt/app && stat -c '%A %U %G %n' etc etc/app.conf etc/key share share/sub/two bin/app && cat etc/app.conf current && tail -n 1 /etc/hosts",
    );
    expect(listing.trim().split("\n")).to.deep.equal([
      "drwxr-x--- app app etc",
      "-rw-r----- root app etc/app.conf",
      "-rw------- root root etc/key",
      "drwxr-xr-x app root share",
      "-rw-r--r-- app root share/sub/two",
      "-rwxr-xr-x app root bin/app",
      "port = 8080",
      "port = 8080",
      "10.9.8.7 app.example",
    ]);
    expect(await lab().root("node1", "find /opt/app /etc -name '.tsrun*'")).to.equal("");
  });

  it("installs packages once, in one transaction, and says which do not exist", async function () {
    this.timeout(300_000);
    const first = await run("packages.yaml");
    expect(statuses(first)).to.include({ several: "changed", generic: "changed", version: "ok", newest: "ok" });
    expect(first.results("node1").get("unknown")?.result["msg"]).to.equal(
      "No package matching 'no-such-package-at-all' is available",
    );
    const again = await run("packages.yaml");
    expect(again.changed).to.deep.equal({ node1: 0 });
    const removed = await run("packages.yaml", { extraVars: ["remove=true"] });
    expect(statuses(removed)).to.include({ several: "ok", absent: "changed" });
  });

  it("finishes what an interrupted dpkg left, and reinstalls what was cut short", async function () {
    this.timeout(180_000);
    const stanza =
      "Package: cowsay\\nStatus: install reinstreq half-installed\\nArchitecture: all\\nVersion: 3.03+dfsg2-8\\nMaintainer: x <x@example.org>\\nDescription: x\\n\\n";
    await lab().root("node1", `printf '${stanza}' > /var/lib/dpkg/updates/0001`);
    const mended = await run("packages.yaml");
    const several = mended.results("node1").get("several");
    expect(several?.status, JSON.stringify(several?.result)).to.equal("changed");
    expect(await lab().root("node1", "dpkg-query -W -f '${Status}' cowsay")).to.equal("install ok installed");
    expect((await run("packages.yaml")).changed).to.deep.equal({ node1: 0 });
  });

  it("waits for the lock of another package manager, and names it when that was in vain", async function () {
    this.timeout(180_000);
    const lock = `perl -e 'use Fcntl qw(:DEFAULT :flock :seek); open(F,"+>","/var/lib/dpkg/lock-frontend"); my $p=pack("s s l! l! i x100",F_WRLCK,SEEK_SET,0,0,0); fcntl(F,F_SETLK,$p) or die; sleep 20'`;
    await lab().root(
      "node1",
      `apt-get -q -y remove hello >/dev/null; setsid ${lock} >/dev/null 2>&1 </dev/null & sleep 1`,
    );
    await project.write(
      "locked.yaml",
      '- {hosts: node1, become: true, gather_facts: false, tasks: [{name: hello, apt: {name: hello, lock_timeout: "{{ wait }}"}}]}\n',
    );
    const vain = await run("locked.yaml", { extraVars: ["wait=1"] });
    expect(vain.failures).to.match(/the lock is held by process \d+: perl/);
    const patient = await run("locked.yaml", { extraVars: ["wait=60"] });
    expect([patient.failures, patient.changed]).to.deep.equal(["", { node1: 1 }]);
  });
});
