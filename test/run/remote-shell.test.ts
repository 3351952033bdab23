import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { openRawPipe } from "../../src/host/raw-pipe.ts";
import { runWithRemoteShell } from "../../src/run/remote-shell.ts";
import { LocalTransport } from "../../src/transport/local.ts";

describe("a program of the controller with a remote shell", () => {
  let directory: string;
  let program: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "tsrun-shell-test-"));
    program = join(directory, "it's a program");
  });
  after(() => rmSync(directory, { recursive: true }));
  const signal = new AbortController().signal;
  const open = (command: string) => openRawPipe(new LocalTransport(), { hostName: "here" }, command, signal);
  /** `shell` is what stands in the program behind the remote shell's variable, which is split as rsync does it. */
  const run = (text: string, options: { signal?: AbortSignal } = {}) => {
    writeFileSync(program, `#!/bin/sh\neval "set -- $RSYNC_RSH"\n${text}\n`);
    chmodSync(program, 0o755);
    return runWithRemoteShell([program], { open, signal, ...options });
  };

  it("gets the bytes of the command there, whatever they are", async () => {
    const { rc, stdoutBytes } = await run(`printf 'a\\0\\377\\n' | "$@" host cat -`);
    expect([rc, [...stdoutBytes]]).to.deep.equal([0, [97, 0, 255, 10]]);
  });

  it("sends and receives more than pipes hold", async () => {
    const { stdout } = await run(`head -c 3000000 /dev/zero | "$@" host cat | wc -c`);
    expect(stdout.trim()).to.equal("3000000");
  });

  it("sees how the command ended, and what it complained about", async () => {
    const { stdout, stderr } = await run(`"$@" host 'echo no >&2; sh -c "exit 7"'; echo $?`);
    expect([stdout, stderr]).to.deep.equal(["7\n", "no\n"]);
  });

  it("joins words as ssh does", async () => {
    const { stdout } = await run(`"$@" host printf '%s.' "'a b'" c`);
    expect(stdout).to.equal("a b.c.");
  });

  it("hears that the command is missing, there or here", async () => {
    expect(await run(`"$@" host no-such-rsync --server`).catch(String)).to.include("the host has no `no-such-rsync`");
    const missing = runWithRemoteShell(["no-such-program"], { open, signal });
    expect(await missing.catch(String)).to.include("this machine has no `no-such-program`");
  });

  it("gets no word that would become another on the way", async () => {
    const odd = runWithRemoteShell(["echo", "odd\udcff"], { open, signal });
    expect(await odd.catch(String)).to.include("has bytes that are no UTF-8");
  });

  it("ends with the run, and leaves nothing behind", async () => {
    const before = readdirSync(tmpdir()).filter((name) => /^tsrun-.{6}$/.test(name));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const ended = await run(`exec "$@" host sleep 60`, { signal: stop.signal }).catch(String);
    expect(ended).to.include("abort");
    expect(readdirSync(tmpdir()).filter((name) => /^tsrun-.{6}$/.test(name))).to.deep.equal(before);
  });
});
