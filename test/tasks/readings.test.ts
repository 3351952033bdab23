import { expect } from "chai";
import { hostname } from "../../src/state/hostname.ts";
import getent from "../../tasks/getent.ts";
import moduleHostname from "../../tasks/hostname.ts";
import package_facts from "../../tasks/package_facts.ts";
import service_facts from "../../tasks/service_facts.ts";
import { runQuery } from "../state/run-query.ts";
import { planModule } from "./plan-module.ts";
import { runAction } from "./run-action.ts";

const hostThatPrints = (stdout: string, rc = 0) => ({
  execReadonly: () =>
    Promise.resolve({ rc, stdout, stderr: "", stdoutBytes: Buffer.from(stdout), timedOut: false, truncatedBytes: 0 }),
});

describe("module: hostname", () => {
  const plan = (name: string, state: { current: string; permanent: string }) =>
    planModule(moduleHostname, { name }, { host: [[hostname("host"), state]] });

  it("sets the name for the next boot, then the one of now", async () => {
    const { scripts, changes, result } = await plan("web1.example.org", { current: "old", permanent: "old" });
    expect(scripts[0]).to.equal("write /etc/hostname");
    expect(scripts[1]).to.include("hostname -- web1.example.org");
    expect(changes[0]?.diff).to.deep.equal({ before: "hostname = old\n", after: "hostname = web1.example.org\n" });
    expect(result["ansible_facts"]).to.include({ ansible_hostname: "web1", ansible_domain: "example.org" });
  });

  it("does only what is missing", async () => {
    expect((await plan("a", { current: "a", permanent: "b" })).scripts).to.deep.equal(["write /etc/hostname"]);
    expect((await plan("a", { current: "b", permanent: "a" })).scripts).to.have.length(1);
    expect((await plan("a", { current: "a", permanent: "a" })).scripts).to.deep.equal([]);
  });

  it("refuses what is no name", async () => {
    for (const name of ["", "-x", "a b", "$(id)", "a\nb", "x".repeat(65)])
      expect(await plan(name, { current: "a", permanent: "a" }).catch(String)).to.include("is no host name");
  });

  it("reads this machine's", () => {
    expect(runQuery([hostname("host")])[0])
      .to.have.property("current")
      .that.matches(/^\S+$/);
  });
});

describe("modules: getent, service_facts, package_facts", () => {
  it("reads entries of a database", async () => {
    const root = await runAction(getent, { database: "passwd", key: "root" });
    expect(root).to.have.nested.property("ansible_facts.getent_passwd.root[4]", "/root");
    const hosts = await runAction(
      getent,
      { database: "hosts" },
      { host: hostThatPrints("127.0.0.1  localhost\n127.0.0.1  vm v\n::1 ip6\n") },
    );
    expect(hosts["ansible_facts"]).to.deep.equal({
      getent_hosts: { "127.0.0.1": [["localhost"], ["vm", "v"]], "::1": ["ip6"] },
    });
  });

  it("fails for a missing entry unless told otherwise", async () => {
    expect(await runAction(getent, { database: "passwd", key: "no'such" }).catch(String)).to.include(
      "could not be found in the database",
    );
    expect(await runAction(getent, { database: "passwd", key: "no'such", fail_key: false })).to.have.deep.property(
      "ansible_facts",
      {
        getent_passwd: { "no'such": null },
      },
    );
  });

  it("joins running units, unit files and init scripts", async () => {
    const stdout = [
      "ssh.service loaded active running OpenBSD Secure Shell server\nbad.service loaded failed failed Bad\n● gone.service not-found inactive dead gone.service\n",
      "ssh.service enabled enabled\nbad.service static -\nkmod.service alias -\ngetty@.service enabled enabled\n",
      "Names=ssh.service sshd.service\nActiveState=active\n\nActiveState=inactive\nNames=systemd-modules-load.service kmod.service\n",
      " [ + ]  dbus\n [ - ]  procps\n [ ? ]  odd\n",
    ].join("\0");
    const { ansible_facts } = await runAction(service_facts, {}, { host: hostThatPrints(stdout) });
    expect(ansible_facts).to.deep.equal({
      services: {
        "ssh.service": { name: "ssh.service", state: "running", status: "enabled", source: "systemd" },
        "bad.service": { name: "bad.service", state: "stopped", status: "failed", source: "systemd" },
        "gone.service": { name: "gone.service", state: "stopped", status: "not-found", source: "systemd" },
        "kmod.service": { name: "kmod.service", state: "inactive", status: "alias", source: "systemd" },
        "getty@.service": { name: "getty@.service", state: "unknown", status: "enabled", source: "systemd" },
        dbus: { name: "dbus", state: "running", source: "sysv" },
        procps: { name: "procps", state: "stopped", source: "sysv" },
      },
    });
  });

  it("lists installed packages, several of a name too", async () => {
    const stdout = "apt\nii \tlibc6\t2.36\tamd64\tlibs\nii \tlibc6\t2.36\ti386\tlibs\nrc \told\t1\tall\tmisc\n";
    const { ansible_facts } = await runAction(package_facts, {}, { host: hostThatPrints(stdout) });
    const libc = { name: "libc6", version: "2.36", source: "apt", category: "libs", origin: "" };
    expect(ansible_facts).to.deep.equal({
      packages: {
        libc6: [
          { ...libc, arch: "amd64" },
          { ...libc, arch: "i386" },
        ],
      },
    });
    expect(await runAction(package_facts, {}, { host: hostThatPrints("") }).catch(String)).to.include(
      "Could not detect a supported package manager",
    );
  });
});
