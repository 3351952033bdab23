import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { useLab } from "./lab.ts";
import { type FinishedRun, type HostResult, TestProject } from "./run-tsrun.ts";

/** A small repository on the host itself, so that nothing depends on a mirror. `slow`'s postinst waits while /run/slow is there. */
const makeRepository = `set -eu
rm -rf /srv/repo; mkdir -p /srv/repo; cd /srv/repo
for p in slow quick; do
  mkdir -p $p/DEBIAN $p/etc $p/usr/share/$p
  printf 'Package: %s\\nVersion: 1.0\\nArchitecture: all\\nMaintainer: tests <tests@example.org>\\nDescription: for tests\\n' $p > $p/DEBIAN/control
  echo "a setting" > $p/etc/$p.conf; echo /etc/$p.conf > $p/DEBIAN/conffiles
  echo "some data" > $p/usr/share/$p/data
  [ $p = quick ] || printf '#!/bin/sh\\n[ ! -e /run/slow ] || exec sleep 60\\n' > $p/DEBIAN/postinst
  [ $p = quick ] || chmod 755 $p/DEBIAN/postinst
  dpkg-deb --root-owner-group -b $p $p.deb >/dev/null
  { dpkg-deb -f $p.deb; echo "Filename: ./$p.deb"; echo "Size: $(stat -c %s $p.deb)"; echo "SHA256: $(sha256sum < $p.deb | cut -d ' ' -f 1)"; echo; } >> Packages
done
echo 'deb [trusted=yes] file:/srv/repo ./' > /etc/apt/sources.list.d/tests.list
apt-get update -q -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/tests.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 >/dev/null`;

/** Holds dpkg's lock as another package manager would, for so many seconds. */
const holdLock = (seconds: number): string =>
  `perl -MFcntl -e 'open my $f, ">", "/var/lib/dpkg/lock-frontend"; my $lock = pack("ssx4qqlx4", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $lock) or die; $0 = "unattended-upgrade (for a test)"; print "held $$\\n"; close STDOUT; close STDERR; sleep ${seconds}' & sleep 0.2`;

const status = "dpkg-query -W -f='${Status}\\n'";

describe("packages", () => {
  const lab = useLab();
  let project: TestProject;

  before(async function () {
    this.timeout(60_000);
    project = await TestProject.create({ "inventory.yaml": await readFile(lab().inventoryPath, "utf8") });
    await lab().root("node4", makeRepository);
  });

  beforeEach(() =>
    lab().root("node4", "rm -f /run/slow; dpkg --configure -a; dpkg --purge slow quick 2>/dev/null; true"),
  );

  after(async () => {
    await project.remove();
    await lab().root("node4", "dpkg --purge slow quick; rm -rf /srv/repo /etc/apt/sources.list.d/tests.list");
  });

  const run = async (task: string): Promise<{ readonly finished: FinishedRun; readonly result: HostResult }> => {
    await project.write(
      "p.yaml",
      `- hosts: node4\n  gather_facts: false\n  become: true\n  tasks:\n    - {name: it, ${task}}\n`,
    );
    const finished = await project.run("p.yaml");
    const result = finished.results("node4").get("it");
    if (!result) throw new Error("no result");
    return { finished, result };
  };
  const warnings = ({ events }: FinishedRun): string =>
    events.flatMap((event) => (event.type === "warning" ? [event.message] : [])).join("\n");

  it("wait while another package manager holds the lock", async function () {
    this.timeout(60_000);
    await lab().root("node4", holdLock(6));
    const startedAt = performance.now();
    const { finished, result } = await run("apt: {name: quick}");
    expect(result.status, finished.failures).to.equal("changed");
    expect(performance.now() - startedAt).to.be.greaterThan(3000);
    expect(await lab().root("node4", `${status} quick`)).to.equal("install ok installed\n");
  });

  it("fail when the lock is held too long, and name who holds it", async function () {
    this.timeout(60_000);
    const pid = /held (\d+)/.exec(await lab().root("node4", holdLock(300)))?.[1];
    for (const task of [
      "apt: {name: quick, lock_timeout: 2}",
      "package: {name: quick, state: present, lock_timeout: 2}",
    ]) {
      const startedAt = performance.now();
      const { result } = await run(task);
      expect(performance.now() - startedAt).to.be.lessThan(20_000);
      expect(result.status).to.equal("failed");
      expect(result.result["msg"]).to.match(new RegExp(`held by process ${pid}: .*unattended-upgrade`));
    }
    await lab().root("node4", `kill ${pid}`);
  });

  it("are repaired, and that is told, when dpkg was killed in the middle", async function () {
    this.timeout(60_000);
    await lab().root(
      "node4",
      `touch /run/slow; (apt-get install -y slow >/dev/null 2>&1 &) ; n=0
until pgrep -f '^sleep 60' >/dev/null || [ $n -gt 100 ]; do sleep 0.1; n=$((n+1)); done
pkill -9 -x apt-get; pkill -9 -x dpkg; pkill -9 -f '^sleep 60'; rm /run/slow; sleep 0.3`,
    );
    expect(await lab().root("node4", `${status} slow`)).to.equal("install ok half-configured\n");
    const { finished, result } = await run("package: {name: quick}");
    expect(result.status, finished.failures).to.equal("changed");
    expect(warnings(finished)).to.match(/^node4: an earlier run of dpkg was interrupted/);
    expect(await lab().root("node4", `${status} slow quick`)).to.equal("install ok installed\ninstall ok installed\n");
    const again = await run("package: {name: [quick, slow]}");
    expect(again.result.status).to.equal("ok");
    expect(warnings(again.finished)).to.equal("");
  });

  for (const [found, word] of [
    ["install reinstreq half-installed", "cut short"],
    ["install ok unpacked", "cut short"],
    ["install ok half-configured", "cut short"],
    ["install ok triggers-pending", "cut short"],
    ["deinstall ok config-files", ""],
  ] as const) {
    it(`that are \`${found}\` are not installed, and then they are`, async function () {
      this.timeout(60_000);
      await lab().root("node4", "apt-get install -y quick >/dev/null");
      if (found === "deinstall ok config-files") await lab().root("node4", "dpkg --remove quick >/dev/null");
      else {
        await lab().root(
          "node4",
          `perl -0pi -e 's/(Package: quick\\n)Status: .*/$1Status: ${found}${found.includes("triggers") ? "\\nTriggers-Pending: x" : ""}/' /var/lib/dpkg/status`,
        );
      }
      expect(await lab().root("node4", `${status} quick`)).to.equal(`${found}\n`);
      const { finished, result } = await run("apt: {name: quick}");
      expect(result.status, finished.failures).to.equal("changed");
      expect(warnings(finished)).to.contain(word);
      expect(await lab().root("node4", `${status} quick; dpkg --audit`)).to.equal("install ok installed\n");
      const again = await run("apt: {name: quick}");
      expect(again.result.status, again.finished.failures).to.equal("ok");
    });
  }

  it("of a loop are one transaction, told item by item", async function () {
    this.timeout(60_000);
    const transactions = async (): Promise<number> =>
      Number(await lab().root("node4", "grep -c ^Commandline /var/log/apt/history.log || true"));
    const before = await transactions();
    const loop = (...names: string[]) => `apt: {name: "{{ item }}"}, loop: [${names.join(", ")}]`;
    const items = ({ finished }: { finished: FinishedRun }) =>
      finished.events.flatMap((event) => (event.type === "item_result" ? [`${event.item} ${event.status}`] : []));
    const first = await run(loop("quick", "bash", "slow"));
    expect(items(first), first.finished.failures).to.deep.equal(["quick changed", "bash ok", "slow changed"]);
    expect(await transactions()).to.equal(before + 1);
    expect(items(await run(loop("quick", "bash", "slow")))).to.deep.equal(["quick ok", "bash ok", "slow ok"]);

    await lab().root("node4", "dpkg --purge slow quick");
    const broken = await run(loop("quick", "nonesuch", "slow"));
    expect(items(broken)).to.deep.equal(["quick changed", "nonesuch failed", "slow changed"]);
    expect(broken.result.status).to.equal("failed");
    expect(await lab().root("node4", `${status} slow quick`)).to.equal("install ok installed\ninstall ok installed\n");
  });

  it("that a conffile question would stop keep the edited file, and nobody is asked", async function () {
    this.timeout(60_000);
    await lab().root(
      "node4",
      `apt-get install -y quick >/dev/null; echo mine > /etc/quick.conf; cd /srv/repo; cp -r quick quick2; echo new > quick2/etc/quick.conf
sed -i s/1.0/2.0/ quick2/DEBIAN/control; dpkg-deb --root-owner-group -b quick2 /srv/quick2.deb`,
    );
    const { finished, result } = await run("apt: {deb: /srv/quick2.deb}");
    expect(result.status, finished.failures).to.equal("changed");
    expect(await lab().root("node4", "cat /etc/quick.conf; dpkg-query -W -f='${Version}\\n' quick")).to.equal(
      "mine\n2.0\n",
    );
  });
});
