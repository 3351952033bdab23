import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { takeRunLock } from "../../../src/host/run-lock.ts";
import { errorOf, Sshd, text } from "./sshd.ts";

/** A TCP relay that cuts the connection after so many bytes of the server, or when it is told to. */
class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  bytes = 0;
  port = 0;

  constructor(to: () => number, cutAt = Number.POSITIVE_INFINITY) {
    this.#server = createServer((client) => {
      const upstream = connect(to(), "127.0.0.1");
      for (const socket of [client, upstream]) this.#sockets.add(socket.on("error", () => {}));
      client.pipe(upstream);
      client.on("close", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
      upstream.on("data", (chunk: Buffer) => {
        const left = cutAt - this.bytes;
        this.bytes += chunk.length;
        client.write(chunk.subarray(0, left));
        if (chunk.length >= left) this.cut();
      });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.cut();
    this.#server.close();
  }
}

describe("a connection, over a real sshd", () => {
  const sshd = new Sshd();
  before(() => sshd.start("RekeyLimit 1M", "MaxStartups 2:100:3"));
  after(() => sshd.stop());

  const relayed = async (cutAt?: number) => {
    const relay = await new Relay(() => sshd.port, cutAt).start();
    return { relay, host: sshd.host("root", { port: relay.port, hostKeyChecking: "no" }) };
  };
  const processes = async (pattern: string) =>
    (await sshd.host("root").run({ script: `pgrep -xf '${pattern}' | wc -l` })).stdout;
  /** Waits for a file that a script makes; a busy machine takes its time. */
  const appears = async (path: string): Promise<void> => {
    for (let waits = 0; waits < 300 && !existsSync(path); waits++) await sleep(50);
    expect(existsSync(path), path).to.equal(true);
  };

  const goneWithin = async (pattern: string, ms: number) => {
    for (const start = performance.now(); performance.now() - start < ms; await sleep(100)) {
      if (text(await processes(pattern)).trim() === "0") return true;
    }
    return false;
  };

  it("that is cut at any byte never makes a result", async function () {
    this.timeout(120_000);
    const whole = await relayed();
    expect((await whole.host.run({ script: "seq 2000; exit 0" })).rc).to.equal(0);
    const total = whole.relay.bytes;
    await whole.host.close();
    whole.relay.stop();
    for (let step = 1; step <= 20; step++) {
      const { relay, host } = await relayed(Math.floor(total * (0.25 + (0.75 * step) / 20)) - 1);
      const result = await host.run({ script: "seq 2000; exit 0" }).catch((error: unknown) => error);
      if (result instanceof Error)
        expect(["E_CONNECTION_LOST", "E_UNREACHABLE", "E_AUTHENTICATION", "E_SHELL_START"]).to.include(
          (result as { code?: string }).code,
        );
      else expect((result as { stdout: Uint8Array }).stdout).to.have.length(8893);
      relay.stop();
    }
  });

  it("that breaks ends what runs on the host within two seconds, except what is protected", async () => {
    const { relay, host } = await relayed();
    await host.hello();
    const lost = errorOf(host.run({ script: "sleep 91 & sleep 91" }));
    const protectedHost = sshd.host("root", { port: relay.port, hostKeyChecking: "no" });
    const started = "/tmp/tsrun-test-started";
    const finished = "/tmp/tsrun-test-finished";
    await rm(started, { force: true });
    await rm(finished, { force: true });
    const alsoLost = errorOf(
      protectedHost.run({ script: `touch ${started}; sleep 3; touch ${finished}`, protect: true }),
    );
    await appears(started);
    relay.cut();
    expect(await lost).to.include({ code: "E_CONNECTION_LOST" });
    expect((await lost).message).to.contain("outcome unknown");
    await alsoLost;
    expect(await goneWithin("sleep 91", 2000)).to.equal(true);
    await appears(finished);
    await rm(started);
    await rm(finished);
    relay.stop();
  });

  it("that sshd drops is an error, and the next request connects again", async () => {
    const host = sshd.host("root");
    const hello = await host.hello();
    const lost = errorOf(host.run({ script: "kill -9 $(ps -o ppid= -p $PPID); sleep 5" }));
    expect(await lost).to.include({ code: "E_CONNECTION_LOST" });
    expect((await host.hello()).pid).not.to.equal(hello.pid);
  });

  it("is one of many at once to a server that takes two logins at a time", async function () {
    this.timeout(60_000);
    const hosts = Array.from({ length: 12 }, () => sshd.host("root"));
    const outcomes = await Promise.all(hosts.map((host) => host.run({ script: "echo in" })));
    expect(outcomes.map((outcome) => text(outcome.stdout))).to.deep.equal(hosts.map(() => "in\n"));
    await Promise.all(hosts.map((host) => host.close()));
  });

  it("is interrupted: running scripts end, protected ones finish", async () => {
    const host = sshd.host("root");
    await host.hello();
    const running = errorOf(host.run({ script: "sleep 92" }));
    const other = sshd.host("root");
    const installing = other.run({ script: "sleep 1; echo installed", protect: true });
    await sleep(300);
    const start = performance.now();
    await Promise.all([host.interrupt(), other.interrupt()]);
    expect(performance.now() - start).to.be.below(5000);
    expect(await running).to.include({ code: "E_INTERRUPTED" });
    expect(text((await installing).stdout)).to.equal("installed\n");
    expect(await goneWithin("sleep 92", 1000)).to.equal(true);
  });

  it("by the system's ssh does the same", async () => {
    const host = sshd.host("root", { kind: "openssh" });
    expect(text((await host.run({ script: "cat", stdin: Buffer.alloc(2_000_000, "x") })).stdout)).to.have.length(
      2_000_000,
    );
    const lost = errorOf(host.run({ script: "sleep 93" }));
    await sleep(200);
    await host.close();
    await lost;
    expect(await goneWithin("sleep 93", 2000)).to.equal(true);
    const refused = sshd.host("tsrun-test-nobody", { kind: "openssh" });
    expect(await errorOf(refused.hello())).to.include({ code: "E_AUTHENTICATION" });
  });

  it("holds the host's lock until it is gone", async () => {
    const [first, second] = [sshd.host("root"), sshd.host("root")];
    const options = (owner: string, waitMs = 0) => ({ hostName: "target", owner, waitMs });
    expect(await takeRunLock(await first.shell(), options("jo@desk, run 7"))).to.deep.equal({
      path: "/run/tsrun.lock",
    });
    await first.run({ script: "setsid sleep 94 >/dev/null 2>&1 &" });
    const error = await errorOf(takeRunLock(await second.shell(), options("other")));
    expect(error).to.include({ code: "E_LOCKED", message: "target: another run holds the lock: jo@desk, run 7" });
    const waiting = takeRunLock(await second.shell(), options("other", 10_000));
    const { pid } = await first.hello();
    process.kill(pid, "SIGKILL");
    expect(await waiting).to.deep.equal({ path: "/run/tsrun.lock" });
    execFileSync("pkill", ["-xf", "sleep 94"]);
    await second.close();
  });

  it("leaves no process and no spool on the host", async () => {
    const host = sshd.host("root");
    await host.run({ script: "true" });
    const { pid } = await host.hello();
    await host.close();
    const probe = `for t in /dev/shm/.tsrun-*; do read -r p <$t/pid && [ "$p" = ${pid} ] && echo spool; done 2>/dev/null; [ -d /proc/${pid} ] && echo process`;
    let left = "";
    for (let tries = 0; tries < 30; tries++) {
      left = text((await sshd.host("root").run({ script: probe })).stdout);
      if (left === "") break;
      await sleep(100);
    }
    expect(left).to.equal("");
  });
});
