import { expect } from "chai";
import type { BecomeSettings } from "../../../src/host/become.ts";
import { errorOf, Sshd, text } from "./sshd.ts";

const password = "it's a s3cret!";

describe("become, over a real sshd", () => {
  const sshd = new Sshd();
  let user = "";
  let other = "";
  const idAs = async (become: BecomeSettings, login = user) => {
    const outcome = await sshd
      .host(login)
      .run({ script: "id -un; echo $HOME; umask; ls -d /dev/shm/.tsrun-* >/dev/null && echo spool" }, become);
    return text(outcome.stdout).split("\n").slice(0, 2).join(" ");
  };
  const refused = (become: BecomeSettings, login = user) => errorOf(sshd.host(login).hello(become));

  before(async () => {
    await sshd.start("MaxSessions 1");
    user = sshd.addUser("sudo", "/bin/bash", password);
    other = sshd.addUser("other", "/usr/sbin/nologin");
  });
  after(() => sshd.stop());

  describe("by sudo, not allowed", () => {
    it("says so", async () => {
      const error = await refused({ method: "sudo", user: "root", password });
      expect(error.message).to.match(/^become root by sudo: not allowed: .*not in the sudoers file/);
    });
  });

  describe("by sudo with a password", () => {
    before(() => sshd.sudoers(`${user} ALL=(ALL) ALL\nDefaults:${user} lecture=always, timestamp_timeout=0`));

    it("becomes root, past the lecture", async () => {
      expect(await idAs({ method: "sudo", user: "root", password })).to.equal("root /root");
    });

    it("becomes an unprivileged user without a login shell", async () => {
      expect(await idAs({ method: "sudo", user: other, password })).to.equal(`${other} /home/${other}`);
    });

    it("needs it", async () => {
      expect(await refused({ method: "sudo", user: "root" })).to.include({ code: "E_BECOME_PASSWORD" });
    });

    it("tries a wrong one once", async () => {
      const start = performance.now();
      const error = await refused({ method: "sudo", user: "root", password: "wrong" });
      expect(error).to.include({ code: "E_BECOME_PASSWORD", message: "become root by sudo: the password is wrong" });
      expect(performance.now() - start).to.be.below(10_000);
    });

    it("says that the user or the program does not exist", async () => {
      expect((await refused({ method: "sudo", user: "tsrun-test-nosuch", password })).message).to.contain(
        "no such user on the host",
      );
      expect((await refused({ method: "sudo", user: "root", exe: "doas" })).message).to.contain(
        "`doas` is not installed on the host",
      );
    });

    it("works for two users at once, although the server allows one session a connection", async () => {
      const host = sshd.host(user);
      const script = "sleep 0.2; id -un";
      const outcomes = await Promise.all([
        host.run({ script }),
        host.run({ script }, { method: "sudo", user: "root", password }),
        host.run({ script }, { method: "sudo", user: other, password }),
      ]);
      expect(outcomes.map((outcome) => text(outcome.stdout).trim())).to.deep.equal([user, "root", other]);
    });

    it("ends root's script with the connection, although the login user may not signal it", async () => {
      const host = sshd.host(user);
      const lost = errorOf(host.run({ script: "exec sleep 83" }, { method: "sudo", user: "root", password }));
      await sshd.host("root").run({ script: "until pgrep -xf 'sleep 83'; do sleep 0.1; done", timeoutMs: 5000 });
      await host.close();
      await lost;
      const gone = await sshd
        .host("root")
        .run({ script: "while pgrep -xf 'sleep 83'; do sleep 0.1; done", timeoutMs: 3000 });
      expect(gone.timedOut).to.equal(false);
    });
  });

  describe("by su", () => {
    it("takes a password, refuses a wrong one or none, and needs none from root", async () => {
      expect(await idAs({ method: "su", user, password })).to.equal(`${user} /home/${user}`);
      expect(await refused({ method: "su", user, password: "wrong" })).to.include({ code: "E_BECOME_PASSWORD" });
      expect(await refused({ method: "su", user })).to.include({ code: "E_BECOME_PASSWORD" });
      expect(await idAs({ method: "su", user: other }, "root")).to.equal(`${other} /home/${other}`);
    });
  });

  describe("by sudo without a password", () => {
    it("works whether or not there is one, and with a terminal of sudo's own", async () => {
      sshd.sudoers(`${user} ALL=(ALL) NOPASSWD: ALL\nDefaults:${user} use_pty`);
      expect(await idAs({ method: "sudo", user: "root" })).to.equal("root /root");
      expect(await idAs({ method: "sudo", user: "root", password: "touch /tmp/tsrun-test-ran" })).to.equal(
        "root /root",
      );
      expect(text((await sshd.host("root").run({ script: "ls /tmp/tsrun-test-ran" })).stdout)).to.equal("");
    });

    it("says that sudo wants a terminal", async () => {
      sshd.sudoers(`Defaults:${user} requiretty`);
      expect((await refused({ method: "sudo", user: "root" })).message).to.contain("requiretty");
    });
  });
});
