import { expect } from "chai";
import { StateCache } from "../../src/host/state-cache.ts";
import type { ScriptRequest } from "../../src/host/script-request.ts";
import type { Shell } from "../../src/host/shell.ts";
import { TaskHost } from "../../src/run/task-host.ts";
import { change, runCommand, type Step, writeFile } from "../../src/task/change.ts";
import { defineQuery } from "../../src/task/query.ts";
import { sh } from "../../src/task/sh.ts";

const thing = defineQuery<string, string>({
  name: "thing",
  script: () => sh`read the thing`,
  parse: (_, keys) => keys.map(() => "as it is"),
});

/** Scripts in the order in which they were sent. Nothing is answered before all that is sent at once was sent. */
async function sentFor(steps: readonly Step[]): Promise<readonly string[]> {
  const sent: string[] = [];
  const shell = {
    ready: Promise.resolve({}),
    run: async ({ script }: ScriptRequest) => {
      sent.push(script.includes("read the thing") ? "read" : "write");
      await new Promise((resolve) => setImmediate(resolve));
      return { rc: 0, stdout: new Uint8Array(), stderr: new Uint8Array(), timedOut: false };
    },
  };
  const machine = {
    cache: new StateCache(),
    user: "",
    shell: () => Promise.resolve(shell as unknown as Shell),
    prepareWrite: () => Promise.resolve(),
    reset: () => Promise.resolve(),
  };
  const host = new TaskHost({
    machine: machine as never,
    environment: {},
    signal: new AbortController().signal,
    sleep: () => Promise.resolve(),
  });
  await host.apply([change(thing("a"), "other" as never, steps)], [thing("a")]);
  return sent;
}

describe("the host of a task", () => {
  for (const [what, steps] of [
    ["a command", [runCommand(sh`a`)]],
    ["a small file", [writeFile({ path: "/f", content: Buffer.from("x") })]],
    ["a file and a command", [writeFile({ path: "/f", content: Buffer.from("x") }), runCommand(sh`a`)]],
  ] as const) {
    it(`sends ${what} before the reads behind it, in one go`, async () => {
      expect(await sentFor(steps)).to.deep.equal(["write", "read"]);
    });
  }

  it("reads after a file that has to be compressed first only when it was written", async () => {
    const content = Buffer.alloc(200_000, "text ");
    expect(await sentFor([writeFile({ path: "/f", content })])).to.deep.equal(["write"]);
  });
});
