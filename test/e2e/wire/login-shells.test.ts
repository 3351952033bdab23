import { expect } from "chai";
import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { errorOf, Sshd, text } from "./sshd.ts";

describe("login shells, over a real sshd", () => {
  const sshd = new Sshd();
  before(() => sshd.start("Subsystem sftp /bin/false"));
  after(() => sshd.stop());

  for (const [name, shell, rc] of [
    [
      "bash",
      "/bin/bash",
      { ".bashrc": "echo noise; printf 'no newline'; echo err >&2; cd /; umask 0; export LEAK=1\n" },
    ],
    ["fish", "/usr/bin/fish", {}],
    ["csh", "/bin/csh", { ".cshrc": "echo noise\n" }],
    ["dash", "/bin/dash", {}],
  ] as const) {
    it(`${name} starts our shell, and what its rc file prints and sets does not reach a script`, async () => {
      const user = sshd.addUser(name, shell);
      for (const [file, content] of Object.entries(rc)) writeFileSync(`/home/${user}/${file}`, content);
      const outcome = await sshd
        .host(user)
        .run({ script: 'id -un; pwd; umask; echo "[$LEAK]"; printf \'%s\' "it\'s \\\\ !x"' });
      expect(text(outcome.stdout)).to.match(new RegExp(`^${user}\n/home/${user}\n0?022\n\\[\\]\nit's \\\\ !x$`));
      expect(text(outcome.stderr)).to.equal("");
    });
  }

  it("nologin is quoted", async () => {
    const user = sshd.addUser("nologin", "/usr/sbin/nologin");
    const error = await errorOf(sshd.host(user).run({ script: "true" }));
    expect(error).to.include({ code: "E_SHELL_START" });
    expect(error.message).to.contain("it printed: This account is currently not available.");
  });

  it("one that hangs fails in time, with what it printed", async () => {
    const user = sshd.addUser("hangs");
    writeFileSync(`/home/${user}/.bashrc`, "echo wait for it; sleep 60\n");
    const error = await errorOf(sshd.host(user, {}, { startTimeoutMs: 500 }).run({ script: "true" }));
    expect(error.message).to.contain("it printed: wait for it");
  });

  it("a home that is missing or cannot be written is no hindrance", async () => {
    const user = sshd.addUser("homeless");
    chownSync(`/home/${user}`, 0, 0);
    chmodSync(`/home/${user}`, 0o700);
    expect(text((await sshd.host(user).run({ script: "pwd; echo $HOME" })).stdout)).to.equal(`/\n/home/${user}\n`);
  });

  it("the script is on no command line", async () => {
    const outcome = await sshd.host("root").run({
      script: ": s3cret-word\nps -eo args | grep s3cret | grep -v 'grep s3cret'",
      stdin: Buffer.from("s3cret"),
    });
    expect(text(outcome.stdout)).to.equal("");
  });
});
