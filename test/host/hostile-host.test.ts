import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import type { BecomeSettings } from "../../src/host/become.ts";
import { Shell } from "../../src/host/shell.ts";
import { FakeTransport } from "./fake-transport.ts";
import { errorOf, text } from "./support.ts";

async function opened(become?: BecomeSettings, startTimeoutMs?: number) {
  const transport = new FakeTransport();
  const shell = new Shell(transport, { hostName: "web1", become, startTimeoutMs });
  await shell.opened;
  return { transport, shell };
}

describe("a host that breaks off", () => {
  it("is never believed: cut at any byte of an answer, the outcome is unknown", async () => {
    for (let length = 0; ; length++) {
      const { transport, shell } = await opened();
      const outcome = shell.run({ script: "true" });
      await sleep(0);
      transport.hello();
      const answer = `${transport.nonce} 1 0 2 0 0 0 0 0\nok${transport.nonce} 1 .\n`;
      transport.stdout.write(answer.slice(0, length));
      transport.end();
      if (length >= answer.length) {
        expect(text((await outcome).stdout)).to.equal("ok");
        break;
      }
      const error = await errorOf(outcome);
      expect(error).to.include({ code: "E_CONNECTION_LOST" });
      expect(error.message).to.contain("web1: connection lost, outcome unknown");
    }
  });

  it("loses what is under way and not what was never sent, and says which is which", async () => {
    const { transport, shell } = await opened();
    transport.stdin.pause();
    const sent = errorOf(shell.run({ script: "echo sent", stdin: Buffer.alloc(9_000_000) }));
    const waiting = errorOf(shell.run({ script: "echo waiting" }));
    await sleep(0);
    transport.hello();
    await sleep(5);
    transport.end();
    expect((await sent).message).to.contain("outcome unknown");
    expect((await waiting).message).to.contain("was not started");
    expect(shell.isUsable).to.equal(false);
  });

  it("is refused when it answers out of turn or forges a frame", async () => {
    for (const forged of ["2 0 0 0 0 0 0 0\n", "1 0 1000000 0 0 0 0 0 0\n", "nonsense\n"]) {
      const { transport, shell } = await opened();
      const outcome = shell.run({ script: "true" });
      await sleep(0);
      transport.hello();
      transport.stdout.write(`${transport.nonce} ${forged}${transport.nonce} 2 .\n`);
      const error = await errorOf(outcome);
      expect(error).to.include({ code: "E_CONNECTION_LOST" });
      expect(error.message).to.match(/out of turn|broke the protocol/);
    }
  });
});

describe("a shell that does not start", () => {
  it("fails in time with what was printed instead", async () => {
    const { transport, shell } = await opened(undefined, 50);
    transport.stdout.write("This account is currently not available.\n");
    const error = await errorOf(shell.run({ script: "true" }));
    expect(error).to.include({ code: "E_SHELL_START" });
    expect(error.message).to.contain("it printed: This account is currently not available.");
  });

  it("fails at once when it prints without end", async () => {
    const { transport, shell } = await opened();
    transport.stdout.write("y\n".repeat(1_000_000));
    expect(await errorOf(shell.ready)).to.include({ code: "E_SHELL_START" });
  });
});

describe("a password", () => {
  const become: BecomeSettings = { method: "sudo", user: "root", password: "s3cret" };

  it("is written once, after its own prompt and to nothing else", async () => {
    const { transport, shell } = await opened(become);
    void errorOf(shell.ready);
    transport.stderr.write("[sudo] password for bob: Password: We trust you have received the usual lecture\n");
    await sleep(5);
    expect(transport.written).to.equal("");
    const prompt = /-p (\S+)/.exec(transport.command.join(" "))?.[1] ?? "";
    transport.stderr.write(prompt.slice(0, 5));
    await sleep(5);
    transport.stderr.write(prompt.slice(5));
    await sleep(5);
    expect(transport.written).to.equal("s3cret\n");
    transport.stderr.write(`\nSorry, try again.\n${prompt}`);
    const error = await errorOf(shell.ready);
    expect(error).to.include({ code: "E_BECOME_PASSWORD", message: "become root by sudo: the password is wrong" });
    expect(transport.written).to.equal("s3cret\n");
  });

  it("is not written when none is asked for", async () => {
    const { transport, shell } = await opened(become);
    const outcome = shell.run({ script: "id" });
    transport.stdout.write(`Welcome!\n${transport.nonce}\n`);
    await sleep(5);
    transport.hello();
    transport.stdout.write(`${transport.nonce} 1 0 0 0 0 0 0 0\n${transport.nonce} 1 .\n`);
    expect((await outcome).rc).to.equal(0);
    expect(transport.written).not.to.contain("s3cret");
    expect(transport.command.join(" ")).not.to.contain("s3cret");
  });

  it("is missing: sudo is told not to ask, su is not answered", async () => {
    const sudo = await opened({ method: "sudo", user: "root" });
    expect(sudo.transport.command).to.include("-n");
    const { transport, shell } = await opened({ method: "su", user: "root" });
    void errorOf(shell.ready);
    const mark = /echo (tsrun-\w+)/.exec(transport.command.join(" "))?.[1];
    transport.stderr.write(`Password: from a noisy rc file\n${mark}\nPassword: `);
    expect(await errorOf(shell.ready)).to.include({ code: "E_BECOME_PASSWORD" });
    expect(transport.written).to.equal("");
  });
});
