import { createHash } from "node:crypto";
import { expect } from "chai";
import { putFile } from "../../../src/host/put-file.ts";
import { Sshd, text } from "./sshd.ts";

describe("much data, over a real sshd", () => {
  const sshd = new Sshd();
  before(() => sshd.start("RekeyLimit 16M"));
  after(() => sshd.stop());

  it("a file of 200 MB arrives whole, without being held in memory", async function () {
    this.timeout(120_000);
    const block = Buffer.alloc(1_000_000, "0123456789abcdef");
    const hash = createHash("sha256");
    for (let index = 0; index < 200; index++) hash.update(block);
    const sha256 = hash.digest("hex");
    async function* open() {
      for (let index = 0; index < 200; index++) yield block;
    }
    const host = sshd.host("root");
    const shell = await host.shell();
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50);
    const start = performance.now();
    await putFile(shell, { path: "/tmp/tsrun-test-big", content: { size: 200_000_000, sha256, open } });
    console.log(`      ${(200_000 / (performance.now() - start)).toFixed(0)} MB/s`);
    clearInterval(watch);
    expect(most - before).to.be.below(100_000_000);
    const outcome = await host.run({ script: "sha256sum </tmp/tsrun-test-big; rm /tmp/tsrun-test-big" });
    expect(text(outcome.stdout)).to.equal(`${sha256}  -\n`);
  });

  it("a gigabyte on stderr is bounded on both sides, and the next script is not disturbed", async function () {
    this.timeout(120_000);
    const host = sshd.host("root");
    await host.hello();
    const before = process.memoryUsage().rss;
    const [outcome, next] = await Promise.all([
      host.run({ script: "head -c 1000000000 /dev/zero >&2; echo done" }),
      host.run({ script: "du -sk /dev/shm/.tsrun-* | sort -n | tail -1 | cut -f1" }),
    ]);
    expect(text(outcome.stdout)).to.equal("done\n");
    expect(outcome.truncatedStderrBytes).to.be.within(990_000_000, 1_000_000_000);
    expect(outcome.stderr.length).to.be.below(6_000_000);
    expect(Number(text(next.stdout))).to.be.below(12_000);
    expect(process.memoryUsage().rss - before).to.be.below(100_000_000);
  });

  it("a script that prints for ever is ended by its time, and shows start and end", async () => {
    const outcome = await sshd.host("root").run({ script: "echo begin; yes", timeoutMs: 700 });
    expect(outcome.timedOut).to.equal(true);
    expect(outcome.truncatedStdoutBytes).to.be.above(0);
    expect(text(outcome.stdout).slice(0, 10)).to.equal("begin\ny\ny\n");
  });
});
