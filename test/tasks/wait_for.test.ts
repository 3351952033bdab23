import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import reboot from "../../tasks/reboot.ts";
import wait_for from "../../tasks/wait_for.ts";
import wait_for_connection from "../../tasks/wait_for_connection.ts";
import { runAction } from "./run-action.ts";

const outputOf = (stdout: string, rc = 0) => ({
  rc,
  stdout,
  stderr: "",
  stdoutBytes: Buffer.from(stdout),
  timedOut: false,
  truncatedBytes: 0,
});

describe("module: wait_for", () => {
  let directory = "";
  let server: Server;
  let port = 0;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "tsrun-wait-"));
    for (const tool of ["sh", "bash", "timeout", "sleep", "date", "grep"])
      symlinkSync(`/usr/bin/${tool}`, join(directory, tool));
    writeFileSync(join(directory, "log"), "starting\nready x=42\n");
    server = createServer((socket) => socket.end("220 mail ready\r\n").on("error", () => {}));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  const wait = (args: Record<string, unknown>, path?: string) =>
    runAction(wait_for, { sleep: 0.1, ...args }, path === undefined ? {} : { path }).catch(
      (error: Error) => error.message,
    );

  for (const [name, path] of [
    ["as the host is", undefined],
    ["without Perl", "only"],
  ] as const) {
    const host = () => (path === undefined ? undefined : directory);

    it(`waits for ports (${name})`, async () => {
      expect(await wait({ port }, host())).to.include({ state: "started", port });
      expect(await wait({ port: 1, timeout: 0.3 }, host())).to.equal("Timeout when waiting for 127.0.0.1:1");
      expect(await wait({ port: 1, state: "stopped" }, host())).to.include({ state: "stopped" });
      expect(await wait({ port, state: "stopped", timeout: 0.3 }, host())).to.equal(
        `Timeout when waiting for 127.0.0.1:${port} to stop.`,
      );
    }).timeout(15_000);

    it(`waits for files and texts (${name})`, async () => {
      const log = join(directory, "log");
      expect(await wait({ path: log }, host())).to.include({ path: log });
      expect(await wait({ path: log, search_regex: "ready" }, host())).to.include({ search_regex: "ready" });
      expect(await wait({ path: log, search_regex: "never", timeout: 0.3 }, host())).to.equal(
        `Timeout when waiting for search string never in ${log}`,
      );
      expect(await wait({ path: `${log}2`, timeout: 0.3, msg: "own words" }, host())).to.equal("own words");
      expect(await wait({ path: `${log}2`, state: "absent" }, host())).to.include({ state: "absent" });
      expect(await wait({ path: log, state: "absent", timeout: 0.3 }, host())).to.equal(
        `Timeout when waiting for ${log} to be absent.`,
      );
    }).timeout(15_000);
  }

  it("gives the groups of a match", async function () {
    if (!existsSync("/usr/bin/perl")) this.skip();
    const found = await wait({ path: join(directory, "log"), search_regex: "^ready (?P<name>\\w)=(\\d+)(;)?" });
    expect(found).to.deep.include({ match_groups: ["x", "42", null], match_groupdict: { name: "x" } });
    expect(await wait({ port, search_regex: "mail (\\w+)" })).to.deep.include({ match_groups: ["ready"] });
    expect(await wait({ path: "/etc/passwd", search_regex: "(" })).to.include("bad search_regex");
    expect(await wait({ port, state: "drained", active_connection_states: ["ESTABLISHED"], timeout: 2 })).to.include({
      state: "drained",
    });
  }).timeout(10_000);

  it("waits for a time alone", async () => {
    expect(await wait({ timeout: 120, delay: 5 })).to.include({ elapsed: 125 });
  });

  it("refuses what makes no sense", async () => {
    expect(await wait({ port: 1, path: "/x" })).to.include("can not both be passed");
    expect(await wait({ path: "/x", state: "stopped" })).to.include(
      "state=stopped should only be used for checking a port",
    );
    expect(await wait({ state: "drained" })).to.include("state=drained should only be used for checking a port");
    expect(await wait({ port: 1, exclude_hosts: "a" })).to.include("exclude_hosts should only be with state=drained");
    expect(await wait({ port: 1, state: "drained", active_connection_states: "X" })).to.include(
      "unknown active_connection_state (X)",
    );
  });
});

describe("modules: reboot and wait_for_connection", () => {
  it("reboots, and takes only a new boot for one", async () => {
    const marks = ["boot-1", "boot-1", "boot-2"];
    const log: string[] = [];
    const host = {
      execReadonly: () => Promise.resolve(outputOf(marks.shift() ?? "boot-2")),
      exec(command: { script: { text: string } }) {
        log.push(command.script.text.split("; ").at(-1) ?? "");
        return Promise.resolve(outputOf("root"));
      },
      reset: () => Promise.resolve(void log.push("reset")),
    };
    const result = await runAction(reboot, { msg: "it's time" }, { host });
    expect(result).to.include({ changed: true, rebooted: true });
    expect(log).to.deep.equal(["shutdown -r now 'it'\\''s time'", "reset", "reset", "whoami"]);
  });

  it("fails when the host does not come back", async () => {
    const host = { execReadonly: () => Promise.resolve(outputOf("boot-1")), exec: () => Promise.resolve(outputOf("")) };
    const error = await runAction(reboot, { reboot_timeout: 30 }, { host }).catch(String);
    expect(error).to.include("Timed out waiting for last boot time check (timeout=30): it did not reboot yet");
  });

  it("fails when the command fails, and never reboots the controller", async () => {
    const host = { execReadonly: () => Promise.resolve(outputOf("b")), exec: () => Promise.resolve(outputOf("no", 1)) };
    expect(await runAction(reboot, {}, { host }).catch(String)).to.include("Reboot command failed. Error was: 'no, '");
    const local = { variables: { ansible_connection: "local" } };
    expect(await runAction(reboot, {}, local).catch(String)).to.include("would reboot the control node");
    expect(await runAction(reboot, {}, { isCheck: true, host })).to.include({ changed: true, rebooted: true });
  });

  it("waits for a connection until it is there or the time is over", async () => {
    let attempts = 0;
    const ping = () => (++attempts < 3 ? Promise.reject(new Error("refused")) : Promise.resolve());
    expect(await runAction(wait_for_connection, { delay: 4 }, { host: { ping } })).to.deep.equal({ elapsed: 6 });
    const never = { ping: () => Promise.reject(new Error("refused")) };
    expect(await runAction(wait_for_connection, { timeout: 10 }, { host: never }).catch(String)).to.include(
      "timed out waiting for ping module test: refused",
    );
  });
});
