import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Host } from "../../src/host/host.ts";
import type { ScriptRequest } from "../../src/host/script-request.ts";
import { LocalTransport } from "../../src/transport/local.ts";
import { errorOf, type ShellUnderTest, text } from "./support.ts";

/** What every shell on a host must do; run against several of them. */
export function shellBehaviour({ name, ...options }: ShellUnderTest): void {
  describe(`shell on ${name}`, () => {
    let host: Host;
    const run = (script: string, more: Partial<ScriptRequest> = {}) => host.run({ script, ...more });

    beforeEach(() => {
      host = new Host({ name: "here", transport: () => new LocalTransport(), ...options });
    });
    afterEach(() => host.close());

    it("returns the exit code and both outputs as bytes", async () => {
      const outcome = await run("printf 'a\\000b\\377'; echo err >&2; exit 7");
      expect(outcome.rc).to.equal(7);
      expect([...outcome.stdout]).to.deep.equal([97, 0, 98, 255]);
      expect(text(outcome.stderr)).to.equal("err\n");
    });

    it("survives whatever a script does to its shell", async () => {
      const scripts = [
        "exit 7",
        "set -e; false",
        "if then",
        ". /nonexistent",
        "kill -9 $$",
        "exec >/dev/null; echo x",
        "cat",
        "read -r x",
      ];
      const codes = await Promise.all(scripts.map(async (script) => (await run(script)).rc));
      expect(codes[0]).to.equal(7);
      expect(codes[1]).to.equal(1);
      expect(codes[4]).to.equal(137);
      expect(codes[6]).to.equal(0);
      expect(text((await run("echo fine")).stdout)).to.equal("fine\n");
    });

    it("gives each script a clean directory, umask and environment", async () => {
      const show = "pwd; umask; set -f; [ \"$LEAK\" ] && echo leaked; env | sed 's/=.*//' | sort";
      const before = text((await run(show)).stdout);
      await run("cd /; umask 0; export LEAK=1; set -f");
      expect(text((await run(show)).stdout)).to.equal(before);
      expect(before).to.match(/\n0?022\n/);
      const names = before.split("\n").slice(2, -1);
      const allowed = [
        "HOME",
        "LANG",
        "LC_ALL",
        "LOGNAME",
        "PATH",
        "PWD",
        "SHLVL",
        "USER",
        "XDG_RUNTIME_DIR",
        "_",
        "http_proxy",
        "https_proxy",
        "no_proxy",
      ];
      expect(names.filter((name) => !allowed.includes(name))).to.deep.equal([]);
    });

    it("runs scripts in order and answers each with its own output", async () => {
      const scripts = Array.from({ length: 20 }, (_, index) => `echo ${index}; echo e${index} >&2`);
      const outcomes = await Promise.all(scripts.map((script) => run(script)));
      expect(outcomes.map((outcome) => text(outcome.stdout))).to.deep.equal(scripts.map((_, index) => `${index}\n`));
    });

    it("passes stdin bytes, small ones and big ones, also when nobody reads them", async () => {
      const small = Buffer.from([0, 10, 255, 46, 10]);
      expect([...(await run("cat", { stdin: small })).stdout]).to.deep.equal([...small]);
      const big = Buffer.alloc(3_000_000, "0123456789\n");
      const [counted, ignored, after] = await Promise.all([
        run("wc -c", { stdin: payload(big) }),
        run("exit 3", { stdin: payload(big) }),
        run("echo after"),
      ]);
      expect(text(counted.stdout).trim()).to.equal("3000000");
      expect(ignored.rc).to.equal(3);
      expect(text(after.stdout)).to.equal("after\n");
    });

    it("does not wait for a background child that keeps the output open", async () => {
      const start = performance.now();
      const outcome = await run("(sleep 5; echo late) & echo started");
      expect(performance.now() - start).to.be.below(3000);
      expect(text(outcome.stdout)).to.equal("started\n");
      expect(text((await run("sleep 0.1; echo next")).stdout)).to.equal("next\n");
      await run("kill $(pgrep -f '^sleep 5$') 2>/dev/null");
    });

    it("keeps the start and the end of endless output, and says what is missing", async () => {
      const outcome = await run("echo first; yes | head -c 30000000; echo last", { maxOutputBytes: 65536 });
      // busybox's dd does not count the bytes of short reads.
      expect(outcome.truncatedStdoutBytes).to.be.within(name === "busybox" ? 1 : 28_000_000, 30_000_000);
      const shown = text(outcome.stdout);
      expect(shown).to.match(/^first\n/);
      expect(shown).to.match(/last\n$/);
      expect(shown).to.contain(`\n[... ${outcome.truncatedStdoutBytes} bytes left out ...]\n`);
      const note = `\n[... ${outcome.truncatedStdoutBytes} bytes left out ...]\n`;
      if (name !== "busybox")
        expect(outcome.stdout.length - note.length).to.equal(30_000_011 - outcome.truncatedStdoutBytes);
    });

    it("keeps many small writes complete", async () => {
      const outcome = await run("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i + 1)); done");
      expect(outcome.truncatedStdoutBytes).to.equal(0);
      expect(text(outcome.stdout).split("\n")).to.have.length(3001);
    });

    it("ends the whole group of a script that takes too long, by force if need be", async () => {
      const outcome = await run("sleep 71 & echo begun; sleep 71", { timeoutMs: 300 });
      expect(outcome).to.include({ timedOut: true, rc: 143, signal: "TERM" });
      expect(text(outcome.stdout)).to.equal("begun\n");
      expect(await processes("^sleep 71$")).to.equal("");
    });

    it("aborts one request and goes on with the next", async () => {
      const abort = new AbortController();
      const first = run("sleep 72", { signal: abort.signal });
      const second = run("echo two");
      setTimeout(() => abort.abort(), 200);
      expect(await errorOf(first)).to.include({ code: "E_INTERRUPTED" });
      expect(text((await second).stdout)).to.equal("two\n");
    });

    it("runs nothing more after an interrupt, but lets a protected script finish", async () => {
      await host.hello();
      const protectedRun = run("sleep 0.5; echo installed", { protect: true });
      const queued = errorOf(run("touch /tmp/tsrun-test-never"));
      await sleep(100);
      await host.interrupt();
      expect(text((await protectedRun).stdout)).to.equal("installed\n");
      expect(await queued).to.include({ code: "E_INTERRUPTED" });
      expect(existsSync("/tmp/tsrun-test-never")).to.equal(false);
      expect(await errorOf(run("echo no"))).to.include({ code: "E_INTERRUPTED" });
    });

    it("takes a direct script's output from files", async () => {
      const outcome = await run("cat; echo err >&2; exit 2", { direct: true, stdin: Buffer.from("in") });
      expect([outcome.rc, text(outcome.stdout), text(outcome.stderr)]).to.deep.equal([2, "in", "err\n"]);
    });

    it("fails a payload of the wrong size instead of passing it for whole", async () => {
      const short = { size: 2_000_000, open: () => payload(Buffer.alloc(1_500_000)).open() };
      const error = await errorOf(run("cat >/tmp/tsrun-test-short; touch /tmp/tsrun-test-done", { stdin: short }));
      expect(error).to.include({ code: "E_CONNECTION_LOST" });
      expect(error.message).to.contain("1500000 bytes instead of 2000000");
      await sleep(300);
      expect(existsSync("/tmp/tsrun-test-done")).to.equal(false);
      expect(text((await run("rm -f /tmp/tsrun-test-short; echo again")).stdout)).to.equal("again\n");
    });

    it("ends running scripts when it is closed, and leaves nothing behind", async () => {
      const { pid } = await host.hello();
      const lost = errorOf(run("sleep 73"));
      await sleep(200);
      await host.close();
      expect(await lost).to.include({ code: "E_INTERRUPTED" });
      await until(async () => (await processes("^sleep 73$")) === "" && !existsSync(`/proc/${pid}`));
      await until(async () => spoolsOf(pid).length === 0);
    });
  });
}

function payload(bytes: Uint8Array) {
  return {
    size: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
    },
  };
}

async function processes(pattern: string): Promise<string> {
  try {
    return execFileSync("pgrep", ["-f", pattern], { encoding: "utf8" });
  } catch {
    return "";
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await isSo()) return;
    await sleep(50);
  }
  throw new Error("it did not come to pass in 5 s");
}

function spoolsOf(pid: number): string[] {
  return readdirSync("/dev/shm").filter(
    (name) => name.startsWith(".tsrun-") && existsSync(`/dev/shm/${name}/pid`) && pidIn(name) === pid,
  );
}

function pidIn(name: string): number {
  try {
    return Number(execFileSync("cat", [`/dev/shm/${name}/pid`], { encoding: "utf8" }));
  } catch {
    return 0;
  }
}
