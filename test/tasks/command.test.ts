import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import command from "../../tasks/command.ts";
import ping from "../../tasks/ping.ts";
import raw from "../../tasks/raw.ts";
import script from "../../tasks/script.ts";
import shell from "../../tasks/shell.ts";
import { runAction } from "./run-action.ts";

describe("module: command", () => {
  for (const program of ["/bin/sh", "/bin/bash"]) {
    const options = { shell: program };

    it(`runs words without a shell (${program})`, async () => {
      const result = await runAction(command, { cmd: `echo 'a b' $HOME '*' "$(id)" ~ | cat` }, options);
      expect(result).to.deep.include({
        changed: true,
        rc: 0,
        stdout: "a b /root * $(id) /root | cat",
        stdout_lines: ["a b /root * $(id) /root | cat"],
        cmd: ["echo", "a b", "$HOME", "*", "$(id)", "~", "|", "cat"],
        msg: "",
      });
      expect(result["delta"]).to.match(/^0:00:0\d\.\d{6}$/);
      expect(result["start"]).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    });

    it(`says what could not be started, as Ansible does (${program})`, async () => {
      expect(await runAction(command, { cmd: "nonesuch --x" }, options)).to.deep.include({
        failed: true,
        changed: false,
        rc: 2,
        msg: "[Errno 2] No such file or directory: 'nonesuch'",
      });
      expect(await runAction(command, { cmd: "/etc/passwd" }, options)).to.include({ rc: 13, failed: true });
      const elsewhere = await runAction(command, { cmd: "ls", chdir: "/nonexistent" }, options);
      expect(elsewhere).to.include({ failed: true, rc: null });
      expect(elsewhere.msg).to.match(/^Unable to change directory before execution: /);
    });
  }

  it("tells a program's own 127 from a program that is not there", async () => {
    expect(await runAction(command, { cmd: "sh -c 'exit 127'" })).to.include({ rc: 127, msg: "non-zero return code" });
  });

  it("fails for a return code, and keeps the output", async () => {
    const result = await runAction(command, { argv: ["sh", "-c", "printf 'a\\n\\n'; echo e >&2; exit 3"] });
    expect(result).to.include({
      failed: true,
      changed: true,
      rc: 3,
      stdout: "a",
      stderr: "e",
      msg: "non-zero return code",
    });
    const whole = await runAction(command, { argv: ["printf", "a\n\n"], strip_empty_ends: false });
    expect(whole).to.deep.include({ stdout: "a\n\n", stdout_lines: ["a", ""] });
  });

  it("hands stdin over, with a line break unless told otherwise", async () => {
    expect((await runAction(command, { cmd: "wc -c", stdin: "abc" }))["stdout"]).to.equal("4");
    expect((await runAction(command, { cmd: "wc -c", stdin: "abc", stdin_add_newline: false }))["stdout"]).to.equal(
      "3",
    );
    expect((await runAction(command, { cmd: "cat" }))["stdout"]).to.equal("");
  });

  it("keeps variables when told so", async () => {
    expect((await runAction(command, { cmd: "echo $HOME ~", expand_argument_vars: "no" }))["stdout"]).to.equal(
      "$HOME ~",
    );
  });

  const guards: readonly [Record<string, unknown>, boolean, string][] = [
    [{ creates: "/etc/pass*" }, false, "Did not run command since '/etc/pass*' exists"],
    [{ creates: "/nonexistent" }, true, ""],
    [{ removes: "/nonexistent" }, false, "Did not run command since '/nonexistent' does not exist"],
    [{ removes: "~root/../etc/passwd" }, true, ""],
  ];
  for (const [args, changed, msg] of guards) {
    it(`heeds ${JSON.stringify(args)}`, async () => {
      expect(await runAction(command, { cmd: "true", ...args })).to.include({ changed, msg, rc: 0 });
      const checked = await runAction(command, { cmd: "false", ...args }, { isCheck: true });
      expect(checked.changed).to.equal(changed);
      expect(checked.skipped).to.equal(undefined);
    });
  }

  it("runs nothing in check mode, and says that it cannot tell", async () => {
    expect(await runAction(command, { cmd: "false" }, { isCheck: true })).to.include({
      skipped: true,
      changed: false,
      rc: 0,
    });
  });

  it("wants a command", async () => {
    for (const args of [{}, { cmd: " " }, { argv: [] }]) {
      expect(await runAction(command, args).catch(String)).to.include("no command given");
    }
    expect(await runAction(command, { cmd: "a", argv: ["b"] }).catch(String)).to.include("only command or argv");
  });
});

describe("modules: shell, raw, ping", () => {
  it("runs a script in a shell of choice", async () => {
    expect(await runAction(shell, { cmd: "echo $0; for i in 1 2; do echo $i; done | tail -n 1; exit 2" })).to.include({
      stdout: "/bin/sh\n2",
      rc: 2,
      failed: true,
    });
    expect(
      (await runAction(shell, { cmd: "echo ${BASH_VERSION:+bash}; pwd", executable: "/bin/bash", chdir: "/usr" }))[
        "stdout"
      ],
    ).to.equal("bash\n/usr");
    expect((await runAction(shell, { cmd: "printf 'a\\377b'" }))["stdout"]).to.equal("a\udcffb");
  });

  it("heeds creates, and check mode", async () => {
    expect(await runAction(shell, { cmd: "false", creates: "/etc/passwd" })).to.include({
      changed: false,
      stdout: "skipped, since /etc/passwd exists",
    });
    expect(await runAction(shell, { cmd: "false" }, { isCheck: true })).to.include({ skipped: true });
  });

  it("runs raw text as it stands", async () => {
    expect(await runAction(raw, { cmd: "echo $((1+1)); false" })).to.include({
      stdout: "2\n",
      rc: 1,
      failed: true,
      changed: true,
    });
    expect(await runAction(raw, { cmd: "echo $0", executable: "/bin/bash" })).to.include({ stdout: "/bin/bash\n" });
  });

  it("pings", async () => {
    expect(await runAction(ping, {})).to.deep.equal({ ping: "pong" });
    expect(await runAction(ping, { data: "it's\n$x" })).to.deep.equal({ ping: "it's\n$x" });
    expect(await runAction(ping, { data: "crash" }).catch(String)).to.include("boom");
  });
});

describe("module: script", () => {
  let directory = "";
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "tsrun-script-"));
    writeFileSync(
      join(directory, "a b.sh"),
      '#!/bin/bash -eu\necho "$1|${0##*/}|${BASH_VERSION:+bash}|$-"; cat; exit 3\n',
    );
    writeFileSync(join(directory, "plain"), "echo plain $1\n");
  });
  after(() => rmSync(directory, { recursive: true }));

  it("brings a script to the host, runs it by its first line and leaves nothing behind", async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith("tmp."));
    const before = left();
    const result = await runAction(script, { cmd: `'${directory}/a b.sh' 'x y'` });
    expect(result).to.include({ rc: 3, failed: true, changed: true });
    expect(result["stdout"]).to.match(/^x y\|a b\.sh\|bash\|.*e.*u/);
    expect(left()).to.deep.equal(before);
  });

  it("runs it by another program", async () => {
    expect((await runAction(script, { cmd: `${directory}/plain 1` }))["stdout"]).to.equal("plain 1\n");
    expect(
      (await runAction(script, { cmd: `${directory}/plain`, executable: "wc -l", chdir: "/" }))["stdout"],
    ).to.match(/^1 /);
  });

  it("is skipped as Ansible skips it", async () => {
    const cmd = `${directory}/plain`;
    expect(await runAction(script, { cmd, creates: "/etc/passwd" })).to.include({
      skipped: true,
      msg: "/etc/passwd exists, matching creates option",
    });
    expect(await runAction(script, { cmd }, { isCheck: true })).to.include({ skipped: true });
    expect(await runAction(script, { cmd, creates: "/nonexistent" }, { isCheck: true })).to.include({ changed: true });
  });
});
