import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { expect } from "chai";
import type { ConnectionSettings } from "../../src/transport/connection-settings.ts";
import type { SshContextOptions } from "../../src/transport/ssh-context.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { WorkerPool } from "../../src/transport/worker-pool.ts";
import { errorOf } from "../host/support.ts";
import { newKey, TestServer, type TestServerOptions } from "./ssh-server.ts";

describe("workers", function () {
  this.timeout(20_000);
  let server: TestServer;
  let pool: WorkerPool;
  const started = async (
    more: Partial<ConnectionSettings> = { password: "s3cret" },
    options: TestServerOptions = {},
    context: SshContextOptions = {},
  ): Promise<Transport> => {
    server = await new TestServer({ password: "s3cret", ...options }).start();
    pool = new WorkerPool(2, context);
    return pool.transport(server.settings(more));
  };
  afterEach(async () => {
    await pool.close();
    await server.stop();
  });

  it("hold a connection and lead its streams", async () => {
    const transport = await started();
    await transport.connect();
    const pipe = await transport.open(["cat"]);
    pipe.stdin.end("hello");
    const chunks = await pipe.stdout.toArray();
    expect(Buffer.concat(chunks).toString()).to.equal("hello");
    await pipe.closed;
    await transport.close();
  });

  it("carry much in both directions, whole, and leave with the host what nobody reads", async () => {
    const transport = await started();
    await transport.connect();
    const pipe = await transport.open(["cat"]);
    const sent = randomBytes(24 * 1024 * 1024);
    let isSent = false;
    pipe.stdin.end(sent, () => {
      isSent = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(isSent, "taken although nobody reads").to.equal(false);
    const hash = createHash("sha256");
    for await (const chunk of pipe.stdout) hash.update(chunk as Uint8Array);
    expect(hash.digest("hex")).to.equal(createHash("sha256").update(sent).digest("hex"));
    await transport.close();
  });

  it("report errors as if the connection were held here", async () => {
    const transport = await started({ password: "s3cret", knownHostsFiles: ["/nonexistent"] });
    const error = await errorOf(transport.connect());
    expect(error).to.include({ name: "TsrunError", code: "E_HOST_KEY" });
    expect(error.hint).to.contain("ssh-keyscan");
    expect(server.passwords).to.deep.equal([]);
  });

  it("ask for a passphrase through the run", async () => {
    const { pem, key } = newKey();
    const asked: string[] = [];
    const transport = await started(
      {},
      { authorized: [key] },
      { askPassphrase: (path) => (asked.push(path), Promise.resolve("open")) },
    );
    const file = server.file("key", pem);
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "open", "-f", file]);
    await pool.transport(server.settings({ privateKeyFile: file })).connect();
    expect(asked).to.deep.equal([file]);
    await transport.close();
  });

  it("let a call be given up", async () => {
    const transport = await started({ password: "s3cret" }, { onExec: () => {} });
    await transport.connect();
    const abort = new AbortController();
    const connecting = errorOf(
      pool.transport(server.settings({ host: "127.0.0.1", port: server.port })).open(["x"], abort.signal),
    );
    abort.abort();
    expect(await connecting).to.include({ code: "E_INTERRUPTED" });
  });

  it("that die take their connections with them, and nothing is believed of what was under way", async () => {
    const transport = await started();
    await transport.connect();
    const pipe = await transport.open(["cat"]);
    const mine = execFileSync("pgrep", ["-P", String(process.pid), "-f", "ssh-worker"], { encoding: "utf8" });
    for (const pid of mine.trim().split("\n")) process.kill(Number(pid), "SIGKILL");
    expect(await pipe.closed).to.deep.equal({});
    expect(transport.failure?.message).to.match(/a worker process is gone: it was ended by SIGKILL/);
    expect(await errorOf(transport.open(["cat"]))).to.include({ code: "E_CONNECTION_LOST" });
  });
});
