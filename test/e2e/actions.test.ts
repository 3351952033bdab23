import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { useLab } from "./lab.ts";
import { TestProject } from "./run-tsrun.ts";

/** A wheel of nothing, so that pip needs no network. */
const wheel = `
mkdir -p /srv/wheels /tmp/w/lawpkg-1.2.dist-info && cd /tmp/w && echo 'x = 1' >lawpkg.py
printf 'Metadata-Version: 2.1\\nName: lawpkg\\nVersion: 1.2\\n' >lawpkg-1.2.dist-info/METADATA
printf 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n' >lawpkg-1.2.dist-info/WHEEL
printf 'lawpkg.py,,\\nlawpkg-1.2.dist-info/METADATA,,\\nlawpkg-1.2.dist-info/WHEEL,,\\nlawpkg-1.2.dist-info/RECORD,,\\n' >lawpkg-1.2.dist-info/RECORD
python3 -m zipfile -c /srv/wheels/lawpkg-1.2-py3-none-any.whl lawpkg.py lawpkg-1.2.dist-info`;

/** What of Consul's API the test needs, with the Perl that every Debian has. */
const consul = `use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8500, Listen => 9, ReuseAddr => 1) or die;
my %kv; use MIME::Base64;
while (my $c = $s->accept) { my ($m, $p) = split / /, <$c>; my $n = 0; while (<$c>) { last unless /\\S/; $n = $1 if /^content-length: (\\d+)/i }
my $b = ""; read $c, $b, $n if $n; $p =~ s/\\?.*//; my ($st, $t) = ("200 OK", "true");
if ($m eq "PUT") { $kv{$p} = $b } elsif ($m eq "DELETE") { delete $kv{$p} } elsif (exists $kv{$p}) { $t = '[{"Key":"k","Flags":0,"Value":"' . encode_base64($kv{$p}, "") . '"}]' } else { ($st, $t) = ("404 no", "") }
print $c "HTTP/1.0 $st\\r\\nContent-Type: application/json\\r\\nContent-Length: ", length $t, "\\r\\n\\r\\n$t"; close $c }`;

const playbook = `
- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: push, synchronize: {src: site/, dest: "/srv/it's a $(site)", delete: true}}
    - {name: on the host, delegate_to: "{{ inventory_hostname }}", synchronize: {src: "/srv/seed/", dest: /srv/copy}}
    - {name: pip, pip: {name: lawpkg>=1, virtualenv: /srv/venv, virtualenv_command: python3 -m venv, extra_args: --no-index --find-links /srv/wheels}}
    - {name: key, apt_key: {file: /srv/key.asc, keyring: /srv/keys.gpg}}
    - {name: value, consul_kv: {key: k, value: "it's"}}
`;

describe("actions that know whether there is something to do, on a real host", () => {
  const lab = useLab({ hosts: 1 });
  let project: TestProject;
  before(async function () {
    this.timeout(300_000);
    await lab().reset("node1");
    project = await TestProject.create({
      "site.yaml": playbook,
      "back.yaml": `- {hosts: node1, gather_facts: false, tasks: [{name: pull, synchronize: {mode: pull, src: /srv/it's a $(site)/, dest: back}}]}\n`,
      "files/site/one": "1\n",
      "files/site/sub/$(id) 'two'": "2\n",
      "inventory.yaml": await readFile(lab().inventoryPath, "utf8"),
    });
    const packages = "rsync python3-venv debian-archive-keyring";
    await lab().root(
      "node1",
      `apt-get -qq update; apt-get -qq -y install --no-install-recommends ${packages} >/dev/null`,
    );
    await lab().root(
      "node1",
      `mkdir -p /srv/seed; echo 1 >/srv/seed/one; cp /etc/apt/trusted.gpg.d/debian-archive-bookworm-stable.asc /srv/key.asc\n${wheel}`,
    );
    await lab().root(
      "node1",
      `cat >/srv/consul.pl <<'END'\n${consul}\nEND\nsystemd-run -q --unit stand-in perl /srv/consul.pl`,
    );
  });
  after(() => project.remove());
  const run = (name: string, isCheck = false) => project.run(name, { inventory: ["inventory.yaml"], isCheck });
  const statuses = (finished: Awaited<ReturnType<typeof run>>) =>
    Object.fromEntries([...finished.results("node1")].map(([name, { status }]) => [name, status]));

  it("predict, do, and find it done", async function () {
    this.timeout(180_000);
    const predicted = await run("site.yaml", true);
    expect(await lab().root("node1", "ls -d /srv/venv /srv/copy /srv/keys.gpg /srv/it* 2>/dev/null; :")).to.equal("");
    const real = await run("site.yaml");
    expect(real.failures).to.equal("");
    expect(statuses(real)).to.deep.equal({
      push: "changed",
      "on the host": "changed",
      pip: "changed",
      key: "changed",
      value: "changed",
    });
    expect(statuses(predicted)).to.deep.equal(statuses(real));
    const again = await run("site.yaml");
    // pip is asked each time with further words, and says that nothing was to do.
    expect([again.failures, again.changed]).to.deep.equal(["", { node1: 0 }]);
    expect(
      await lab().root(
        "node1",
        `cd "/srv/it's a \\$(site)" && find . -type f | sort && /srv/venv/bin/python -c 'import lawpkg'`,
      ),
    ).to.equal("./one\n./sub/$(id) 'two'\n");
  });

  it("brings files back", async () => {
    const pulled = await run("back.yaml");
    expect([pulled.failures, pulled.changed]).to.deep.equal(["", { node1: 1 }]);
    expect(await readFile(`${project.folder}/back/sub/$(id) 'two'`, "utf8")).to.equal("2\n");
    expect((await run("back.yaml")).changed).to.deep.equal({ node1: 0 });
  });
});
